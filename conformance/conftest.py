"""`pytest conformance --target T`: the options, and the run behind the clauses' tests.

The run happens once, before the first test; the tests then judge its record, one clause each.
"""

from __future__ import annotations

import os
import secrets
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

import pytest

from conformance.acceptance_files import read_baseline, read_waivers
from conformance.accepted import Accepted
from conformance.clauses import clauses
from conformance.failing_plan import Asked
from conformance.harness.descriptors import allow
from conformance.harness.errors import UsageError
from conformance.harness.plan import Plan
from conformance.harness.target import FORMS, load_target
from conformance.harness.target_file import read_target_file
from conformance.interruption import interruptible
from conformance.judging_run import JudgingRun, workloads_for
from conformance.saved_plan import saved_plan
from conformance.workloads.churn import plan_of
from conformance.workloads.session import Scale
from reports.results import EXIT_OF, Exit, Outcome, Results
from reports.run_folder import RunFolderError, create_run_folder
from reports.terminal import clause_findings, style_of, verdict_table

_RUN = pytest.StashKey[JudgingRun]()
_RESULTS = pytest.StashKey[Results]()
_STARTED = pytest.StashKey[float]()
_SCALE_OPTIONS = {
    "seed": "--seed",
    "connections": "--connections",
    "churn": "--churn",
    "churn_seconds": "--churn-seconds",
}
_OTHER_DESCRIPTORS = 256
"""Beside the clients of the churn: those of other workloads, files, connections to tables and stacks."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("churnproof", "judging an API Gateway WebSocket backend")
    group.addoption("--target", metavar="T", help=f"the backend: {FORMS}; also CHURNPROOF_TARGET")
    group.addoption(
        "--contract",
        metavar="FILE",
        type=Path,
        help="file with [message], [contract] and [bounds], for a target that is not a target file",
    )
    group.addoption(
        "--run-dir", metavar="DIR", type=Path, help="folder for this run (default: runs/<time>-conformance)"
    )
    group.addoption("--seed", type=int, help="seed for all random choices (default: a new one, printed)")
    group.addoption(
        "--connections", type=int, help="size of the churn: approximate number of clients (default 12)"
    )
    group.addoption(
        "--churn",
        type=float,
        metavar="X",
        help="rate at which clients come, go and send, as a factor (default 1)",
    )
    group.addoption("--churn-seconds", type=float, help="duration of the churn in seconds (default 10)")
    group.addoption(
        "--replay",
        metavar="PLAN",
        type=Path,
        help="perform the plan of an earlier run again, given as its plan.json or its folder",
    )
    group.addoption(
        "--repeats",
        metavar="N",
        type=int,
        default=0,
        help="if the churn plan fails, perform it N more times and report how often it fails (default 0)",
    )
    group.addoption(
        "--shrink",
        metavar="SECONDS",
        type=float,
        default=0.0,
        help="on a local stack, search this long for the smallest churn plan that still fails; saved as "
        "plan.shrunk.json in the run folder (default 0: no search)",
    )
    group.addoption(
        "--profile",
        choices=("core", "full"),
        default="full",
        help="core: only the clauses that need nothing but a URL",
    )
    group.addoption(
        "--baseline",
        metavar="RUN",
        type=Path,
        help="folder or results.json of an earlier run: only violations that are new fail this one",
    )
    group.addoption(
        "--waivers",
        metavar="FILE",
        type=Path,
        help="TOML file of [[waiver]] tables (clause, reason, owner, expires): waived violations are "
        "reported, but do not fail the run",
    )
    group.addoption("--table", metavar="NAME", help="connection table of a deployed backend")
    group.addoption("--region", help="AWS region of the table and the management API, or of the local stack")
    group.addoption(
        "--parameter",
        action="append",
        metavar="NAME=VALUE",
        default=[],
        help="value for a parameter of the SAM template; may be repeated",
    )
    group.addoption("--dynamodb-endpoint", metavar="URL", help="DynamoDB endpoint, if not that of AWS")
    group.addoption("--management-endpoint", metavar="URL", help="@connections endpoint, including the stage")


@pytest.hookimpl(tryfirst=True)  # before xdist starts its workers
def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "clause(id): the clause that a test judges")
    config.stash[_STARTED] = time.monotonic()
    if _spec(config):
        _ignore_warnings(config)
        config.option.reportchars = ""  # the verdict table tells it once, and better
        config.option.tx = []  # -n: one run is one process, however many clients it has


def _ignore_warnings(config: pytest.Config) -> None:
    """Unless -W asks for them: errors in this project's own tests, they say nothing of a user's backend."""
    if not config.option.pythonwarnings:
        config.addinivalue_line("filterwarnings", "ignore")  # while tests run
        warnings.simplefilter("ignore")  # at the end; pytest takes it back


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """With a target, `pytest conformance` judges it; the suite's own tests are another matter."""
    if _spec(config) and collection_path.name == "selftest":
        return True
    return None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    order = {name: place for place, name in enumerate(clauses())}
    judging = [item for item in items if _clause_of(item)]
    if not judging:
        return
    if not _spec(config) and not config.option.collectonly:
        raise pytest.UsageError(f"which backend? --target T, where T is {FORMS}")
    items.sort(key=lambda item: order.get(_clause_of(item) or "", -1))
    if config.getoption("profile") == "core":
        dropped = [item for item in judging if not clauses()[_clause_of(item) or ""].core]
        config.hook.pytest_deselected(items=dropped)
        items[:] = [item for item in items if item not in dropped]


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    names = [name for item in session.items if (name := _clause_of(item))]
    if not names or session.config.option.collectonly:
        return
    run = _prepared(session.config, names)
    session.config.stash[_RUN] = run
    try:
        with interruptible(_progress(session.config)):
            run.perform(workloads_for({clauses()[name].family for name in names}))
    except UsageError as error:
        raise pytest.UsageError(str(error)) from error
    if run.target is None:
        pytest.exit(f"nothing was judged: {run.failure or 'interrupted'}", _unjudged(run))


