"""Whatever a backend sends, or a damaged results.json holds, stays text in every artefact."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from reports.gates import GateRow
from reports.html import render_page
from reports.junit import render_junit
from reports.markdown import render_markdown
from reports.results import Results
from reports.terminal import clause_findings, verdict_table
from reports.tests.sample_runs import failing_run

CHOICES = {"kind", "verdict", "level", "mark", "outcome", "format", "started"}
"""Fields that hold one of a few words, or that are cut to a few characters."""

HOSTILE = (
    "</script><img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    "]]><x/>",
    "a | b `c` ``` ```` <details> [x](javascript:alert) ![i](http://h/i.png)",
    "\x00\x07\x1b[2J\x1b]0;title\x07\u202e\u2028\ud800\x9b",
    "$title ${body} %s {0}",
    "&lt;b&gt; &#60;script&#62;",
    "-->",
)


def poisoned(value: Any, text: str) -> Any:
    """`value` with `text` before every text in it; choices stay what they are."""
    if type(value) is str:
        return text + value
    if is_dataclass(value) and not isinstance(value, type):
        names = [f.name for f in fields(value) if f.name not in CHOICES]
        return replace(value, **{name: poisoned(getattr(value, name), text) for name in names})
    if isinstance(value, Mapping):
        return {text + key: poisoned(item, text) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(poisoned(item, text) for item in value)
    return value


def poisoned_run(text: str) -> list[tuple[str, Results, tuple[GateRow, ...]]]:
    row = GateRow("delivery.lost ≤ 0", 37, 0, -37, "missed", "why")
    return [(f"{text}a-run", poisoned(failing_run(), text), (poisoned(replace(row, reason="why"), ""),))]


class Skeleton(HTMLParser):
    """The elements and attribute names of a page, without their contents."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.parts: list[tuple[str, ...]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.parts.append((tag, *(name for name, _ in attributes)))

    def handle_comment(self, data: str) -> None:
        self.parts.append(("comment",))


OURS = ("<details><summary>", "</summary>\n", "\n</details>\n")


def prose(markdown: str) -> str:
    """Markdown without its code blocks and code spans, and without the elements that we write."""
    for element in OURS:
        markdown = markdown.replace(element, "")
    without_blocks = re.sub(r"(?ms)^(`{3,})text\n.*?^\1$", "", markdown)
    return re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", without_blocks)


@pytest.mark.parametrize("text", HOSTILE)
def test_the_page_has_the_same_elements_as_with_harmless_text(text: str) -> None:
    hostile, harmless = (Skeleton(render_page(poisoned_run(t))) for t in (text, "x"))
    assert hostile.parts == harmless.parts


@pytest.mark.parametrize("text", HOSTILE)
def test_the_page_can_be_encoded_and_holds_no_control_characters(text: str) -> None:
    page = render_page(poisoned_run(text))
    page.encode()
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", page)


@pytest.mark.parametrize("text", HOSTILE)
def test_junit_stays_xml_with_the_same_elements(text: str) -> None:
    hostile, harmless = (
        [element.tag for element in ET.fromstring(render_junit(poisoned_run(t))).iter()] for t in (text, "x")
    )
    assert hostile == harmless


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_holds_no_html_no_link_and_no_image(text: str) -> None:
    shown = prose(render_markdown(poisoned_run(text)))
    assert "<" not in shown
    assert not re.search(r"(?<!\\)\]\(", shown)
    assert "://" not in shown


@pytest.mark.parametrize("text", HOSTILE)
def test_tables_of_markdown_keep_their_columns(text: str) -> None:
    def columns(markdown: str) -> list[int]:
        rows = (line for line in markdown.splitlines() if line.startswith("| "))
        return [len(re.findall(r"(?<!\\)\|", row)) for row in rows]

    assert columns(render_markdown(poisoned_run(text))) == columns(render_markdown(poisoned_run("x")))


@pytest.mark.parametrize("text", HOSTILE)
def test_blocks_of_markdown_are_closed(text: str) -> None:
    lines = render_markdown(poisoned_run(text)).splitlines()
    fences = [line for line in lines if line.startswith("```")]
    assert len(fences) % 2 == 0
    for opening, closing in zip(fences[::2], fences[1::2], strict=True):
        assert opening == f"{closing}text"


@pytest.mark.parametrize("text", HOSTILE)
def test_the_terminal_sees_no_control_character(text: str) -> None:
    ((_, run, gates),) = poisoned_run(text)
    shown = verdict_table(run, gates=gates) + "".join(clause_findings(clause) for clause in run.clauses)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202e]", shown)
