"""The clauses that a load test is judged by: those of conformance, from the load's own record.

Under churn the CHURN clauses judge what the BCAST clauses judge in calm. Clauses of calm traffic are
asked about a load's traffic too: they see its messages and connections under the names they know.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from conformance.checkers import judge, result_of
from conformance.checkers.case import Case, Judged
from conformance.clauses import clauses
from reports.history_reader import History
from reports.results import ClauseResult, Generator, Outcome

from ._rows_left import rows_left

CALM = ("CONN-01", "BCAST-01", "BCAST-02", "BCAST-03", "BCAST-04", "BCAST-07")
UNDER_CHURN = (
    "CHURN-01",
    "CHURN-02",
    "CHURN-03",
    "CHURN-04",
    "CHURN-08",
    "CHURN-09",
    "CHURN-11",
    "CHURN-13",
    "CHURN-14",
)
ALWAYS = ("CHURN-10",)
UNDER_MISCHIEF = ("LEAK-01",)
WITH_TABLE = ("CHURN-05",)
NOT_IN_SILENCE = ("CHURN-01", "CHURN-08", "CHURN-10", "CHURN-11", "CHURN-13", "CHURN-14")
"""They ask about messages during churn, or about those whom nobody ends."""

_EXPLAINED_UNDER_CHURN: Mapping[str, tuple[str, ...]] = {
    "BCAST-01": ("CHURN-01", "CHURN-04", "CHURN-08"),
    "BCAST-02": ("CHURN-02",),
    "BCAST-03": ("CHURN-01",),
    "BCAST-04": ("CHURN-03",),
    "BCAST-07": ("CHURN-01", "CHURN-13"),
}
"""So that one fault turns one clause red: the one that says more about when it happens."""

_TIMELESS = ("BCAST-02", "BCAST-04", "CHURN-02", "CHURN-03", "CHURN-05", "CHURN-14", "LEAK-01")
"""What these find is proven however late the generator was."""


def judged_clauses(
    case: Case,
    *,
    churn: bool,
    generator: Generator,
    features: frozenset[str] = frozenset(),
    silent: bool = False,
) -> list[ClauseResult]:
    """Every clause of a load test, judged or skipped with its reason.

    `features` are what the target gives access to.
    """
    calm = _in_calm_words(case)
    results = {name: judge(name, calm) for name in CALM}
    for name in UNDER_CHURN:
        results[name] = judge(name, case) if churn else _skipped(name, "no Joiner and no Dropper took part")
    for name in ALWAYS:
        results[name] = judge(name, case)
    for name in WITH_TABLE:
        # Not the checker of conformance, which knows the id of every connection.
        results[name] = result_of(clauses()[name], rows_left(case.history, features))
    for name in UNDER_MISCHIEF:
        provoked = bool(case.messages("mischief/"))
        results[name] = judge(name, case) if provoked else _skipped(name, "no Misbehaver took part")
    if silent:
        reason = "everybody was silent until the idle limit, and ended by it"
        results.update({name: _skipped(name, reason) for name in NOT_IN_SILENCE})
    return [_weighed(_explained(result, results), generator) for result in results.values()]


def _in_calm_words(case: Case) -> Case:
    """The same record, in the groups that the clauses of calm traffic select by."""
    history: History = case.history
    messages = [
        replace(m, group="broadcast/plain") if m.group.startswith("churn/") else m for m in history.messages
    ]
    connections = [replace(c, group="founder") if c.group == "stayer" else c for c in history.connections]
    return case.in_other_words(replace(history, messages=messages, connections=connections))


def _explained(result: ClauseResult, results: Mapping[str, ClauseResult]) -> ClauseResult:
    if result.outcome is not Outcome.FAIL:
        return result
    causes = tuple(
        cause for cause in _EXPLAINED_UNDER_CHURN.get(result.id, ()) if results[cause].outcome is Outcome.FAIL
    )
    if not causes:
        return result
    reason = f"explained by {', '.join(causes)}; on its own: {result.reason}"
    return replace(result, outcome=Outcome.UNKNOWN, reason=reason, explained_by=causes)


def _weighed(result: ClauseResult, generator: Generator) -> ClauseResult:
    """A generator that did not keep up may itself be why something came late, or not at all."""
    if not generator.saturated or result.outcome is not Outcome.FAIL or result.id in _TIMELESS:
        return result
    reason = f"the load generator did not keep up, which may be why: {result.reason}"
    return replace(result, outcome=Outcome.UNKNOWN, reason=reason)


def _skipped(name: str, reason: str) -> ClauseResult:
    # Core clauses are those that a conformance run must judge; a load test is not one.
    return replace(result_of(clauses()[name], Judged(Outcome.SKIP, reason)), core=False)
