"""One conformance run from beginning to end, without pytest: open, perform, judge, write."""

from __future__ import annotations

import json
import os
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from conformance.accepted import Accepted
from conformance.checkers import judge, result_of
from conformance.checkers.case import Case, Judged
from conformance.checkers.routing import MISCHIEF_OF
from conformance.clauses import Clause, clauses
from conformance.expected_traffic import expected_traffic, told
from conformance.failing_plan import JUDGED_BY_PLAN, Asked, SecondLook, with_second_look, worth_a_second_look
from conformance.function_failures import failures_in_words
from conformance.harness.errors import (
    ChurnproofError,
    HandshakeRefused,
    HarnessError,
    TargetFailure,
    UsageError,
)
from conformance.harness.fleet import Fleet
from conformance.harness.local_stack import open_target
from conformance.harness.plan import Plan
from conformance.harness.target import LocalApplication, Target
from conformance.harness.target_file import TargetFile
from conformance.harness.wiring import check_wiring
from conformance.open_session import open_session
from conformance.repeat_command import replay_command, seed_command
from conformance.run_results import results_of
from conformance.workloads import (
    bad_messages,
    calm,
    churn,
    departures,
    faults,
    interleavings,
    limits,
    long_silence,
    stale_rows,
)
from conformance.workloads.bad_messages import mischief
from conformance.workloads.session import Scale, Session
from reports.artefacts import Written, write_artefacts
from reports.history_reader import read_history
from reports.priced_run import at_list_prices
from reports.prices import read_prices
from reports.redaction import environment_secrets, redact, redact_all
from reports.results import ClauseResult, Outcome, Results
from reports.run_folder import HARNESS_ERROR, PLAN, write_plan

WORKLOADS: Mapping[str, Callable[[Session], None]] = {
    "bad messages": bad_messages.run,
    "calm": calm.run,
    "stale rows": stale_rows.run,
    "departures": departures.run,
    "interleavings": interleavings.run,
    "churn": churn.run,
    "faults": faults.run,
    "limits": limits.run,
    "long silence": long_silence.run,
}
"""In the order in which they run."""

_LAST = "long silence"
"""It ends every connection: what was sent before must be due by then."""

_FAMILIES = {
    "ROUTE": {"bad messages"},
    "LEAK": {"bad messages"},
    "CONN": {"calm"},
    "BCAST": {"calm"},
    "STALE": {"stale rows"},
    "DISC": {"departures"},
    "CHURN": {"interleavings", "churn"},
    "LIMIT": {"limits"},
    "FAULT": {"departures", "faults", _LAST},
}

_NEEDS_CONTROL = "needs a local stack: `local`, a SAM template, or [control] of a stack's ready file"
_NO_SUCH_MESSAGE = "not judged: the form of the messages ([message] send) leaves no such message to send"
_FEATURE_HINTS = {
    "table": "needs the connection table: --table NAME --region REGION, or [table] in a target file",
    "management": "needs the management API: --management-endpoint URL --region REGION, or [management]",
    "faults": _NEEDS_CONTROL,
    "trace": _NEEDS_CONTROL,
    "clock": _NEEDS_CONTROL,
}


def workloads_for(families: Iterable[str]) -> list[str]:
    """The workloads that clauses of these families are judged from, in their order."""
    wanted = {name for family in families for name in _FAMILIES[family]}
    return [name for name in WORKLOADS if name in wanted]


