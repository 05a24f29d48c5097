"""A second look at a plan that has failed: how often it fails, and how small it can be and still fail."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from conformance.checkers import CHECKERS, judge
from conformance.checkers.case import Case, Judged
from conformance.harness.contract import Bounds
from conformance.harness.deadline import Deadline
from conformance.harness.errors import TargetFailure, UsageError
from conformance.harness.plan import Plan
from conformance.harness.plan_shrinking import shrink
from conformance.harness.target import LocalApplication, Target
from conformance.open_session import open_session
from conformance.workloads import churn
from conformance.workloads.session import Scale
from reports import metrics
from reports.figures import rate
from reports.history_reader import read_history
from reports.proportion import Proportion, proportion
from reports.results import ClauseResult, Finding, Outcome
from reports.whole_file import write_whole

SHRUNK = "plan.shrunk.json"
JUDGED_BY_PLAN = tuple(name for name in CHECKERS if name.startswith("CHURN-") and name != "CHURN-12")
"""Clauses that another performance of the plan can be judged by; CHURN-12 draws its own steps."""

_PATIENCE = 4.0
"""Shrinking does not wait for the whole delivery bound, but for so many times what the slowest hundredth
of the run's deliveries took; the plan that it ends with is held against the bound itself."""
_LEAST_PATIENCE_S = 1.0
_MOST_REPEATS = 1000
_MOST_SHRINKING_S = 86_400.0


@dataclass(frozen=True)
class Asked:
    """What the user wants to know of a plan that fails."""

    repeats: int = 0
    """So many further performances."""
    shrink_s: float = 0.0
    """How long a smaller plan may be searched for."""

    def check(self, spec: Target | LocalApplication) -> None:
        """Raises UsageError for what cannot be done with this target."""
        if not 0 <= self.repeats <= _MOST_REPEATS:
            raise UsageError(f"--repeats must be between 0 and {_MOST_REPEATS}, not {self.repeats}")
        if not 0 <= self.shrink_s <= _MOST_SHRINKING_S:
            raise UsageError(f"--shrink must be between 0 and {_MOST_SHRINKING_S:g} seconds")
        if self.shrink_s and isinstance(spec, Target):
            raise UsageError("--shrink performs many plans, and does so on a local stack only")


@dataclass(frozen=True)
class Shrunk:
    """The smallest plan found that still fails a clause."""

    clause: str
    actions: int
    of: int
    """Actions of the plan that it comes from."""
    file: Path
    judged: Judged


@dataclass
class SecondLook:
    """Performs a plan again on a target that is open, and keeps what came of it as it comes."""

    target: Target
    folder: Path
    """The run's."""
    plan: Plan
    progress: Callable[[str], None]
    failed: Counter[str] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)
    """Performances from which the clause could be judged."""
    shrunk: Shrunk | None = None

    def repeat(self, clauses: Sequence[str], times: int) -> None:
        """Perform the plan so often, and count how often each of the clauses fails."""
        for number in range(1, times + 1):
            case = self._perform(self.plan, _made(self.folder / "repeats" / str(number)))
            for name in clauses:
                outcome = CHECKERS[name](case).outcome
                self.failed[name] += outcome is Outcome.FAIL
                self.told[name] += outcome in (Outcome.FAIL, Outcome.PASS)
            so_far = ", ".join(f"{name} fails {self.failed[name]}" for name in clauses)
            self.progress(f"churn: {number} of {times} repeats; {so_far}")

    def shrink(self, clause: str, case: Case, seconds: float) -> None:
        """Search for a smaller plan that fails the clause; `case` is the run in which the whole one did."""
        deadline, bounds = Deadline(seconds), replace(case.bounds, deliver_s=_patience_s(case))
        attempts = 0

        def fails(plan: Plan) -> bool:
            nonlocal attempts
            attempts += 1
            failing = self._fails(clause, plan, bounds)
            self.progress(
                f"churn: shrinking {clause}, attempt {attempts}: {len(plan.actions)} actions "
                f"{'fail' if failing else 'do not fail'}; {deadline.remaining():.0f} s left"
            )
            return failing

        small = shrink(self.plan, fails, deadline.expired)
        if small == self.plan:
            self.progress(f"churn: no smaller plan was found that fails {clause}")
            return
        judged = CHECKERS[clause](self._perform(small, _made(self.folder / "shrunk")))
        if judged.outcome is not Outcome.FAIL:
            self.progress(f"churn: {len(small.actions)} actions did not fail {clause} once more")
            return
        file = self.folder / SHRUNK
        write_whole(file, small.to_json())
        self.shrunk = Shrunk(clause, len(small.actions), len(self.plan.actions), file, judged)
        self.progress(
            f"churn: {len(small.actions)} of {len(self.plan.actions)} actions fail {clause}: {file}"
        )

    def repeats_of(self, clause: str) -> Proportion | None:
        """How often the clause failed; None where it was not judged again."""
        told = self.told[clause]
        return proportion(self.failed[clause], told) if told else None

    def _fails(self, clause: str, plan: Plan, bounds: Bounds) -> bool:
        with tempfile.TemporaryDirectory() as folder:
            return CHECKERS[clause](self._perform(plan, Path(folder), bounds)).outcome is Outcome.FAIL

    def _perform(self, plan: Plan, folder: Path, bounds: Bounds | None = None) -> Case:
        target = replace(self.target, bounds=bounds) if bounds else self.target
        with open_session(target, folder, Scale(plan.seed), plan, _quiet) as session:
            try:
                churn.run(session)
            except TargetFailure as failure:
                session.fleet.recorder.note(f"churn ended early: {failure}")
            session.settle()
        return Case(read_history(folder), target.contract, target.bounds)


def with_second_look(
    result: ClauseResult, look: SecondLook, repeat_of: Callable[[Path, str], str]
) -> ClauseResult:
    """The result with what the second look has found; `repeat_of` gives the command for a plan's file."""
    if (repeats := look.repeats_of(result.id)) is not None:
        reason = f"{result.reason}; its plan, performed again, fails {rate(repeats)}"
        result = replace(result, reason=reason, repeats=repeats)
    if look.shrunk is not None and look.shrunk.clause == result.id:
        command = repeat_of(look.shrunk.file, result.id)
        result = replace(result, findings=(*_retold(look.shrunk, command), *result.findings))
    return result


def worth_a_second_look(case: Case, asked: Collection[str]) -> list[str]:
    """The violated clauses that the plan can be judged by again, of those that are asked about."""
    red = (Outcome.FAIL, Outcome.NON_STRICT)
    return [name for name in JUDGED_BY_PLAN if name in asked and judge(name, case).outcome in red]


def _retold(shrunk: Shrunk, command: str) -> list[Finding]:
    smallest = f"smallest plan that still fails, {shrunk.actions} of {shrunk.of} actions ({shrunk.file})"
    told = shrunk.judged.findings[:1] or (Finding("", shrunk.judged.reason, ""),)
    return [replace(finding, title=f"{smallest}: {finding.title}", repeat=command) for finding in told]


def _patience_s(case: Case) -> float:
    slow_ms = metrics.latency(case.pairs("churn/").pairs).pair.p99
    patience_s = _LEAST_PATIENCE_S if slow_ms is None else _PATIENCE * slow_ms / 1000
    return min(case.bounds.deliver_s, max(_LEAST_PATIENCE_S, patience_s))


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def _quiet(_line: str) -> None:
    """What a workload says of itself is not wanted again."""
