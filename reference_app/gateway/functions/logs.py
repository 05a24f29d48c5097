"""What functions print, on the terminal of the stack: a line each, with the function's name.

The terminal may be a pipe that nobody reads; then lines are lost, and counted, but nothing waits.
"""

from __future__ import annotations

import asyncio
import math
import queue
import threading
from typing import IO, TYPE_CHECKING

from reference_app.gateway.functions.invocation import Failed, Returned

if TYPE_CHECKING:
    from collections.abc import Callable

_LONGEST_LINE = 256 * 1024  # what CloudWatch Logs takes as one event
_LONGEST_TAIL = 4096  # LI-8


class LogWriter:
    """Writes lines in a thread of its own, so that a slow reader of the terminal delays nobody."""

    def __init__(self, stream: IO[str], capacity: int = 10_000) -> None:
        self._stream = stream
        self._lines: queue.Queue[str | None] = queue.Queue(capacity)
        self._lost = 0
        # A daemon: a reader that never reads must not keep the stack from ending.
        self._thread = threading.Thread(target=self._write_all, name="function-logs", daemon=True)
        self._thread.start()

    def write(self, line: str) -> None:
        """Queue one line; if too many are waiting, it is lost."""
        try:
            self._lines.put_nowait(line)
        except queue.Full:
            self._lost += 1

    def close(self, within_s: float = 1.0) -> None:
        """Write what is queued, if that can be done in this time."""
        try:
            self._lines.put(None, timeout=within_s)
        except queue.Full:
            return
        self._thread.join(within_s)

    def _write_all(self) -> None:
        while (line := self._lines.get()) is not None:
            lost, self._lost = self._lost, 0
            note = f"… {lost} lines were lost: the reader is too slow\n" if lost else ""
            try:
                self._stream.write(f"{note}{line}\n")
                self._stream.flush()
            except (OSError, ValueError):
                return  # the terminal is gone, and with it whoever could be told


class FunctionLog:
    """The log of one execution environment's function; None as writer keeps it quiet."""

    def __init__(
        self, writer: LogWriter | None, function: str, watch: Callable[[str], None] | None = None
    ) -> None:
        """`watch` is called with the function's name for each line that it prints."""
        self._writer = writer
        self._function = function
        self._watch = watch
        self._tail = b""
        self.request_id = ""
        """The invocation that printed lines are said to come from."""

    @property
    def quiet(self) -> bool:
        return self._writer is None and self._watch is None

    def begin(self, request_id: str) -> None:
        """An invocation starts: lines are said to come from it from now on."""
        self.request_id = request_id
        self._keep(f"START RequestId: {request_id} Version: $LATEST")

    def printed(self, text: str) -> None:
        """Pass on what the function printed; further lines of one message are indented."""
        if self._watch is not None:
            self._watch(self._function)
        self._keep(text)
        # awslambdaric separates the lines of an error with carriage returns: one CloudWatch event.
        first, *further = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        self._write("\n".join([first, *(f"    {line}" for line in further if line)]))

    def report(self, duration_s: float, outcome: Returned | Failed) -> None:
        """Say how long the current invocation took, and how it failed if it did."""
        if self._writer is None:
            return  # nobody reads it, and it would be put together for every invocation
        status = f"  Status: {outcome.reason} ({outcome.error_type})" if isinstance(outcome, Failed) else ""
        self._write(f"REPORT RequestId: {self.request_id}  Duration: {duration_s * 1000:.2f} ms{status}")

    def take_tail(self, duration_s: float, outcome: Returned | Failed) -> bytes:
        """The end of what CloudWatch Logs would have since the invocation before: at most 4 KB (LI-8).

        As there, what was printed during init, or after the invocation before, comes first.
        """
        self._keep(f"END RequestId: {self.request_id}")
        self._keep(
            f"REPORT RequestId: {self.request_id}\tDuration: {duration_s * 1000:.2f} ms\t"
            f"Billed Duration: {math.ceil(duration_s * 1000)} ms\t{_status(outcome)}"
        )
        tail, self._tail = self._tail, b""
        return tail

    def _keep(self, text: str) -> None:
        self._tail = (self._tail + f"{text}\n".encode())[-_LONGEST_TAIL:]

    def note(self, text: str) -> None:
        """Say something about the environment itself."""
        self._write(text)

    def _write(self, text: str) -> None:
        if self._writer is not None:
            mark = f" {self.request_id[:8]}" if self.request_id else ""
            self._writer.write(f"[{self._function}{mark}] {text}")


def _status(outcome: Returned | Failed) -> str:
    """What REPORT says of an invocation that the handler did not end itself."""
    match outcome:
        case Failed("function-timeout"):
            return "Status: timeout"
        case Failed("exited", error_type):
            return f"Status: error\tError Type: {error_type}"
        case _:
            return ""


class PrintedLines(asyncio.Protocol):
    """Cuts the output of a process into lines for its log."""

    def __init__(self, log: FunctionLog) -> None:
        self._log = log
        self._rest = b""

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._log.printed(line.decode("utf-8", "replace"))
        if len(self._rest) > _LONGEST_LINE:
            self._flush()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._flush()

    def _flush(self) -> None:
        if self._rest:
            self._log.printed(self._rest.decode("utf-8", "replace"))
            self._rest = b""
