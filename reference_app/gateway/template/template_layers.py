"""Lambda layers of a template."""

from __future__ import annotations

from pathlib import Path

from reference_app.gateway.template.resolved_template import ResolvedTemplate
from reference_app.gateway.template.sam_translation import detached_source, layer_location

LAYER = "AWS::Lambda::LayerVersion"


def read_layers(template: ResolvedTemplate, function: str) -> tuple[Path, ...]:
    """Folders of the layers of a function, in its order.

    A layer that this template does not hold is left out with a warning. Raises TemplateError for one whose
    content is not in a local folder.
    """
    known = {template.physical.reference(layer): layer for layer in template.of_type(LAYER)}
    folders = []
    for reference in template.texts(function, "Layers"):
        if reference in known:
            folders.append(_folder(template, known[reference]))
        else:
            template.warn(function, f"its layer {reference} is not in this template and is left out")
    return tuple(folders)


def _folder(template: ResolvedTemplate, layer: str) -> Path:
    accepted = "ContentUri: a folder with python/ or nodejs/, relative to the template"
    source = detached_source(template.get(layer, "Content")) or layer
    location = template.evaluate(layer, "ContentUri", layer_location(template.document, source))
    if not isinstance(location, str) or location.startswith(("s3://", "https://")):
        raise template.error(layer, f"its content is not in a local folder but in {location}", accepted)
    folder = (template.document.path.resolve().parent / location).resolve()
    if not folder.is_dir():
        raise template.error(layer, f"its content, {folder}, is no folder", accepted)
    return folder
