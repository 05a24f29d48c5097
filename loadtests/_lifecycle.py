"""Where Locust's events meet a load test. Importing this module hooks it into the Locust process."""

from __future__ import annotations

import atexit
import logging
import secrets
import signal
import sys
from pathlib import Path
from typing import Any, NoReturn
from weakref import WeakKeyDictionary

import gevent
from gevent.hub import get_hub
from locust import LoadTestShape, events
from locust.env import Environment
from locust.exception import StopTest
from locust.runners import MasterRunner, Runner, WorkerRunner

from conformance.harness.descriptors import allow
from conformance.harness.errors import ChurnproofError, TargetFailure
from reports.gates import GatesFileError
from reports.history_reader import HistoryError
from reports.history_writer import HistoryWriteError
from reports.results import Exit
from reports.run_folder import RunFolderError

from ._alone import Alone
from ._control import Control
from ._live_tab import add_tab
from ._load_run import LoadRun
from ._locust_statistics import deliveries_of, forget_old
from ._master import Master
from ._options import add_options, load_options
from ._orphans import end_with_parent
from ._role import Role
from ._scenarios import Extent, curve_of
from ._shape import CapacityShape, CurveShape
from ._typed_locust import listen, options_of
from ._worker import Worker

_log = logging.getLogger("churnproof")

_PROGRESS_S = 5.0
_READY_S = 5.0
_OWN_DESCRIPTORS = 64
"""Of a process beside its users' connections: files, Locust's own sockets, gevent."""

_roles: WeakKeyDictionary[Environment, Role] = WeakKeyDictionary()


def run_of(environment: Environment) -> LoadRun:
    """The run that users of this environment take part in. Raises StopTest when none could begin."""
    role = _roles.get(environment)
    if role is None or role.run is None:
        raise StopTest("the run could not begin")
    role.run.ready.wait(_READY_S)  # without it only live figures are wrong
    return role.run


def _declare_options(parser: Any, **_: object) -> None:  # noqa: ANN401 - Locust's parser class is not public
    add_options(parser)


def _prepare(environment: Environment, runner: Runner, **_: object) -> None:
    gevent.signal_handler(signal.SIGINT, _interrupt)
    role = Worker(environment, runner) if isinstance(runner, WorkerRunner) else _decider(environment, runner)
    _roles[environment] = role
    hooks = environment.events
    listen(hooks.test_start, lambda **_: _begin(environment, role))
    listen(hooks.test_stopping, lambda **_: role.end())
    if not options_of(environment).headless:
        listen(hooks.test_stop, lambda **_: _conclude(environment, role, final=False))
    # Added now, and so behind the runners' own listeners. Locust asks in reverse: a worker has told how
    # it ended before it takes its leave of the master.
    listen(hooks.quitting, lambda **_: _conclude(environment, role, final=True))


def _decider(environment: Environment, runner: Runner) -> Role:
    """The role of a process that decides. Ends the command where its options or the target are wrong."""
    options = options_of(environment)
    if options.seed is None:
        options.seed = secrets.randbelow(2**31)  # where workers find it too
    if options.contract:
        options.contract = str(Path(options.contract).resolve())  # wherever a worker was started
    control: Control | None = None
    try:
        control = Control(environment, load_options(options))
        atexit.register(control.close)  # Locust has exits that nobody is told of
        _check_descriptors(environment, options.num_users or 0)
        control.open()
    except (ChurnproofError, RunFolderError, GatesFileError, HistoryWriteError, TargetFailure) as error:
        _give_up(control, str(error), _exit_of(error))
    except KeyboardInterrupt:
        _give_up(control, "interrupted before the load began", Exit.INCONCLUSIVE)
    except Exception as error:  # noqa: BLE001 - whatever it is
        # An error of ours: Python's own exit code for it would say that the target violates something.
        _log.exception("the load test could not begin")
        _give_up(control, f"the load test could not begin: {error!r}", Exit.HARNESS_ERROR)
    environment.host = environment.host or control.target.describe()["url"]
    listen(environment.events.quit, lambda **_: _tell(control))
    role: Role
    if isinstance(runner, MasterRunner):
        role = Master(environment, runner, control)
    else:
        role = Alone(environment, control)
    environment.shape_class = _shape(environment, control, role)
    if environment.web_ui is not None:
        add_tab(
            environment.web_ui,
            lambda: role.standing,
            lambda: deliveries_of(environment.stats),
            lambda: control.judged,
        )
    gevent.spawn(_tell_progress, environment, role)
    return role


def _tell(control: Control) -> None:
    """The last that Locust asks us for before it closes its files."""
    control.tell()
    # What is due runs now: Locust's writer of CSV files, kept waiting by the judging, would otherwise
    # run while Python ends, and fail with a traceback at a file that is closed.
    gevent.sleep()


def _shape(environment: Environment, control: Control, role: Role) -> LoadTestShape | None:
    """What makes the scenario; None where Locust's own way will do."""
    options = options_of(environment)
    extent = Extent(options.num_users or 1, options.spawn_rate, options.run_time)
    if control.options.scenario == "capacity":
        deliver_s = control.target.bounds.deliver_s
        shape = CapacityShape(environment, extent, lambda: role.standing, control.options.stage_s, deliver_s)
        control.search = lambda: shape.so_far
        return shape
    curve = curve_of(control.options.scenario, extent)
    return None if curve is None else CurveShape(curve)


def _begin(environment: Environment, role: Role) -> None:
    runner = environment.runner
    try:
        if runner is not None and not isinstance(runner, WorkerRunner):
            _check_descriptors(environment, runner.target_user_count)
        role.begin()
    except (ChurnproofError, RunFolderError, HistoryWriteError) as error:
        environment.process_exit_code = int(_exit_of(error))
        _log.error("%s", error)


def _conclude(environment: Environment, role: Role, *, final: bool) -> None:
    role.end()
    try:
        code = role.conclude(final=final)
    except (HistoryError, OSError) as error:
        sys.stderr.write(f"churnproof: the run could not be judged: {error}\n")
        code = Exit.HARNESS_ERROR
    if code is not None:
        environment.process_exit_code = int(code)


def _exit_of(error: Exception) -> Exit:
    match error:
        case ChurnproofError():
            return error.exit_code
        case HistoryWriteError():
            return Exit.HARNESS_ERROR
    return Exit.USAGE


def _check_descriptors(environment: Environment, users: int) -> None:
    options = options_of(environment)
    processes = max(options.processes or 1, options.expect_workers if options.master else 1)
    most = -(-users // max(1, processes))
    allow(
        most + _OWN_DESCRIPTORS,
        "raise it (ulimit -Hn), lower --users, or share the users among more --processes",
    )


def _tell_progress(environment: Environment, role: Role) -> None:
    while True:
        gevent.sleep(_PROGRESS_S)
        forget_old(environment.stats)
        standing = role.standing
        if standing.connections:
            _log.info("%s", standing)


def _interrupt() -> None:
    """Ctrl-C reaches the main greenlet only: anywhere else it could end the receiving loop unseen."""
    get_hub().handle_system_error(KeyboardInterrupt, KeyboardInterrupt())


def _give_up(control: Control | None, sentence: str, code: Exit) -> NoReturn:
    if control is not None:
        control.close()
    sys.stderr.write(f"churnproof: {sentence}\n")
    raise SystemExit(int(code))


gevent.config.track_greenlet_tree = False  # for debuggers; a user that rests would keep twice the memory
listen(events.init_command_line_parser, _declare_options)
listen(events.init, _prepare)
end_with_parent()
