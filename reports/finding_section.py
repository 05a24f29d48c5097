"""Findings on the page: for each clause the first one whole, others of its kind folded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from .clause_groups import grouped
from .clause_section import anchor
from .figures import count
from .markup import Markup, preformatted, tag
from .page_parts import folded, section
from .results import ClauseResult, Finding
from .sequence import draw_text, lay_out
from .sequence_svg import draw_svg
from .verdict import title_of

Found = tuple[ClauseResult, Finding]


def findings_section(findings: Sequence[Found], key: str, omitted: int) -> Markup:
    """Each finding with its sequence diagram, also in words; those of clauses that others explain last."""
    if not findings:
        return Markup("")
    explained = grouped(clause for clause, _ in findings).explained
    own = [each for each in findings if each[0] not in explained]
    others = [each for each in findings if each[0] in explained]
    parts = list(_by_clause(own, key))
    if others:
        said = f"{count(len(others))} about clauses that another one explains"
        parts.append(folded(said, *_by_clause(others, f"{key}-explained", anchors=key)))
    if omitted:
        parts.append(tag("p", f"{count(omitted)} more findings are in results.json.", class_="note"))
    return section("Findings", *parts)


def _by_clause(findings: Sequence[Found], key: str, anchors: str | None = None) -> Iterator[Markup]:
    """`key` makes the ids of diagrams unique, `anchors` is that of the links to clauses."""
    for place, (name, members) in enumerate(groupby(findings, lambda found: found[0].id)):
        first, *more = members
        yield _finding(*first, f"{key}-finding-{place}", anchor(anchors or key, name))
        if more:
            drawn = (_finding(*found, f"{key}-finding-{place}-{n}") for n, found in enumerate(more, start=1))
            yield folded(f"{count(len(more))} more of {name}", *drawn)


def _finding(clause: ClauseResult, finding: Finding, key: str, place: str | None = None) -> Markup:
    diagram = lay_out(finding.timeline)
    parts = [
        tag("h4", tag("span", clause.id, class_="id"), title_of(clause, finding)),
        tag(
            "dl",
            *(
                tag("div", tag("dt", name), tag("dd", value))
                for name, value in (("Expected", finding.expected), ("Observed", finding.observed))
            ),
            class_="pairs",
        ),
    ]
    if diagram.rows:
        drawing = draw_svg(diagram, f"{clause.id}: {title_of(clause, finding)}", key)
        parts.append(tag("div", drawing, class_="scroll diagram", tabindex="0"))
        words = preformatted(draw_text(diagram))
        parts.append(tag("details", tag("summary", "The same as text"), words))
    if finding.connections:
        concerned = [tag("li", tag("code", connection)) for connection in finding.connections[:12]]
        parts += [
            tag("p", "Connections concerned", class_="label"),
            tag("ul", *concerned, class_="concerned"),
        ]
    if finding.repeat:
        parts += [tag("p", "Repeat", class_="label"), preformatted([finding.repeat], class_="command")]
    return tag("article", *parts, class_="finding", id=place)
