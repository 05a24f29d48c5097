"""Inline code becomes files."""

from __future__ import annotations

from pathlib import Path

import pytest

from reference_app.gateway.functions.inline_code import staged
from reference_app.gateway.template.application import Application, Function


def application(function: Function) -> Application:
    return Application(Path("template.yaml"), "us-east-1", (), {"Fn": function}, ())


@pytest.mark.parametrize(("runtime", "name"), [("python3.12", "index.py"), ("nodejs22.x", "index.js")])
def test_inline_code_is_written_to_cloudformations_file(tmp_path: Path, runtime: str, name: str) -> None:
    function = Function("Fn", "fn", runtime, "index.handler", Path(), inline_code="# ü")

    result = staged(application(function), tmp_path).functions["Fn"]

    assert result.code.parent == tmp_path
    assert (result.code / name).read_text("utf-8") == "# ü"


def test_code_in_a_folder_stays_where_it_is(tmp_path: Path) -> None:
    function = Function("Fn", "fn", "python3.12", "app.handler", Path("/code"))

    assert staged(application(function), tmp_path).functions["Fn"] is function
    assert list(tmp_path.iterdir()) == []
