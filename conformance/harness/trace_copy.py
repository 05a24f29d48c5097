"""Copies the stack's trace into the run folder while the run goes on."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from reports.append_only import HistoryWriteError
from reports.trace_file import TraceWriter

from .deadline import Deadline, wait_for
from .errors import HarnessError

_LAST_S = 10.0
_CHUNK = 1 << 16


class TraceCopy:
    """A thread that follows the trace; what it keeps is whole, or `stop` says why it is not."""

    def __init__(
        self, connection: http.client.HTTPConnection, after: int, folder: Path, secrets: Sequence[str]
    ) -> None:
        """Begin behind entry `after`. Raises HarnessError."""
        try:
            connection.connect()
            connection.sock.settimeout(None)  # an idle backend says nothing for long
            connection.request("GET", f"/v1/trace?after={after}&follow=true")
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise HarnessError(f"the trace cannot be followed: {error}") from error
        self._connection = connection
        self._socket = connection.sock
        self._writer = TraceWriter(folder, secrets)
        self._last = after
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._copy, name="trace", daemon=True)
        self._thread.start()

    def stop(self, position: Callable[[], int]) -> None:
        """Take what there is up to the newest entry, and end. Raises HarnessError if that is not all."""
        try:
            last = position()
            wait_for(lambda: self._last >= last or not self._thread.is_alive(), Deadline(_LAST_S))
        finally:
            self._hang_up()
            self._thread.join()
            self._connection.close()
            self._writer.close()
        if self._last < last:
            raise HarnessError(f"the trace ends at entry {self._last} of {last}: {self._failure}")

    def _hang_up(self) -> None:
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError as error:  # the stack was faster
            self._failure = self._failure or error

    def _copy(self) -> None:
        rest = b""
        try:
            # The answer begins with the first entry: nobody but this thread should wait for it.
            with self._connection.getresponse() as response:
                while chunk := response.read1(_CHUNK):
                    *lines, rest = (rest + chunk).split(b"\n")
                    for line in lines:
                        self._take(line)
        except (OSError, http.client.HTTPException, HistoryWriteError, ValueError) as error:
            self._failure = self._failure or error

    def _take(self, line: bytes) -> None:
        document = json.loads(line)
        self._writer.append(line + b"\n")
        self._last = document.get("seq", document.get("last", self._last))