@dataclass
class JudgingRun:
    """A run against one target: `perform` acts, `judge` answers, `write` leaves the report."""

    spec: Target | LocalApplication
    scale: Scale
    folder: Path
    arguments: Sequence[str]
    """Of the command that began the run."""
    progress: Callable[[str], None]
    contract: TargetFile | None = None
    """Message, contract and bounds that the user gives beside the target."""
    plan: Plan | None = None
    """What the churn is to do again; None to have it drawn at the scale."""
    examination: Asked = field(default_factory=Asked)
    """What is to be found out about a plan that fails."""
    asked_about: Sequence[str] = JUDGED_BY_PLAN
    """The clauses that the user wants judged."""
    accepted: Accepted = field(default_factory=Accepted)
    """Violations that do not fail the run."""
    target: Target | None = None
    """Known once the target has been opened."""
    cut_short: bool = False
    failure: Exception | None = None
    """What broke the run on our side; then what was not judged before is an error."""
    _results: dict[str, ClauseResult] = field(default_factory=dict)
    _case: Case | None = None
    _odd: tuple[str, ...] = ()
    """What the look at the wiring has shown; in the reports too, since -q hides progress."""
    _second_look: SecondLook | None = None
    _under_way: bool = False

    def perform(self, workloads: Iterable[str]) -> None:
        """Run the workloads and keep the record.

        Raises UsageError before anything was judged (a wrong target). A KeyboardInterrupt, a failure of
        the harness, and what only goes wrong on the way (credentials that expire) end the run where it
        is; what was recorded is judged all the same.
        """
        try:
            plan = self.plan or churn.plan_of(self.scale)
            with self._opened() as target:
                self._run(target, plan, [*workloads])
            self._look_again(plan)
        except KeyboardInterrupt:
            self.cut_short = True
        except (UsageError, HarnessError) as error:
            if isinstance(error, UsageError) and not self._under_way:
                raise
            self.cut_short, self.failure = True, error
            self._keep_traceback(error)

    def judge(self, clause_id: str) -> ClauseResult:
        """The clause's result; judged once."""
        if clause_id not in self._results:
            self._results[clause_id] = self._judge(clauses()[clause_id])
        return self._results[clause_id]

    def write(self) -> tuple[Results, Written]:
        """Write results and reports of everything judged so far into the run folder."""
        assert self.target is not None
        judged = list(self._results.values())
        described = self.target.describe()
        results = results_of(
            "conformance",
            self.case(),
            judged,
            target=described,
            seed=self.scale.seed,
            command=seed_command("pytest", self.arguments, self.scale.seed),
            cut_short=self.cut_short,
            remarks=(
                *self._odd,
                *failures_in_words(self.case().history.trace),
                *self.accepted.remarks(judged, described),
            ),
        )
        results = at_list_prices(results, self.folder)
        pairs = self.case().figures().pairs
        return results, write_artefacts(self.folder, results, pairs, secrets=self.target.secrets)

    def case(self) -> Case:
        """The run's history with its contract. Raises HistoryError when there is none."""
        assert self.target is not None
        if self._case is None:
            names = (self.target.table.name,) if self.target.table else ()
            history = read_history(self.folder)
            self._case = Case(history, self.target.contract, self.target.bounds, names)
        return self._case

    @contextmanager
    def _opened(self) -> Iterator[Target]:
        with open_target(self.spec, self.folder, self.progress, controls=True) as target:
            yield target.merged(self.contract) if self.contract else target

    def _run(self, target: Target, plan: Plan, workloads: Sequence[str]) -> None:
        self.target = target
        repeat = seed_command("pytest", self.arguments, self.scale.seed)
        known = redact_all(
            {"kind": "conformance", "command": repeat, "target": target.describe()},
            (*target.secrets, *environment_secrets(os.environ)),
        )
        write_plan(self.folder, {**known, **json.loads(plan.to_json())})
        if not target.on_this_machine:
            traffic = expected_traffic(workloads, plan, table=target.table is not None)
            self.progress(told(traffic, read_prices()))
        with open_session(target, self.folder, self.scale, plan, self.progress) as session:
            routed = self._wired(session.fleet)
            self._under_way = True
            if not routed:
                return
            for name in workloads:
                if name != _LAST:
                    self._workload(name, session)
            self.progress("waiting for the last deliveries to be due")
            session.phase("end", "settle")
            session.settle()
            if _LAST in workloads:
                self._workload(_LAST, session)

    def _keep_traceback(self, error: ChurnproofError) -> None:
        """Keep what whoever mends the harness has to know."""
        file = self.folder / HARNESS_ERROR
        secrets = (*(self.target.secrets if self.target else ()), *environment_secrets(os.environ))
        with suppress(OSError):  # the disk may be what has failed
            file.write_text(redact("".join(traceback.format_exception(error)), secrets), "utf-8")
            self.progress(f"the run cannot go on: {error}; {file} says where")

    def _look_again(self, plan: Plan) -> None:
        """At a plan that has failed, as far as the user asks for it, on a stack that is as good as new."""
        asked = self.examination
        if not asked.repeats and not asked.shrink_s:
            return
        red = worth_a_second_look(self.case(), self.asked_about)
        if not red:
            return
        with self._opened() as target:
            self._second_look = SecondLook(target, self.folder, plan, self.progress)
            self._second_look.repeat(red, asked.repeats)
            if asked.shrink_s:
                self._second_look.shrink(red[0], self.case(), asked.shrink_s)

    def _wired(self, fleet: Fleet) -> bool:
        """Whether it makes sense to go on. Raises UsageError where the user can mend what is wrong."""
        self.progress("checking the wiring: one client, one message")
        try:
            wiring = check_wiring(fleet)
        except UsageError as error:
            if isinstance(self.spec, LocalApplication) and isinstance(error.__cause__, HandshakeRefused):
                # Nobody else can be at fault on the local stack: CONN-01 says so from the record.
                self.progress(str(error))
                return False
            raise
        self._odd = wiring.remarks
        for remark in wiring.remarks:
            self.progress(remark)
        return wiring.routed  # where every message is answered Forbidden, ROUTE-01 says so

    def _workload(self, name: str, session: Session) -> None:
        try:
            WORKLOADS[name](session)
        except TargetFailure as failure:
            # Recorded where it happened; the clauses that miss this workload's evidence say so.
            session.fleet.recorder.note(f"{name} ended early: {failure}")
            self.progress(f"{name} ended early: {failure}")
        except ChurnproofError:
            raise
        except Exception as error:
            # A mistake of ours must not cost what was recorded: it is judged, and the rest is an error.
            raise HarnessError(f"the workload {name!r} broke: {error!r}") from error

    def _judge(self, clause: Clause) -> ClauseResult:
        if self.target is None or not any(self.folder.glob("history.*.jsonl")):
            return result_of(clause, Judged(Outcome.ERROR, str(self.failure or "the run did not begin")))
        if clause.feature != "none" and clause.feature not in self.target.features:
            return result_of(clause, Judged(Outcome.SKIP, _FEATURE_HINTS[clause.feature]))
        if clause.id in MISCHIEF_OF and not mischief(self.target.send)[MISCHIEF_OF[clause.id]]:
            return result_of(clause, Judged(Outcome.INFO, _NO_SUCH_MESSAGE))
        result = judge(clause.id, self.case())
        if self.failure is not None and result.outcome is Outcome.UNKNOWN:
            return result_of(clause, Judged(Outcome.ERROR, str(self.failure), result.evidence))
        result = self.accepted.applied(result, lambda name: judge(name, self.case()))
        repeat = self._repeat_command(clause)
        result = replace(result, findings=tuple(replace(f, repeat=repeat) for f in result.findings))
        if self._second_look is None:
            return result
        again = partial(replay_command, self.arguments)
        return with_second_look(result, self._second_look, again)

    def _repeat_command(self, clause: Clause) -> str:
        if clause.family == "CHURN":
            return replay_command(self.arguments, self.folder / PLAN, clause.id)
        return seed_command("pytest", self.arguments, self.scale.seed)
