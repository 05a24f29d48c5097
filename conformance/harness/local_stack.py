"""Runs an application on the local stack, as a process of its own, for as long as a run lasts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from reports.results import Exit

from .deadline import Deadline, wait_for
from .errors import ChurnproofError, HarnessError, UsageError
from .target import LocalApplication, Target, target_from_file

COMMAND = (sys.executable, "-m", "reference_app")
START_S = 60.0
STOP_S = 10.0
_LOG_LINES = 8
_CONTROLS = ("--control-port", "0")

# The stack ends with the process that started it, however that one ends (prctl(2): PR_SET_PDEATHSIG is
# kept by execve; it is the end of the starting *thread* that counts, which here is the main one).
_TIED = "import ctypes, os, sys; ctypes.CDLL(None).prctl(1, 15); os.execv(sys.argv[1], sys.argv[1:])"


def _quiet(_text: str) -> None:
    """Progress that nobody wants to see."""


@contextmanager
def open_target(
    spec: Target | LocalApplication,
    folder: Path,
    progress: Callable[[str], None] = _quiet,
    command: Sequence[str] = COMMAND,
    *,
    controls: bool = False,
) -> Iterator[Target]:
    """The target itself, or the application's on a local stack that runs inside the `with` block.

    With `controls` the stack has a control endpoint, and the target its URL. The stack's output goes to
    `stack.log` in `folder`. Raises UsageError with the stack's own sentence (a wrong template), and
    HarnessError if it does not come up or does not live to the end.
    """
    if isinstance(spec, Target):
        yield spec
        return
    progress("starting the local stack")
    with (folder / "stack.log").open("ab") as log:
        process = _start(spec, folder, [*command, *(_CONTROLS if controls else ())], log.fileno())
        try:
            target = replace(_ready(process, folder), name=spec.name)
            try:
                yield target
            except ChurnproofError as error:
                if process.poll() is None:
                    raise
                raise _died(process, folder, "in the middle of the run") from error
            if process.poll() is not None:
                raise _died(process, folder, "in the middle of the run")
        finally:
            _stop(process)


def _start(
    application: LocalApplication, folder: Path, command: Sequence[str], log: int
) -> subprocess.Popen[bytes]:
    ready = _ready_file(folder)
    ready.unlink(missing_ok=True)
    template = [str(application.template.resolve())] if application.template else []
    parameters = [word for value in application.parameters for word in ("--parameter", value)]
    region = [] if application.region is None else ["--region", application.region]
    arguments = [*command, *template, *parameters, *region, "--ready-file", str(ready)]
    if sys.platform == "linux":
        arguments = [sys.executable, "-I", "-S", "-c", _TIED, *arguments]
    # A session of its own: Ctrl-C on the terminal must reach us only, since we still need the stack.
    return subprocess.Popen(
        arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
    )


def _ready(process: subprocess.Popen[bytes], folder: Path) -> Target:
    ready = _ready_file(folder)
    wait_for(lambda: ready.exists() or process.poll() is not None, Deadline(START_S))
    if process.poll() is not None:
        raise _died(process, folder, "before it was ready")
    if not ready.exists():
        raise HarnessError(f"the local stack was not ready within {START_S:g} s; see {folder / 'stack.log'}")
    return target_from_file(ready)


def _died(process: subprocess.Popen[bytes], folder: Path, when: str) -> ChurnproofError:
    log = folder / "stack.log"
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    if process.returncode == Exit.USAGE and lines:
        return UsageError(lines[-1].removeprefix("reference_app: "))
    if lines and lines[-1].startswith("ModuleNotFoundError"):
        return UsageError(
            f"the local stack needs the extra `local` (pip install 'churnproof[local]'): {lines[-1]}"
        )
    said = "\n".join(lines[-_LOG_LINES:])
    return HarnessError(
        f"the local stack ended {when} (exit code {process.returncode}); the end of {log}:\n{said}"
    )


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _ready_file(folder: Path) -> Path:
    return (folder / "target.toml").resolve()
