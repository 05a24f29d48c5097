"""Lambda functions of a template."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from reference_app.gateway.functions.lambda_runtime import check_runnable
from reference_app.gateway.stack_errors import BUILD_FIRST, TemplateError
from reference_app.gateway.template.application import EventRetries, Function
from reference_app.gateway.template.resolved_template import ResolvedTemplate
from reference_app.gateway.template.sam_translation import code_location
from reference_app.gateway.template.template_document import TemplateValue
from reference_app.gateway.template.template_layers import read_layers

FUNCTION = "AWS::Lambda::Function"
RETRIES = "AWS::Lambda::EventInvokeConfig"


def read_functions(
    template: ResolvedTemplate, called: Collection[str], fed: Collection[str] = ()
) -> dict[str, Function]:
    """The functions of the template by logical id: those that routes call, and those that may be invoked.

    `fed` are those of event sources. A function that no route calls is left out with a warning where it
    cannot be run here; so raises TemplateError for the others only.
    """
    functions = {logical_id: read_function(template, logical_id) for logical_id in sorted(called)}
    others = {}
    for logical_id in template.of_type(FUNCTION):
        if logical_id not in functions and (function := _optional(template, logical_id)) is not None:
            others[logical_id] = function
    functions |= {logical_id: others.pop(logical_id) for logical_id in sorted(fed) if logical_id in others}
    found = list(functions.values())
    while found:
        known_by = "\n".join(found.pop().environment.values())
        for function in [function for function in others.values() if function.name in known_by]:
            functions[function.logical_id] = others.pop(function.logical_id)
            found.append(function)
    for logical_id, function in others.items():
        template.warn(logical_id, "nothing leads to it here: it runs only if another function invokes it")
        functions[logical_id] = replace(function, on_demand=True)
    return functions


def _optional(template: ResolvedTemplate, logical_id: str) -> Function | None:
    try:
        function = read_function(template, logical_id)
    except TemplateError as error:
        template.warn(logical_id, f"no route calls it, and it is not run: {error.problem}")
        return None
    problem = None if function.inline_code is not None else check_runnable(function)
    if problem is None:
        return function
    template.warn(logical_id, f"no route calls it, and it is not run: {problem.what}")
    return None


def read_function(template: ResolvedTemplate, logical_id: str) -> Function:
    """The function with this logical id. Raises TemplateError if its code is not in a local folder."""
    if template.get(logical_id, "PackageType") == "Image":
        raise template.error(logical_id, "container images are not run here", "PackageType Zip")
    environment = template.mapping(logical_id, "Environment").get("Variables", {})
    if not isinstance(environment, dict):
        raise template.error(logical_id, "property Environment has Variables that are not a mapping")
    _warn_of_what_is_left_out(template, logical_id, environment)
    has_reserved = template.get(logical_id, "ReservedConcurrentExecutions") is not None
    return Function(
        logical_id=logical_id,
        name=template.name(logical_id),
        runtime=template.text(logical_id, "Runtime"),
        handler=template.text(logical_id, "Handler"),
        code=_code_folder(template, logical_id),
        timeout_s=float(template.number(logical_id, "Timeout", 3)),
        memory_mb=template.number(logical_id, "MemorySize", 128),
        environment={name: environment_text(value) for name, value in environment.items()},
        reserved_concurrency=(
            template.number(logical_id, "ReservedConcurrentExecutions", 0) if has_reserved else None
        ),
        log_format=str(template.mapping(logical_id, "LoggingConfig").get("LogFormat", "Text")),
        layers=read_layers(template, logical_id),
        retries=_retries(template, logical_id),
        inline_code=_inline_code(template, logical_id),
        build_method=_build_method(template, logical_id),
        line=template.document.line_of(logical_id),
    )


def function_named(template: ResolvedTemplate, name: str) -> str | None:
    """Logical id of the function with a name or an ARN, whatever its version or alias; None for none."""
    parts = name.split(":function:", 1)[-1].split(":")
    names = {template.name(logical_id): logical_id for logical_id in template.of_type(FUNCTION)}
    return names.get(parts[0])


def environment_text(value: TemplateValue) -> str:
    """A value as CloudFormation writes it into an environment variable."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _warn_of_what_is_left_out(
    template: ResolvedTemplate, logical_id: str, environment: Mapping[str, TemplateValue]
) -> None:
    if template.mapping(logical_id, "DeadLetterConfig"):
        template.warn(logical_id, "events that are given up go to no dead-letter queue here")
    for name, value in environment.items():
        if "{{resolve:" in str(value):
            template.warn(logical_id, f"its variable {name} stays {value}: nothing is looked up here")


def _retries(template: ResolvedTemplate, function: str) -> EventRetries:
    usual = EventRetries()
    for logical_id in template.of_type(RETRIES):
        if function_named(template, template.text(logical_id, "FunctionName")) == function:
            if template.mapping(logical_id, "DestinationConfig"):
                template.warn(logical_id, "no destination hears of a function's results here")
            return EventRetries(
                template.number(logical_id, "MaximumRetryAttempts", usual.attempts),
                float(template.number(logical_id, "MaximumEventAgeInSeconds", int(usual.oldest_s))),
            )
    return usual


def _code_folder(template: ResolvedTemplate, logical_id: str) -> Path:
    accepted = "CodeUri: a folder, relative to the template"
    # SAM generates functions of its own only for custom resources, which are no WebSocket handlers.
    if logical_id not in template.document.resources:
        raise template.error(logical_id, "its code is not in this template", accepted)
    if _inline_code(template, logical_id) is not None:
        return template.document.path.resolve().parent
    location = template.evaluate(logical_id, "CodeUri", code_location(template.document, logical_id))
    if not isinstance(location, str) or location.startswith(("s3://", "https://")):
        raise template.error(logical_id, f"its code is not in a local folder but in {location}", accepted)
    folder = (template.document.path.resolve().parent / location).resolve()
    if not folder.is_dir():
        problem = "is a file" if folder.exists() else "does not exist"
        accepted = f"{accepted}; {BUILD_FIRST}"
        raise template.error(logical_id, f"the folder of its code, {folder}, {problem}", accepted)
    return folder


def _build_method(template: ResolvedTemplate, logical_id: str) -> str | None:
    metadata = template.document.resources[logical_id].get("Metadata")
    method = metadata.get("BuildMethod") if isinstance(metadata, dict) else None
    return method if isinstance(method, str) else None


def _inline_code(template: ResolvedTemplate, logical_id: str) -> str | None:
    code = template.get(logical_id, "Code")
    return str(code["ZipFile"]) if isinstance(code, dict) and "ZipFile" in code else None
