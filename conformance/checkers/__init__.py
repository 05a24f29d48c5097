"""The judge: clause by clause, from a history alone.

Pure: no sockets, no clock, no pytest. A load test is judged by the same functions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from conformance.clauses import Clause, clauses
from reports.results import ClauseResult, Outcome

from . import (
    broadcasting,
    churning,
    cleaning_up,
    connecting,
    leaking,
    leaving,
    lifetime,
    limits,
    posting,
    routing,
    stale,
)
from .case import Case, Checker, Judged

CHECKERS: Mapping[str, Checker] = {
    **connecting.CHECKERS,
    **routing.CHECKERS,
    **broadcasting.CHECKERS,
    **leaking.CHECKERS,
    **leaving.CHECKERS,
    **stale.CHECKERS,
    **churning.CHECKERS,
    **limits.CHECKERS,
    **posting.CHECKERS,
    **cleaning_up.CHECKERS,
    **lifetime.CHECKERS,
}
"""The checker of every clause, by id."""

_RED = (Outcome.FAIL, Outcome.NON_STRICT)


def judge_clause(clause: Clause, case: Case) -> ClauseResult:
    """Judge one clause on its own; a missed SHOULD is `non-strict`."""
    judged = case.once(clause.id, CHECKERS[clause.id])
    if clause.level == "SHOULD" and judged.outcome is Outcome.FAIL:
        judged = replace(judged, outcome=Outcome.NON_STRICT)
    return result_of(clause, judged)


def result_of(clause: Clause, judged: Judged) -> ClauseResult:
    """The clause's line in `results.json`."""
    return ClauseResult(
        id=clause.id,
        level=clause.level,
        feature=clause.feature,
        sentence=clause.sentence,
        outcome=judged.outcome,
        reason=judged.reason,
        evidence=judged.evidence,
        findings=judged.findings,
        core=clause.core,
    )


def judge(name: str, case: Case) -> ClauseResult:
    """Judge the clause of that id; `unknown` where the violation of another clause explains its own."""
    table = clauses()
    result = judge_clause(table[name], case)
    if result.outcome not in _RED:
        return result
    causes = [cause for cause in table[name].explained_by if _explains(case.once(cause, CHECKERS[cause]))]
    if not causes:
        return result
    reason = f"explained by {', '.join(causes)}; on its own: {result.reason}"
    return replace(result, outcome=Outcome.UNKNOWN, reason=reason, explained_by=tuple(causes))


def _explains(cause: Judged) -> bool:
    return cause.suspected or cause.outcome is Outcome.FAIL
