"""Code that a template holds itself, written to files as CloudFormation does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from reference_app.gateway.functions.lambda_runtime import is_node
from reference_app.gateway.template.application import Application, Function


def staged(application: Application, folder: Path) -> Application:
    """The application with inline code (`ZipFile`) in folders of its own, below `folder`."""
    functions = {name: _staged(function, folder) for name, function in application.functions.items()}
    return replace(application, functions=functions)


def _staged(function: Function, folder: Path) -> Function:
    if function.inline_code is None:
        return function
    code = folder / f"code-{function.logical_id}"
    code.mkdir()
    # CloudFormation's names: https://docs.aws.amazon.com/lambda, "Code" of AWS::Lambda::Function.
    (code / ("index.js" if is_node(function) else "index.py")).write_text(function.inline_code, "utf-8")
    return replace(function, code=code)
