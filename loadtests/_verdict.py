"""From a run folder to the verdict: read, judge, write the report."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from conformance.checkers.case import Case
from conformance.harness.target import Target
from conformance.repeat_command import seed_command
from conformance.run_results import results_of
from reports import metrics
from reports.artefacts import Written, write_artefacts
from reports.capacity import Search, capacity, in_words
from reports.figures import duration
from reports.gates import Gate, GateRow, judge_gates
from reports.idle_herd import Herd, idle_herd
from reports.priced_run import at_list_prices
from reports.reconnects import storms
from reports.results import Capacity, Exit, Results
from reports.verdict import exit_of, worst_exit

from ._load_clauses import judged_clauses
from ._load_run import RunPlan
from ._rows_left import stale_rows
from ._whole_history import read_whole, without_overload

_SLACK_S = 3.0
"""So much of the time asked for passes before the workers have begun, and until they hear that it is over."""


@dataclass(frozen=True)
class Verdict:
    """What came of a load test."""

    results: Results
    gates: Sequence[GateRow]
    written: Written

    @property
    def exit(self) -> Exit:
        unwritten = [Exit.HARNESS_ERROR] if self.written.problems else []
        return worst_exit([exit_of(self.results, self.gates), *unwritten])

    @property
    def failures(self) -> Mapping[str, int]:
        """Deliveries that went wrong, in the words of Locust's failure table."""
        counts = self.results.delivery
        return {
            "lost: it never came": counts.lost,
            "late: it came after the delivery bound": counts.late,
            "duplicated: it came more than once": counts.duplicated,
            "corrupted: not the bytes that were sent": counts.corrupted,
            "leaked: it was not for this connection": counts.leaked,
        }


def pronounce(
    plan: RunPlan,
    target: Target,
    gates: Sequence[Gate],
    broken: Sequence[str],
    search: Search | None = None,
    asked_s: float | None = None,
) -> Verdict:
    """Judge the run and write its report; `search` is what it tried where it looked for a capacity.

    `asked_s` is how long it was to last, None for until it is stopped.
    `broken` says what of ours failed under the run: then nothing that the record shows needs to be the
    target's fault. Raises HistoryError when there is no history that can be read.
    """
    history = without_overload(read_whole(plan.folder), search.windows if search else ())
    names = (target.table.name,) if target.table else ()
    case = Case(history, target.contract, target.bounds, names)
    results = results_of(
        "load",
        case,
        judged_clauses(
            case,
            churn=plan.churn,
            silent=plan.pace.idle_herd,
            generator=metrics.generator(history.health),
            features=target.features,
        ),
        target=target.describe(),
        seed=plan.seed,
        command=seed_command("locust", sys.argv[1:], plan.seed),
    )
    results = replace(results, stale_rows=stale_rows(history))
    if history.clocks:
        results = replace(results, remarks=(*results.remarks, *map(str, history.clocks)))
    if plan.pace.storm_every_s is not None:
        told = (f"reconnect storm {n}: {storm}" for n, storm in enumerate(storms(history.connections), 1))
        results = replace(results, remarks=(*results.remarks, *told))
    if plan.pace.idle_herd:
        results = _herded(results, idle_herd(history.connections, moved=target.control_url is not None))
    if search:
        results = _searched(results, case, search, gates)
        if search.windows:
            gates = ()  # they were held against each stage
    missing = [*_cut_in_words(history.cut_processes), *(str(c) for c in history.clocks if c.unclear)]
    results = _weighed(results, missing, broken)
    if not (search or plan.pace.idle_herd):  # those know themselves when they are over
        results = held_to(results, asked_s)
    results = at_list_prices(results, plan.folder)
    rows = judge_gates(gates, results)
    pairs = case.figures().pairs
    written = write_artefacts(plan.folder, results, pairs, gates=rows, secrets=target.secrets)
    return Verdict(results, rows, written)


def _searched(results: Results, case: Case, search: Search, gates: Sequence[Gate]) -> Results:
    found = capacity(
        search.windows, lambda stage: case.figures(stage.since_ns, stage.until_ns).pairs, results, gates
    )
    results = replace(results, capacity=found, remarks=(*results.remarks, in_words(found)))
    return answered(results, found, ended=search.ended)


def answered(results: Results, found: Capacity, *, ended: bool) -> Results:
    """A search that was stopped, or in which nothing held, has no answer, and does not pass."""
    if results.verdict != "pass" or (ended and found.users):
        return results
    stopped = "" if ended else "the search was stopped before it ended; until then "
    return replace(results, verdict="inconclusive", reason=f"{stopped}{in_words(found)}")


def _herded(results: Results, herd: Herd) -> Results:
    """A run in which the idle limit did not end everybody shows nothing of what comes after it."""
    results = replace(results, remarks=(*results.remarks, f"idle herd: {herd}"))
    if results.verdict == "fail" or herd.whole:
        return results
    return replace(results, verdict="inconclusive", reason=str(herd))


def _weighed(results: Results, missing: Sequence[str], broken: Sequence[str]) -> Results:
    """Only a violation is proven by part of a run, or by a generator that did not keep up."""
    if broken:
        return replace(results, verdict="error", reason="; ".join(broken), cut_short=True)
    if results.verdict != "fail" and missing:
        return replace(results, verdict="inconclusive", reason="; ".join(missing), cut_short=True)
    if results.generator.saturated and results.verdict != "fail":
        advice = "add worker processes (--processes N), lower --users or raise --talk-interval"
        reason = f"the load generator did not keep up: {results.generator.reason}; {advice}"
        return replace(results, verdict="inconclusive", reason=reason)
    return results


def held_to(results: Results, asked_s: float | None) -> Results:
    """A run that was stopped before its time proves what went wrong in it, and no more."""
    lasted_s = sum(span.end_s - span.start_s for span in results.phases if span.name == "main")
    if asked_s is None or lasted_s >= asked_s - _SLACK_S or results.verdict not in ("pass", "inconclusive"):
        return results
    stopped = f"it was stopped after {duration(lasted_s)} of the {duration(asked_s)} asked for"
    return replace(results, verdict="inconclusive", reason=f"{stopped}; until then {results.reason}")


def _cut_in_words(cut: Sequence[int]) -> Sequence[str]:
    if not cut:
        return ()
    workers = ", ".join(f"w{process}" for process in cut)
    return (f"the record of {workers} is cut off: what its connections heard after that is unknown",)
