"""The documents: whatever they refer to exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

_ROOT = Path(__file__).parent.parent
DOCUMENTS = [_ROOT / "README.md", *sorted((_ROOT / "docs").rglob("*.md"))]


def links_of(document: Path) -> list[Path]:
    found = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", document.read_text(encoding="utf-8"))
    return [(document.parent / link).resolve() for link in found]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(_ROOT)))
def test_its_links_lead_somewhere(document: Path) -> None:
    assert [link for link in links_of(document) if not link.exists()] == []


def test_every_document_can_be_reached() -> None:
    reached = {link for document in DOCUMENTS for link in links_of(document)}
    assert [path for path in DOCUMENTS[1:] if path.resolve() not in reached] == []
