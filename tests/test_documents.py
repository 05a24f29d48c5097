"""The documents: whatever they refer to exists, and whatever they tell the reader to type is understood."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from conformance.__main__ import main as conformance_main
from conformance.acceptance_files import read_waivers
from conformance.clauses import clauses
from conformance.harness.target import Target, load_target
from conformance.harness.target_file import read_target_file
from tests.documented_commands import FOREIGN, ROOT, console_lines, ours, prose_commands, recipe, refusal
from tests.test_workflows import GITHUB, GITLAB, OURS, scripts_of

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def links_of(document: Path) -> list[Path]:
    found = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", document.read_text(encoding="utf-8"))
    return [(document.parent / link).resolve() for link in found]


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_its_links_lead_somewhere(document: Path) -> None:
    assert [link for link in links_of(document) if not link.exists()] == []


def test_every_document_can_be_reached() -> None:
    reached = {link for document in DOCUMENTS for link in links_of(document)}
    assert [path for path in DOCUMENTS[1:] if path.resolve() not in reached] == []


def scripts() -> dict[str, str]:
    """Everything that somebody types or a machine runs, by where it stands."""
    found = {}
    for path in DOCUMENTS:
        document = path.read_text(encoding="utf-8")
        found[name_of(path)] = "\n".join([*console_lines(document), *prose_commands(document)])
    words = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    found |= {f"make {word}": recipe(word, "BASE=main") for word in words}
    found |= {name_of(path): "\n".join(scripts_of(path)) for path in (OURS, GITHUB, GITLAB)}
    return {where: script for where, script in found.items() if list(ours(script))}


@pytest.mark.parametrize(("where", "script"), scripts().items(), ids=scripts().keys())
def test_its_commands_are_understood(
    where: str, script: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = []
    for words in ours(script):
        with monkeypatch.context() as patch:
            refused.append(refusal(words, capsys, patch))
    assert [why for why in refused if why] == []


def test_every_program_that_a_reader_is_told_to_start_is_known() -> None:
    told = [line for path in DOCUMENTS for line in console_lines(path.read_text(encoding="utf-8"))]
    programs = {part.split()[0] for line in told for part in line.split("&&")}
    assert programs - {"make", "python", "pytest", "locust"} <= FOREIGN


def test_a_command_that_is_wrong_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = (
        "make gold",
        "pytest conformance --targets local",
        "locust -f loadtests --scenario calm",
        "python -m reports run --gatez limits.toml",
        "python -m reference_app --port high",
        "python -m conformance polices --target wss://host/stage",
        "python -m report run",
    )
    with monkeypatch.context() as patch:
        told = [refusal(words, capsys, patch) for words in ours("\n".join(wrong))]
    assert [f"{why}:"[: len(line)] for why, line in zip(told, wrong, strict=True)] == list(wrong)


def toml_blocks(name: str) -> dict[str, str]:
    """The TOML examples of a document, by their first line."""
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    blocks = re.findall(r"^```toml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return {block.split(maxsplit=1)[0]: block for block in blocks}


def test_the_files_that_a_reader_is_told_to_write_can_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", "secret")
    blocks = toml_blocks("your-backend.md")
    paths = {name: tmp_path / f"{place}.toml" for place, name in enumerate(blocks)}
    for name, path in paths.items():
        path.write_text(blocks[name], encoding="utf-8")
    assert read_target_file(paths["[message]"]).contract is not None
    assert isinstance(load_target(str(paths["url"])), Target)
    assert [*read_waivers(paths["[[waiver]]"], clauses(), date(2026, 1, 1))] == ["DISC-02"]


def test_the_policy_is_printed_as_the_document_says(capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = [
        line for line in console_lines((ROOT / "docs" / "your-backend.md").read_text()) if "policy" in line
    ]
    assert conformance_main(line.split()[3:]) == 0
    assert '"execute-api:ManageConnections"' in capsys.readouterr().out
