"""Which functions this machine can run."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from reference_app.gateway.functions.lambda_runtime import check_runnable, runtime_client
from reference_app.gateway.template.application import Function


def function(code: Path, handler: str = "app.handler", runtime: str = "python3.12") -> Function:
    return Function("Fn", "fn", runtime, handler, code)


@pytest.mark.parametrize(
    "handler", ["app.handler", "package.handler", "package.inner.handler", "package/inner.handler"]
)
def test_a_handler_is_in_a_module_or_a_package(tmp_path: Path, handler: str) -> None:
    (tmp_path / "app.py").touch()
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").touch()
    (tmp_path / "package" / "inner.py").touch()

    assert check_runnable(function(tmp_path, handler)) is None


@pytest.mark.parametrize(
    ("handler", "runtime", "problem"),
    [
        ("app.handler", "python3.12", "app.py, does not exist"),
        ("handler", "python3.12", "not of the form module.function"),
        ("app.handler", "nodejs22.x", "runtime nodejs22.x is not run here"),
    ],
)
def test_what_cannot_run_is_said(tmp_path: Path, handler: str, runtime: str, problem: str) -> None:
    result = check_runnable(function(tmp_path, handler, runtime))

    assert result is not None
    assert problem in result.what


def test_the_runtime_client_is_lambdas_own() -> None:
    """RA-20."""
    assert runtime_client(function(Path())) == [sys.executable, "-m", "awslambdaric", "app.handler"]
