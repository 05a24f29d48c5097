"""Clauses on the page: the ones that matter one by one, the rest folded."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from .clause_groups import ClauseGroups, grouped, per_family, per_reason
from .figures import count, evidence
from .markup import Markup, join, tag
from .page_parts import folded, optional, section, state
from .results import ClauseResult, Outcome, Results, Verdict
from .table import scrolling
from .verdict import OUTCOME_SIGNS, OUTCOME_WORDS, by_family, tally

_MOST_CAUSES = 3
_LONGEST_REASONS = 160
_RESTS_ON: Mapping[Verdict, Outcome] = {
    "fail": Outcome.FAIL,
    "error": Outcome.ERROR,
    "inconclusive": Outcome.UNKNOWN,
}


def causes(results: Results, key: str, with_findings: Collection[str]) -> Markup:
    """What a verdict that is no pass rests on, in the words of the clauses: for the first screen."""
    outcome = _RESTS_ON.get(results.verdict)
    found = [clause for clause in grouped(results.clauses).told if clause.outcome is outcome]
    items = [_cause(clause, key, clause.id in with_findings) for clause in found[:_MOST_CAUSES]]
    if len(found) > _MOST_CAUSES:
        items.append(tag("li", f"and {count(len(found) - _MOST_CAUSES)} more, below"))
    return tag("ul", *items, class_="causes") if items else Markup("")


def clauses_section(results: Results, key: str, with_findings: Iterable[str]) -> Markup:
    """Clauses by family, the worst first; those in `with_findings` link to their findings."""
    if not results.clauses:
        return section("Clauses", tag("p", "No clause was judged.", class_="note"))
    groups, linked = grouped(results.clauses), frozenset(with_findings)
    # Beside a proven violation, what was not shown can wait.
    unsure = [c for c in groups.told if c.outcome is Outcome.UNKNOWN] if results.verdict == "fail" else []
    told = [clause for clause in groups.told if clause not in unsure]
    parts = [_table(told, key, linked)] if told else []
    folds = [(said, clauses) for said, clauses in _folds(groups, unsure) if clauses]
    return section("Clauses", *parts, *(folded(said, _table(some, key, linked)) for said, some in folds))


def _folds(
    groups: ClauseGroups, unsure: Sequence[ClauseResult]
) -> Iterator[tuple[str, Sequence[ClauseResult]]]:
    """What is said of clauses that are not shown at once."""
    yield f"{_clauses(unsure)} unknown: {_ids(unsure)}", unsure
    explained = f"{_clauses(groups.explained)} that a violation above explains: {_ids(groups.explained)}"
    yield explained, groups.explained
    yield f"{_clauses(groups.skipped)} skipped: {_shortened(per_reason(groups.skipped))}", groups.skipped
    passed = [clause for clause in groups.held if clause.outcome is Outcome.PASS]
    others = len(groups.held) - len(passed)
    also = f", {others} for information" if others else ""
    yield f"{_clauses(passed)} held{also}: {per_family(passed)}", groups.held


def anchor(key: str, clause_id: str) -> str:
    """Where the findings of a clause begin."""
    safe = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "_" for c in clause_id)
    return f"{key}-{safe}"


def _cause(clause: ClauseResult, key: str, linked: bool) -> Markup:
    return tag(
        "li",
        tag("span", _name(clause, key, linked), class_="id"),
        tag("span", clause.sentence),
        *optional("span", clause.reason, "because"),
    )


def _table(clauses: Sequence[ClauseResult], key: str, linked: Collection[str]) -> Markup:
    bodies = [
        tag(
            "tbody",
            tag("tr", tag("th", _family(name, members), colspan=3, scope="rowgroup"), class_="family"),
            *(_clause(clause, key, clause.id in linked) for clause in members),
        )
        for name, members in by_family(clauses)
    ]
    heads = ("Outcome", "Clause", "What it says, and why")
    head = tag("tr", *(tag("th", name, scope="col") for name in heads))
    return scrolling(tag("table", tag("thead", head), *bodies, class_="clauses"), heads)


def _clause(clause: ClauseResult, key: str, linked: bool) -> Markup:
    outcome = state(OUTCOME_SIGNS[clause.outcome], OUTCOME_WORDS[clause.outcome], clause.outcome.value)
    reason = clause.reason if clause.outcome is not Outcome.PASS else ""
    needs = clause.feature if clause.feature != "none" else ""
    label = " · ".join(part for part in (clause.level, "core" if clause.core else "", needs) if part)
    return tag(
        "tr",
        tag("td", outcome),
        tag("td", tag("span", _name(clause, key, linked), class_="id"), tag("span", label, class_="level")),
        tag(
            "td",
            tag("p", clause.sentence),
            *optional("p", reason, "reason"),
            *optional("p", evidence(clause.evidence), "evidence"),
        ),
        class_=f"is-{clause.outcome.value}",
    )


def _name(clause: ClauseResult, key: str, linked: bool) -> str:
    return tag("a", clause.id, href=f"#{anchor(key, clause.id)}") if linked else clause.id


def _family(name: str, clauses: Sequence[ClauseResult]) -> Markup:
    return join([tag("span", name), tag("span", tally(clauses), class_="tally")], " ")


def _clauses(clauses: Sequence[ClauseResult]) -> str:
    return "1 clause" if len(clauses) == 1 else f"{count(len(clauses))} clauses"


def _ids(clauses: Iterable[ClauseResult]) -> str:
    return ", ".join(clause.id for clause in clauses)


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_REASONS else f"{text[:_LONGEST_REASONS]}…"