def _unjudged(run: JudgingRun) -> int:
    return int(pytest.ExitCode.INTERRUPTED if run.failure is None else Exit.HARNESS_ERROR)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    run = session.config.stash.get(_RUN, None)
    if run is None or run.target is None or exitstatus not in (0, 1, 5):
        return
    results, written = run.write()
    session.config.stash[_RESULTS] = results
    for problem in written.problems:
        _progress(session.config)(problem)
    session.exitstatus = (
        pytest.ExitCode.INTERRUPTED if run.cut_short and run.failure is None else EXIT_OF[results.verdict]
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    results = config.stash.get(_RESULTS, None)
    if results is None:
        return
    folder = config.stash[_RUN].folder
    terminalreporter.section("verdict")
    style = style_of(sys.stdout, os.environ)
    terminalreporter.write(verdict_table(results, page=str(folder / "report.html"), style=style))


@pytest.fixture
def judge(request: pytest.FixtureRequest) -> Callable[[], None]:
    """Judges the test's clause from the record of the run."""
    run = request.config.stash[_RUN]
    name = _clause_of(request.node)
    assert name is not None

    def judged() -> None:
        result = run.judge(name)
        if result.outcome is Outcome.FAIL:
            pytest.fail(clause_findings(result), pytrace=False)
        if result.outcome is Outcome.ERROR:
            pytest.fail(f"error: {result.reason}", pytrace=False)
        if result.outcome in (Outcome.WAIVED, Outcome.KNOWN):
            pytest.xfail(f"{result.outcome}: {result.reason}")
        if result.outcome in (Outcome.SKIP, Outcome.UNKNOWN):
            pytest.skip(f"{result.outcome}: {result.reason}")

    return judged


def _prepared(config: pytest.Config, names: Sequence[str]) -> JudgingRun:
    """Everything that can be wrong before something is started. Raises pytest.UsageError."""
    option = config.getoption
    try:
        scale, plan = _scale_and_plan(config)
        spec = load_target(
            _spec(config) or "",
            table=option("table"),
            region=option("region"),
            dynamodb_endpoint=option("dynamodb_endpoint"),
            management_endpoint=option("management_endpoint"),
            parameters=option("parameter"),
        )
        contract = read_target_file(option("contract")) if option("contract") else None
        accepted = _accepted(config)
        asked = Asked(option("repeats"), option("shrink"))
        asked.check(spec)
        folder = create_run_folder("conformance", option("run_dir"))
    except (UsageError, RunFolderError) as error:
        raise pytest.UsageError(str(error)) from error
    progress = _progress(config)
    if option("numprocesses", None):
        progress("-n is left out: one run is one process")
    progress(f"seed {scale.seed}, run folder {folder}")
    arguments = tuple(map(str, config.invocation_params.args))
    return JudgingRun(
        spec,
        scale,
        folder,
        arguments,
        progress,
        contract,
        plan,
        accepted=accepted,
        examination=asked,
        asked_about=names,
    )


def _accepted(config: pytest.Config) -> Accepted:
    waivers, baseline = config.getoption("waivers"), config.getoption("baseline")
    today = datetime.now(UTC).date()
    return Accepted(
        read_waivers(waivers, clauses(), today) if waivers else {},
        read_baseline(baseline) if baseline else None,
    )


def _scale_and_plan(config: pytest.Config) -> tuple[Scale, Plan]:
    """What to do: drawn anew, or as an earlier run did it. Raises UsageError."""
    scale, plan = _given_scale_and_plan(config)
    allow(
        plan.most_at_once + _OTHER_DESCRIPTORS,
        "raise it (ulimit -Hn), or lower --connections, --churn or --churn-seconds",
    )
    return scale, plan


def _given_scale_and_plan(config: pytest.Config) -> tuple[Scale, Plan]:
    given = {name: config.getoption(name) for name in _SCALE_OPTIONS}
    if (path := config.getoption("replay")) is not None:
        if also := [_SCALE_OPTIONS[name] for name, value in given.items() if value is not None]:
            raise UsageError(f"--replay performs a plan as it was saved: leave out {', '.join(also)}")
        plan = saved_plan(path)
        return Scale(plan.seed), plan
    default = Scale(secrets.randbelow(2**31))
    scale = Scale(
        seed=default.seed if given["seed"] is None else given["seed"],
        connections=default.connections if given["connections"] is None else given["connections"],
        churn_s=default.churn_s if given["churn_seconds"] is None else given["churn_seconds"],
        churn=default.churn if given["churn"] is None else given["churn"],
    )
    return scale, plan_of(scale)


def _progress(config: pytest.Config) -> Callable[[str], None]:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    capture = config.pluginmanager.get_plugin("capturemanager")

    def tell(line: str) -> None:
        if reporter is None or reporter.verbosity < 0:
            return
        since_s = time.monotonic() - config.stash[_STARTED]
        with capture.global_and_fixture_disabled() if capture else nullcontext():
            reporter.write_line(f"{since_s:6.1f} s  {line}")

    return tell


def _spec(config: pytest.Config) -> str | None:
    given: str | None = config.getoption("target") or os.environ.get("CHURNPROOF_TARGET")
    return given


def _clause_of(item: pytest.Item) -> str | None:
    marker = item.get_closest_marker("clause")
    return marker.args[0] if marker else None
