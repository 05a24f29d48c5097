"""faults.toml, the folders and the clause table agree."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CATALOGUE = tomllib.loads((HERE / "faults.toml").read_text())
CLAUSES = tomllib.loads((HERE.parents[1] / "clauses.toml").read_text())
BACKENDS = [backend["folder"] for backend in CATALOGUE["backend"]]
FOLDERS = sorted(path.parent.name for path in HERE.glob("*/template.yaml"))


def functions(folder: str) -> set[str]:
    """Names of the functions that a backend's code offers, in Python or in JavaScript."""
    script = HERE / folder / "app.mjs"
    if script.exists():
        return set(re.findall(r"^export const (\w+) = async ", script.read_text(), re.MULTILINE))
    module = ast.parse((HERE / folder / "app.py").read_text())
    return {node.name for node in module.body if isinstance(node, ast.FunctionDef)}


def docstring(folder: str) -> str:
    text = ast.get_docstring(ast.parse((HERE / folder / "app.py").read_text())) or ""
    return " ".join(text.split())


def test_every_folder_is_listed_once_as_faulty_or_correct() -> None:
    assert sorted([*BACKENDS, *CATALOGUE["correct"]]) == FOLDERS


def test_every_clause_has_a_backend_that_turns_it_red_or_a_reason_why_none_does() -> None:
    caught = {backend["clause"] for backend in CATALOGUE["backend"]}
    reasons = {entry["clause"]: entry["reason"] for entry in CATALOGUE["no_backend"]}
    assert caught | set(reasons) == set(CLAUSES)
    assert not caught & set(reasons)
    assert all(reasons.values())


def test_every_pattern_of_real_backends_has_a_backend_or_a_reason_why_none_has_it() -> None:
    met = {backend["fault"] for backend in CATALOGUE["backend"]} - {"own"}
    reasons = {entry["pattern"]: entry["reason"] for entry in CATALOGUE["unproven"]}
    assert met | set(reasons) == set(CATALOGUE["patterns"])
    assert not met & set(reasons)
    assert all(reasons.values())
    assert {entry["clause"] for entry in CATALOGUE["unproven"] if "clause" in entry} <= set(CLAUSES)


@pytest.mark.parametrize("backend", CATALOGUE["backend"], ids=BACKENDS)
def test_a_fault_belongs_to_a_clause_and_is_told_in_the_code(backend: dict[str, str]) -> None:
    assert backend["clause"] in CLAUSES
    assert backend["title"]
    assert "Users see" in docstring(backend["folder"])
    if backend["fault"] != "own":
        assert backend["fault"] in docstring(backend["folder"])


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_handler_of_the_template_is_a_function_of_the_code(folder: str) -> None:
    handlers = re.findall(r"Handler: app\.(\w+)", (HERE / folder / "template.yaml").read_text())
    assert len(handlers) >= 3
    assert set(handlers) <= functions(folder)


@pytest.mark.parametrize("folder", [folder for folder in FOLDERS if (HERE / folder / "contract.toml").exists()])
def test_a_contract_holds_only_what_differs_between_correct_backends(folder: str) -> None:
    contract = tomllib.loads((HERE / folder / "contract.toml").read_text())
    assert set(contract) <= {"message", "contract", "bounds"}
