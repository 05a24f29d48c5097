"""SAM to plain CloudFormation, by the translator that CloudFormation itself runs."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from reference_app.gateway.stack_errors import TemplateError
from reference_app.gateway.template.template_document import TemplateDocument, TemplateValue
from reference_app.gateway.template.translation_cache import TranslationCache
from reference_app.gateway.user_cache import cache_folder

if TYPE_CHECKING:
    from samtranslator.model.exceptions import InvalidDocumentException

SAM_TRANSFORM = "AWS::Serverless-2016-10-31"
_SAM_FUNCTION = "AWS::Serverless::Function"
_PACKAGED: Mapping[str, str] = {
    "AWS::Serverless::LayerVersion": "ContentUri",
    "AWS::Serverless::Api": "DefinitionUri",
    "AWS::Serverless::HttpApi": "DefinitionUri",
    "AWS::Serverless::StateMachine": "DefinitionUri",
    # By its id in AWS's repository the translator would look an application up there, with the user's keys.
    "AWS::Serverless::Application": "Location",
}
"""Members that may name a local file, which `sam package` replaces by a place in S3."""
_ALWAYS_PACKAGED = ("AWS::Serverless::LayerVersion", "AWS::Serverless::Application")
_LOCAL_BUCKET = "local-code"
_LOCAL_CODE = f"s3://{_LOCAL_BUCKET}/"


def translate(document: TemplateDocument, parameters: Mapping[str, Any], region: str) -> dict[str, Any]:
    """The resources of the template without `AWS::Serverless::*`; needs neither network nor credentials.

    Raises TemplateError with the translator's own words.
    """
    if not _is_sam(document):
        _refuse_serverless_types(document)
        return document.resources
    template = copy.deepcopy(document.content)
    _detach_code(template)
    for name in _passed_through(template):
        del template["Parameters"][name]
    known = template.get("Parameters") or {}
    parameters = {name: value for name, value in parameters.items() if name in known}
    # A package without anything in it but its version.
    from samtranslator import __version__ as version

    question = {"sam": version, "region": region, "parameters": parameters, "template": template}
    cache = TranslationCache(cache_folder() / "translations")
    return cache.get(question, lambda: _translated(template, document, parameters, region))


def _translated(
    template: dict[str, Any], document: TemplateDocument, parameters: Mapping[str, Any], region: str
) -> dict[str, Any]:
    # These imports take most of a second, and plain templates do without.
    from boto3.session import Session
    from samtranslator.model.exceptions import InvalidDocumentException
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator

    # IAM is not evaluated here, so no managed policy has to be looked up.
    translator = Translator({}, Parser(), boto_session=Session(region_name=region))
    try:
        translated = translator.translate(template, _as_given(parameters))
    except InvalidDocumentException as invalid:
        raise _translation_error(invalid, document) from invalid
    except Exception as malformed:  # it trips over malformed templates in as many ways as there are
        problem = f"SAM's translator cannot take it: {malformed!r}"
        raise TemplateError(problem, template=document.path) from malformed
    finally:
        translator.metrics.publish()  # to nowhere, but it would warn that they are unpublished
    resources: dict[str, Any] = translated["Resources"]
    return resources


def _is_sam(document: TemplateDocument) -> bool:
    transforms = document.content.get("Transform", [])
    return SAM_TRANSFORM in (transforms if isinstance(transforms, list) else [transforms])


def _refuse_serverless_types(document: TemplateDocument) -> None:
    for logical_id, resource in document.resources.items():
        if resource["Type"].startswith("AWS::Serverless::"):
            raise TemplateError(
                f"resource {logical_id} is {resource['Type']}, but the template is not a SAM one",
                template=document.path,
                line=document.line_of(logical_id),
                accepted=f"add: Transform: {SAM_TRANSFORM}",
            )


def _detach_code(template: dict[str, Any]) -> None:
    """Give each function the S3 location that the translator insists on; its folder is read elsewhere."""
    _globals(template).pop("CodeUri", None)
    for logical_id, resource in template["Resources"].items():
        if resource["Type"] == _SAM_FUNCTION:
            properties = resource.setdefault("Properties", {})
            if isinstance(properties, dict) and not {"InlineCode", "ImageUri"} & properties.keys():
                properties["CodeUri"] = f"{_LOCAL_CODE}{logical_id}"
        for kind, member in _PACKAGED.items():
            properties = resource.get("Properties")
            if resource["Type"] == kind and (member in (properties or {}) or kind in _ALWAYS_PACKAGED):
                resource["Properties"] = {**(properties or {}), member: f"{_LOCAL_CODE}{logical_id}"}


def _passed_through(template: Mapping[str, Any]) -> frozenset[str]:
    """Parameters that are environment variables, and nothing else: SAM need not know what they are today.

    What it does not know it leaves as the `Ref` that it is. A name that occurs anywhere else, in whatever
    role, counts as used.
    """
    rest = copy.deepcopy(
        {section: content for section, content in template.items() if section != "Parameters"}
    )
    for variables in _environments(rest):
        variables.update({name: None for name, value in variables.items() if _is_reference(value)})
    used = json.dumps(rest, default=repr)
    return frozenset(name for name in template.get("Parameters") or {} if name not in used)


def _environments(template: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    resources = template["Resources"].values()
    for properties in [_globals(template), *(resource.get("Properties") for resource in resources)]:
        environment = properties.get("Environment") if isinstance(properties, dict) else None
        variables = environment.get("Variables") if isinstance(environment, dict) else None
        if isinstance(variables, dict):
            yield variables


def _is_reference(value: TemplateValue) -> bool:
    return isinstance(value, dict) and value.keys() == {"Ref"}


def _globals(template: Mapping[str, Any]) -> dict[str, Any]:
    function_globals = (template.get("Globals") or {}).get("Function") or {}
    return function_globals if isinstance(function_globals, dict) else {}


def code_location(document: TemplateDocument, logical_id: str) -> TemplateValue:
    """What a template says about where a function's code is: its CodeUri or Code, unresolved.

    SAM's default is the template's own folder; what the CDK synthesizes has it in a folder of its own.
    """
    resource = document.resources[logical_id]
    properties = resource.get("Properties") or {}
    if asset := _asset(document, resource):
        return asset
    if resource["Type"] == _SAM_FUNCTION:
        return properties.get("CodeUri", _globals(document.content).get("CodeUri", "."))
    return properties.get("Code", ".")


def _asset(document: TemplateDocument, resource: Mapping[str, Any]) -> str | None:
    """Where the CDK has put what it will upload: it says so in the metadata, or it is beside the template."""
    metadata, properties = resource.get("Metadata"), resource.get("Properties") or {}
    path = metadata.get("aws:asset:path") if isinstance(metadata, dict) else None
    if isinstance(path, str):
        return path
    uploaded = properties.get("Code", properties.get("Content"))
    key = uploaded.get("S3Key") if isinstance(uploaded, dict) else None
    beside = f"asset.{key.removesuffix('.zip')}" if isinstance(key, str) else None
    return beside if beside and (document.path.parent / beside).is_dir() else None


def detached_source(content: TemplateValue) -> str | None:
    """The logical id that the template gives a layer whose translated Content this is; SAM appends a hash."""
    is_ours = isinstance(content, dict) and content.get("S3Bucket") == _LOCAL_BUCKET
    return str(content["S3Key"]) if is_ours else None


def layer_location(document: TemplateDocument, logical_id: str) -> TemplateValue:
    """What a template says about where a layer's content is, unresolved; None where it says nothing."""
    resource = document.resources[logical_id]
    properties = resource.get("Properties") or {}
    if asset := _asset(document, resource):
        return asset
    return properties.get("ContentUri", properties.get("Content"))


def _as_given(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as CloudFormation hands them to a transform: lists as comma-separated text."""
    return {name: ",".join(value) if isinstance(value, list) else value for name, value in parameters.items()}


def _translation_error(invalid: InvalidDocumentException, document: TemplateDocument) -> TemplateError:
    cause = invalid.causes[0] if invalid.causes else invalid
    logical_id = getattr(cause, "_logical_id", None)
    line = document.line_of(logical_id) if isinstance(logical_id, str) else None
    return TemplateError(f"SAM: {cause.message}", template=document.path, line=line)
