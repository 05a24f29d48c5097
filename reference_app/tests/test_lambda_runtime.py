"""Which functions this machine can run."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from reference_app.gateway.functions import node_runtime
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
        ("app.handler", "ruby3.4", "runtime ruby3.4 is not run here"),
    ],
)
def test_what_cannot_run_is_said(tmp_path: Path, handler: str, runtime: str, problem: str) -> None:
    result = check_runnable(function(tmp_path, handler, runtime))

    assert result is not None
    assert problem in result.what


def test_a_handler_that_is_yet_to_be_compiled_is_for_sam_build(
    tmp_path: Path, node: pytest.MonkeyPatch
) -> None:
    (tmp_path / "app.ts").touch()

    result = check_runnable(function(tmp_path, "app.handler", "nodejs22.x"))

    assert result is not None
    assert "app.mjs, exists in TypeScript only" in result.what
    assert "`sam build`" in result.accepted


@pytest.fixture
def node(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr(node_runtime, "installed_version", lambda: (22, 1))
    return monkeypatch


@pytest.mark.usefixtures("node")
@pytest.mark.parametrize("file", ["app.js", "app.mjs", "app.cjs", "app"])
@pytest.mark.parametrize("handler", ["app.handler", "app.things.handler"])
def test_a_node_handler_is_in_a_file_of_these_names(tmp_path: Path, file: str, handler: str) -> None:
    (tmp_path / "source.d").mkdir()
    (tmp_path / "source.d" / file).touch()

    assert check_runnable(function(tmp_path, f"source.d/{handler}", "nodejs22.x")) is None


@pytest.mark.usefixtures("node")
@pytest.mark.parametrize(
    ("handler", "problem"),
    [("app.handler", "app.mjs, does not exist"), ("app", "not of the form module.function")],
)
def test_a_node_handler_that_is_nowhere_is_said(tmp_path: Path, handler: str, problem: str) -> None:
    result = check_runnable(function(tmp_path, handler, "nodejs22.x"))

    assert result is not None
    assert problem in result.what


@pytest.mark.parametrize(
    ("version", "problem"),
    [(None, "there is no node on the PATH"), ((18, 20), "the node on the PATH is 18.20")],
)
def test_node_functions_need_a_node_that_is_new_enough(
    node: pytest.MonkeyPatch, tmp_path: Path, version: tuple[int, int] | None, problem: str
) -> None:
    node.setattr(node_runtime, "installed_version", lambda: version)
    (tmp_path / "app.mjs").touch()

    result = check_runnable(function(tmp_path, "app.handler", "nodejs22.x"))

    assert result is not None
    assert problem in result.what
    assert result.accepted == "Node.js 20.6 or later"


def test_python_functions_do_not_ask_for_node(node: pytest.MonkeyPatch, tmp_path: Path) -> None:
    node.setattr(node_runtime, "installed_version", lambda: None)
    (tmp_path / "app.py").touch()

    assert check_runnable(function(tmp_path)) is None


def test_the_runtime_client_of_node_is_ours() -> None:
    assert runtime_client(function(Path(), runtime="nodejs20.x")) == node_runtime.command("app.handler")


def test_the_runtime_client_of_python_is_lambdas_own() -> None:
    """RA-20."""
    python, *options, client, handler = runtime_client(function(Path()))
    assert (python, options, handler) == (sys.executable, ["-P", "-c"], "app.handler")
    assert "from awslambdaric.__main__ import main" in client


def test_any_other_language_runs_by_a_bootstrap_of_its_own(tmp_path: Path) -> None:
    bootstrap = tmp_path / "bootstrap"
    own = function(tmp_path, runtime="provided.al2023")

    missing = check_runnable(own)
    bootstrap.touch(mode=0o755)

    assert missing is not None
    assert f"{bootstrap} is no program" in missing.what
    assert check_runnable(own) is None
    assert runtime_client(own) == [str(bootstrap)]
