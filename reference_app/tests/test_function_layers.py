"""Folders of layers on search paths."""

from __future__ import annotations

from pathlib import Path

from reference_app.gateway.functions.function_layers import node_folders, python_folders
from reference_app.gateway.template.application import Function


def layer(folder: Path, *places: str) -> Path:
    for place in places:
        (folder / place).mkdir(parents=True)
    return folder


def function(runtime: str, *layers: Path) -> Function:
    return Function("Fn", "fn", runtime, "app.handler", Path(), layers=layers)


def test_python_finds_the_folders_that_lambda_knows(tmp_path: Path) -> None:
    here = layer(tmp_path, "python/lib/python3.12/site-packages", "python/lib/python3.11/site-packages")

    assert python_folders(function("python3.12", here)) == [
        here / "python/lib/python3.12/site-packages",
        here / "python",
    ]


def test_node_finds_the_folders_that_lambda_knows(tmp_path: Path) -> None:
    here = layer(tmp_path, "nodejs/node_modules", "nodejs/node22/node_modules")

    assert node_folders(function("nodejs22.x", here)) == [
        here / "nodejs/node22/node_modules",
        here / "nodejs/node_modules",
    ]
    assert node_folders(function("nodejs20.x", here)) == [here / "nodejs/node_modules"]


def test_a_later_layer_comes_first(tmp_path: Path) -> None:
    one, two = layer(tmp_path / "one", "python"), layer(tmp_path / "two", "python")

    assert python_folders(function("python3.12", one, two)) == [two / "python", one / "python"]


def test_a_layer_for_another_language_brings_nothing(tmp_path: Path) -> None:
    assert python_folders(function("python3.12", layer(tmp_path, "nodejs/node_modules"))) == []
