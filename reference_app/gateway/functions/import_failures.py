"""What to do about a function whose code cannot be imported."""

from __future__ import annotations

import json
import re

from reference_app.gateway.functions.invocation import Failed
from reference_app.gateway.functions.node_runtime import SDK_V2_MANIFESTS, sdk_manifests
from reference_app.gateway.stack_errors import BUILD_FIRST
from reference_app.gateway.template.application import Function

_IMPORT_ERROR = "Runtime.ImportModuleError"  # RA-24
_NODE_PACKAGE = re.compile(r"Cannot find (?:module|package) '((?:@[^/']+/)?[^/']+)")


def told(function: Function, failure: Failed) -> str:
    """The failure in one sentence, and for one to import what mends it."""
    first_line = failure.message.partition("\n")[0]
    advice = f" ({_advice(function, first_line)})" if failure.error_type == _IMPORT_ERROR else ""
    return f"{failure.error_type}: {first_line}{advice}"


def _advice(function: Function, message: str) -> str:
    package = _NODE_PACKAGE.search(message)
    name = package[1] if package is not None and function.runtime.startswith("nodejs") else ""
    ships_v2 = sdk_manifests(function.runtime) == SDK_V2_MANIFESTS
    if name == "aws-sdk" and not ships_v2:
        return (
            f"Lambda's {function.runtime} has the AWS SDK v3 only: v2 has to be among the function's packages"
        )
    if name.startswith("@aws-sdk/"):
        return _advice_on_v3(function.runtime, ships_v2)
    return f"a package that it needs is not beside its code; {BUILD_FIRST}"


def _advice_on_v3(runtime: str, ships_v2: bool) -> str:
    if ships_v2:
        return f"Lambda's {runtime} has the AWS SDK v2 only: v3 has to be among the function's packages"
    here = json.loads(sdk_manifests(runtime)[0].read_text())["dependencies"]
    return f"of the AWS SDK v3 only {', '.join(here)} are brought along here; install it beside the code"
