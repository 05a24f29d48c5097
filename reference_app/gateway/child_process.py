"""Child processes of the stack: started, frozen, thawed and killed as a group, watched to their end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from reference_app.gateway import group_death, parent_death


class ChildProcess:
    """One process in a session and process group of its own, so that Ctrl-C does not hit it.

    It and its group die with this process, whatever ends this process.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        folder: Path | None = None,
        output: int | None = subprocess.DEVNULL,
        pass_fds: Sequence[int] = (),
        on_exit: Callable[[int], None] | None = None,
    ) -> None:
        """Start it from the event loop's thread. `output` is a descriptor for stdout and stderr, None
        for ours; `pass_fds` are the descriptors that it inherits beside it.

        `on_exit` is called in the loop with the return code (negative: minus the signal).
        """
        self._loop = asyncio.get_running_loop()
        self._on_exit = on_exit
        self._exited: asyncio.Future[int] = self._loop.create_future()
        # -I -S: the launcher sees neither the function's PYTHONPATH nor site-packages, and starts in 15 ms.
        launcher = [sys.executable, "-I", "-S", str(Path(parent_death.__file__)), str(os.getpid())]
        self._process = subprocess.Popen(
            [*launcher, *command],
            env=dict(environment),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=pass_fds,
            start_new_session=True,
        )
        group_death.add(self._process.pid)
        self._watch = os.pidfd_open(self._process.pid)
        self._loop.add_reader(self._watch, self._reap)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return not self._exited.done()

    def freeze(self) -> None:
        """Stop the whole group where it stands (RC-20)."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it at once, frozen or not."""
        self._signal(signal.SIGKILL)

    async def exited(self) -> int:
        """Wait for its end; returns the return code."""
        return await asyncio.shield(self._exited)

    async def stop(self) -> None:
        """Kill it and wait until it is gone."""
        self.kill()
        await self.exited()

    def _signal(self, number: signal.Signals) -> None:
        # Until it is reaped, its id and group cannot be anybody else's.
        if self.alive:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    def _reap(self) -> None:
        self._loop.remove_reader(self._watch)
        os.close(self._watch)
        self.kill()  # what it left behind in its group
        code = self._process.wait()
        group_death.remove(self._process.pid)
        self._exited.set_result(code)
        if self._on_exit is not None:
            self._on_exit(code)
