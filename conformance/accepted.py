"""Violations that the user knows of, by waiver or from a baseline: told every time, never failing the run.

Pure: judged clauses in, judged clauses and remarks out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from reports.results import ClauseResult, Outcome, Results
from reports.verdict import target_name

_RED = frozenset({Outcome.FAIL, Outcome.KNOWN, Outcome.WAIVED})
_COMPARED = ("contract", "bounds", "send", "receive")
"""What makes two runs judge by different rules."""


@dataclass(frozen=True)
class Waiver:
    """Somebody answers for it, until a day, that a clause does not hold."""

    clause: str
    reason: str
    owner: str
    expires: date
    """The last day on which it holds."""

    def __str__(self) -> str:
        return f"waived until {self.expires} by {self.owner}: {self.reason}"


@dataclass(frozen=True)
class Accepted:
    """The waivers and the baseline of one run."""

    waivers: Mapping[str, Waiver] = field(default_factory=dict)
    baseline: Results | None = None

    def applied(self, result: ClauseResult, judge: Callable[[str], ClauseResult]) -> ClauseResult:
        """`result`, `waived` or `known` where it is red and accepted.

        A clause that is unknown only because accepted violations explain it is accepted with them;
        `judge` gives the result of any clause.
        """
        ground = self._ground(result, judge)
        if ground is None:
            return result
        outcome, why = ground
        return replace(result, outcome=outcome, reason="; ".join(filter(None, (why, result.reason))))

    def remarks(self, results: Sequence[ClauseResult], target: Mapping[str, Any]) -> tuple[str, ...]:
        """A sentence for each waiver, and what moved against the baseline."""
        by_id = {result.id: result for result in results}
        told = [_waiver_remark(waiver, by_id.get(name)) for name, waiver in self.waivers.items()]
        if self.baseline is not None:
            told += _doubts(self.baseline, target)
            told += _moves(self.baseline, results)
        return tuple(told)

    def _ground(
        self, result: ClauseResult, judge: Callable[[str], ClauseResult]
    ) -> tuple[Outcome, str] | None:
        if result.outcome is Outcome.UNKNOWN and result.explained_by:
            causes = [self._ground(judge(name), judge) for name in result.explained_by]
            known = [ground for ground in causes if ground is not None]
            if len(known) < len(causes):
                return None
            return known[0][0], f"accepted with {', '.join(result.explained_by)}"
        if result.outcome in (Outcome.FAIL, Outcome.NON_STRICT) and result.id in self.waivers:
            return Outcome.WAIVED, str(self.waivers[result.id])
        if result.outcome is Outcome.FAIL and self._was_red(result.id):
            return Outcome.KNOWN, "violated in the baseline too"
        return None

    def _was_red(self, name: str) -> bool:
        """Whether the baseline proved a violation of that very clause."""
        earlier = self.baseline.clauses if self.baseline else ()
        return any(c.id == name and c.outcome in _RED and not c.explained_by for c in earlier)


def _waiver_remark(waiver: Waiver, result: ClauseResult | None) -> str:
    if result is None:
        return f"{waiver.clause} is {waiver}; this run did not judge it"
    if result.outcome is Outcome.PASS:
        return f"waiver no longer needed: {waiver.clause} passes ({waiver})"
    if result.outcome is Outcome.WAIVED:
        return f"{waiver.clause} is violated and {waiver}"
    return f"{waiver.clause} is {waiver}; in this run it is {result.outcome}"


def _doubts(baseline: Results, target: Mapping[str, Any]) -> Iterator[str]:
    """What makes the comparison less than like with like."""
    here, there = target_name(target), target_name(baseline.target)
    if here != there:
        yield f"the baseline judged another target: {there}, not {here}"
    other = [name for name in _COMPARED if baseline.target.get(name) != target.get(name)]
    if other:
        yield f"the baseline was judged by another {', '.join(other)}"
    if baseline.cut_short:
        yield f"the baseline was cut short: {baseline.reason}"


def _moves(baseline: Results, results: Sequence[ClauseResult]) -> Iterator[str]:
    before = {clause.id: clause.outcome for clause in baseline.clauses}
    new = [clause for clause in results if clause.outcome is Outcome.FAIL]
    better, worse = [], []
    for clause in results:
        earlier = before.get(clause.id)
        if earlier is None or clause in new:
            continue
        if clause.outcome is Outcome.PASS and earlier not in (Outcome.PASS, Outcome.SKIP):
            better.append(f"{clause.id} ({earlier} before)")
        if earlier is Outcome.PASS and clause.outcome not in (Outcome.PASS, Outcome.SKIP):
            worse.append(f"{clause.id} ({clause.outcome} now)")
    since = f"since the baseline of {baseline.started[:10]}"
    if new:
        was = (f"{c.id} ({before.get(c.id, 'not judged')} before)" for c in new)
        yield f"newly violated {since}: {', '.join(was)}"
    if better:
        yield f"better {since}: {', '.join(better)}"
    if worse:
        yield f"no longer proven {since}: {', '.join(worse)}"
    if not (new or better or worse):
        yield f"nothing moved {since}"
