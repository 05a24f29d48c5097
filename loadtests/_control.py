"""The process that decides: a lone Locust, or the master. Opens the target, plans runs, judges them."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict
from pathlib import Path

from gevent.event import Event
from locust.env import Environment

from conformance.harness.errors import ChurnproofError, HarnessError, UsageError
from conformance.harness.fleet import new_run
from conformance.harness.local_stack import open_target
from conformance.harness.target import LocalApplication, Target, load_target
from conformance.harness.target_file import read_target_file
from conformance.harness.wiring import check_wiring
from conformance.repeat_command import seed_command
from reports.capacity import Search
from reports.gates import Gate, GatesFileError, read_gates
from reports.redaction import environment_secrets, redact_all
from reports.results import Exit
from reports.run_folder import create_run_folder, write_plan
from reports.terminal import style_of, verdict_table
from reports.verdict import worst_exit

from . import _locust_statistics as statistics
from ._crew import CONTRACT, TARGET
from ._load_run import RunPlan
from ._options import LoadOptions
from ._table_watch import TableWatch, in_patience
from ._typed_locust import options_of
from ._unrecorded_fleet import unrecorded_fleet
from ._verdict import Verdict, pronounce

_log = logging.getLogger("churnproof")


class Control:
    """One target, and the runs against it: one, or with the web UI as many as are started there.

    `open` must come first, and `close` at the end whatever happened.
    """

    def __init__(self, environment: Environment, options: LoadOptions) -> None:
        """Raises GatesFileError."""
        self._environment = environment
        self.options = options
        self._gates: Sequence[Gate] = _gates_of_a_load(options.gates) if options.gates else ()
        self._resources = ExitStack()
        self._folder: Path | None = None
        self._plan: RunPlan | None = None
        self._exits: list[Exit] = []
        self._untold: list[Verdict] = []
        self.judged: Verdict | None = None
        """What came of the last run; None while there is none, or another is under way."""
        self._target: Target | None = None
        self._rows: TableWatch | None = None
        """Where the target gives access to its connection table."""
        self._rows_in_a_hurry = Event()
        self.search: Callable[[], Search | None] = lambda: None
        """What a capacity search has tried; None where none is made."""
        self.target_spec = options.target
        """The target as workers can find it too."""

    @property
    def target(self) -> Target:
        if self._target is None:
            raise RuntimeError("the target has not been opened")
        return self._target

    @property
    def exit(self) -> Exit | None:
        """The worst of all runs so far; None without any."""
        return worst_exit(self._exits) if self._exits else None

    def open(self) -> None:
        """Make the run folder, start or find the target, and see that it broadcasts at all.

        Raises ChurnproofError, RunFolderError, and TargetFailure where the target does not answer.
        """
        options = self.options
        spec = load_target(
            options.target,
            table=options.table,
            region=options.region,
            dynamodb_endpoint=options.dynamodb_endpoint,
            management_endpoint=options.management_endpoint,
            parameters=options.parameters,
        )
        contract = read_target_file(options.contract) if options.contract else None
        self._folder = create_run_folder("load", options.run_dir)
        self._resources.callback(self._remove_unused)
        target = self._resources.enter_context(
            open_target(spec, self._folder, _log.info, controls=options.pace.idle_herd)
        )
        self._target = target.merged(contract) if contract else target
        if isinstance(spec, LocalApplication):
            self.target_spec = str((self._folder / "target.toml").resolve())
        elif Path(options.target).is_file():
            self.target_spec = str(Path(options.target).resolve())
        self._check_wiring(self._target)
        if self._target.table is not None:
            self._rows = self._resources.enter_context(closing(TableWatch(self._target)))

    def plan(self) -> RunPlan:
        """The next run. Raises RunFolderError."""
        self.judged = None
        folder, self._folder = self._folder or create_run_folder("load"), None
        classes = self._environment.user_classes
        stormy = self.options.pace.storm_every_s is not None or self.options.pace.idle_herd
        churn = stormy or any(getattr(user, "churns", False) for user in classes)
        options = self.options
        self._plan = RunPlan(folder, new_run(), options.seed, options.pace, churn, options.receive_times)
        mix = {user.__name__: user.weight for user in classes}
        pace = asdict(self.options.pace)
        command = seed_command("locust", sys.argv[1:], options.seed)
        described = {"kind": "load", "command": command, "target": self.target.describe()}
        planned = {**described, "seed": options.seed, "churn": churn, "mix": mix, "pace": pace}
        write_plan(folder, redact_all(planned, (*self.target.secrets, *environment_secrets(os.environ))))
        self._rows_in_a_hurry = Event()
        if self._rows is not None:
            self._rows.begin(folder)
        _log.info("seed %d, run folder %s", self.options.seed, folder)
        return self._plan

    def texts(self) -> Mapping[str, str]:
        """The files that say what the target is, and its contract: workers on other hosts do not see them."""
        files = {TARGET: self.target_spec, CONTRACT: self.options.contract}
        return {
            name: Path(path).read_text(encoding="utf-8")
            for name, path in files.items()
            if path and "://" not in str(path) and Path(path).is_file()
        }

    def look_at_rows(self) -> None:
        """While everybody is there."""
        if self._rows is not None:
            in_patience(self._rows.look, self._rows_in_a_hurry)

    def await_rows(self, *, hurried: bool) -> Sequence[str]:
        """Once everybody has gone: wait until their rows have, too. Returns what is broken."""
        if self._rows is None:
            return ()
        rows, hurry = self._rows, self._rows_in_a_hurry
        if hurried:
            hurry.set()
        try:
            in_patience(lambda: rows.finish(hurry), hurry)
        except HarnessError as error:
            return (str(error),)
        return ()

    def judge(self, broken: Sequence[str]) -> None:
        """Judge the run that has ended, if there was one; see `pronounce`."""
        plan, self._plan = self._plan, None
        if plan is None:
            self._exits += self._told_too_late(broken)
            return
        asked_s = options_of(self._environment).run_time
        verdict = pronounce(plan, self.target, self._gates, broken, self.search(), asked_s)
        statistics.failures(self._environment.stats, verdict.failures)
        self._exits.append(verdict.exit)
        self.judged = verdict
        self._untold.append(verdict)

    def _told_too_late(self, broken: Sequence[str]) -> Sequence[Exit]:
        """What is found broken after the run was judged, as with the web UI, is no verdict of its own."""
        for sentence in broken:
            _log.error("%s; runs judged before may have suffered from it", sentence)
        return [Exit.HARNESS_ERROR] if broken else []

    def close(self) -> Sequence[str]:
        """Stop what was started for the target; returns what had gone wrong with it. Repeatable."""
        try:
            self._resources.close()
        except ChurnproofError as error:
            return (str(error),)
        return ()

    def tell(self) -> None:
        """Print the verdict on every run that has not been printed yet."""
        style = style_of(sys.stdout, os.environ)
        untold, self._untold = self._untold, []
        for verdict in untold:
            page = verdict.written.page
            shown = None if page is None else str(page)
            table = verdict_table(verdict.results, gates=verdict.gates, page=shown, style=style)
            sys.stdout.write(f"\n{table}")
            sys.stdout.writelines(f"{problem}\n" for problem in verdict.written.problems)
        sys.stdout.flush()

    def _check_wiring(self, target: Target) -> None:
        _log.info("checking the wiring: one client, one message")
        with unrecorded_fleet(target) as fleet:
            wiring = check_wiring(fleet)
        for remark in wiring.remarks:
            _log.info("%s", remark)
        if not wiring.routed:
            raise UsageError("the target does not broadcast: " + "; ".join(wiring.remarks))

    def _remove_unused(self) -> None:
        """No run has taken the folder: leave none behind, unless a local stack has left its log in it."""
        if self._folder is not None and not any(self._folder.iterdir()):
            self._folder.rmdir()


def _gates_of_a_load(path: Path) -> Sequence[Gate]:
    """Raises GatesFileError also for gates that one load can never be held against."""
    gates = read_gates(path)
    changes = [gate.rule for gate in gates if gate.against_baseline]
    if changes:
        hint = "hold runs against it with `python -m reports RUN… --baseline RUN… --gates FILE`"
        raise GatesFileError(f"{path}: {changes[0]}: a single load has no baseline; {hint}")
    if not any(gate.kind in (None, "load") for gate in gates):
        raise GatesFileError(f'{path} has no gate for loads: each is of another kind than "load"')
    return gates
