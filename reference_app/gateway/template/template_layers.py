"""Lambda layers of a template."""

from __future__ import annotations

from pathlib import Path

from reference_app.gateway.template.intrinsics import UnresolvableError
from reference_app.gateway.template.resolved_template import ResolvedTemplate
from reference_app.gateway.template.sam_translation import detached_source, layer_location
from reference_app.gateway.template.template_document import TemplateValue

LAYER = "AWS::Lambda::LayerVersion"


def read_layers(template: ResolvedTemplate, function: str) -> tuple[Path, ...]:
    """Folders of the layers of a function, in its order.

    A layer that this template does not hold, or whose content another resource makes, is left out with a
    warning. Raises TemplateError for one whose content is not in a local folder.
    """
    known = {template.physical.reference(layer): layer for layer in template.of_type(LAYER)}
    folders = []
    for reference in template.texts(function, "Layers"):
        if reference not in known:
            template.warn(function, f"its layer {reference} is not in this template and is left out")
        elif (folder := _folder(template, known[reference])) is not None:
            folders.append(folder)
    return tuple(folders)


def _folder(template: ResolvedTemplate, layer: str) -> Path | None:
    accepted = "ContentUri: a folder with python/ or nodejs/, relative to the template"
    try:
        location = template.resolver.resolve(_location(template, layer))
    except UnresolvableError as unresolvable:
        template.warn(layer, f"its content is made elsewhere, and the layer is left out: {unresolvable}")
        return None
    if not isinstance(location, str) or location.startswith(("s3://", "https://")):
        raise template.error(layer, f"its content is not in a local folder but in {location}", accepted)
    folder = (template.document.path.resolve().parent / location).resolve()
    if not folder.is_dir():
        raise template.error(layer, f"its content, {folder}, is not a folder", accepted)
    return folder


def _location(template: ResolvedTemplate, layer: str) -> TemplateValue:
    content = template.resources[layer].get("Properties", {}).get("Content")
    return layer_location(template.document, detached_source(content) or layer)
