"""A control endpoint without a stack, for the tests of who uses one."""

from __future__ import annotations

import json
import select
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

_FOLLOW_S = 0.02
"""Between two looks for what is new, or for a client that has hung up."""


@dataclass
class StandInControl:
    """What the endpoint was told, and what it answers."""

    url: str = ""
    version: int = 1
    rules: dict[str, dict[str, Any]] = field(default_factory=dict)
    """In force, by id."""
    cleared: int = 0
    lines: list[dict[str, Any]] = field(default_factory=list)
    """Of the trace."""
    forgets_the_end: bool = False
    """The trace breaks off before its last line."""
    advanced_s: list[float] = field(default_factory=list)
    advancing: Callable[[], None] = lambda: None
    """Called when the clock is about to be moved."""

    def traced(self, kind: str, **members: object) -> None:
        number = len(self.lines) + 1
        times = {"started_ns": number, "ended_ns": number + 1, "epoch_ms": 0}
        self.lines.append({"seq": number, "kind": kind, **times, **members})

    def ran(self, route: str, connection_id: str) -> None:
        """Trace the invocation of a route's function, which bears the route's name."""
        self.traced(
            "invocation",
            function=route.strip("$").title(),
            route=route,
            connection_id=connection_id,
            request_id="r",
            outcome="returned",
        )


@contextmanager
def stand_in_control() -> Iterator[StandInControl]:
    """Serves on loopback inside the block."""
    control = StandInControl()
    handler = type("Handler", (_Handler,), {"control": control})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        control.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield control
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    control: ClassVar[StandInControl]

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        if path == "/v1":
            self._answer({"version": self.control.version, "trace": {"last": len(self.control.lines)}})
        elif path == "/v1/trace":
            self._trace(query)
        else:
            self._rule(path.rpartition("/")[2])

    def do_POST(self) -> None:
        document = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/v1/clock":
            self.control.advancing()
            self.control.advanced_s.append(document["advance_s"])
            self._answer({"expired_rows": 2})
        elif document["fault"].get("status") == 403:
            self._answer({"error": "fault.status: not today"}, 400)
        else:
            rule_id = f"fault-{len(self.control.rules) + 1}"
            self.control.rules[rule_id] = {"id": rule_id, "seen": 5, "injected": 3, **document}
            self._rule(rule_id)

    def do_DELETE(self) -> None:
        if self.path == "/v1/faults":
            self.control.cleared += 1
            self._answer({"removed": []})
        else:
            self._answer(self.control.rules.pop(self.path.rpartition("/")[2]))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Requests are no news."""

    def _rule(self, rule_id: str) -> None:
        self._answer(self.control.rules[rule_id])

    def _trace(self, query: str) -> None:
        given = dict(part.split("=") for part in query.split("&"))
        after = int(given["after"])
        self.send_response(200)
        self.end_headers()
        told = self._tell(after, given.get("kind", ""))
        while "follow" in given and not select.select([self.connection], [], [], _FOLLOW_S)[0]:
            told = self._tell(told, given.get("kind", ""))

    def _tell(self, after: int, kinds: str) -> int:
        """Send the lines behind that entry, of these kinds; returns the number of the last one."""
        end = len(self.control.lines) - self.control.forgets_the_end
        lines = [
            line for line in self.control.lines[after:end] if not kinds or line["kind"] in kinds.split(",")
        ]
        self.wfile.write("".join(json.dumps(line) + "\n" for line in lines).encode())
        return max(after, end)

    def _answer(self, document: object, status: int = 200) -> None:
        text = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
