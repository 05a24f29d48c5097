"""The control endpoint of a local stack: makes things go wrong, tells what the backend did, moves the clock.

Version 1 of docs/control-endpoint.md, over loopback HTTP.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from reports.trace import Trace, TraceError, trace_of

from .errors import HarnessError, UsageError
from .fault_rules import FaultRule
from .recorder import Recorder
from .trace_copy import TraceCopy

VERSION = 1
_TIMEOUT_S = 30.0
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Control:
    """One stack's controls. Every method raises HarnessError when the endpoint does not do as it is told."""

    def __init__(self, url: str, recorder: Recorder) -> None:
        """Raises UsageError for a URL that is not on this machine: two clocks are never compared."""
        self.url = url
        self._recorder = recorder
        parts = urlsplit(url)
        if parts.scheme != "http" or parts.hostname not in _LOOPBACK or parts.port is None:
            raise UsageError(f"[control] url {url!r} must be http://127.0.0.1:PORT, on this machine")
        self._host, self._port = parts.hostname, parts.port

    def check(self) -> None:
        """Raise UsageError unless a control endpoint of this version answers."""
        try:
            found = self._call("GET", "/v1").get("version")
        except HarnessError as error:
            raise UsageError(
                f"[control] url {self.url}: no control endpoint answers there: {error}"
            ) from error
        if found != VERSION:
            raise UsageError(f"[control] url {self.url}: version {found}; this churnproof speaks {VERSION}")

    @contextmanager
    def faults(self, name: str, *rules: FaultRule) -> Iterator[list[str]]:
        """The rules are in force inside the block, under the ids given, and removed whatever happens in it.

        Recorded under `name`, with how often each was met: clauses select by it.
        """
        with ExitStack() as stack:
            yield [stack.enter_context(self._fault(name, rule)) for rule in rules]

    def injected(self, rule_id: str) -> int:
        """How many calls have met the rule's fault so far."""
        return int(self._call("GET", f"/v1/faults/{rule_id}")["injected"])

    def clear(self) -> None:
        """Remove every rule, whoever added it."""
        self._call("DELETE", "/v1/faults")

    def advance(self, seconds: float) -> int:
        """Move the stack's clock forward; returns how many rows have expired by it."""
        return int(self._call("POST", "/v1/clock", json.dumps({"advance_s": seconds}))["expired_rows"])

    def position(self) -> int:
        """Number of the trace's newest entry."""
        return int(self._call("GET", "/v1")["trace"]["last"])

    def since(self, position: int, *kinds: str) -> Trace:
        """What the trace has had since then, of these kinds (all: none named)."""
        only = f"&kind={','.join(kinds)}" if kinds else ""
        try:
            lines = self._request("GET", f"/v1/trace?after={position}{only}").splitlines()
            return trace_of(json.loads(line) for line in lines)
        except (TraceError, ValueError) as error:
            raise HarnessError(f"the trace at {self.url} cannot be read: {error}") from error

    @contextmanager
    def copied(self, folder: Path, secrets: Sequence[str]) -> Iterator[None]:
        """Inside the block the trace is kept in the run folder, as it comes, from now on."""
        copy = TraceCopy(self._connection(), self.position(), folder, secrets)
        try:
            yield
        finally:
            copy.stop(self.position)

    @contextmanager
    def _fault(self, name: str, rule: FaultRule) -> Iterator[str]:
        text = rule.to_json()
        rule_id = str(self._call("POST", "/v1/faults", text)["id"])
        self._recorder.fault_began(rule_id, name, text)
        try:
            yield rule_id
        finally:
            state = self._call("DELETE", f"/v1/faults/{rule_id}")
            self._recorder.fault_ended(rule_id, int(state["seen"]), int(state["injected"]))

    def _call(self, method: str, path: str, body: str | None = None) -> dict[str, Any]:
        answer = json.loads(self._request(method, path, body))
        if not isinstance(answer, dict):
            raise HarnessError(f"{method} {self.url}{path}: the answer is not a JSON object")
        return answer

    def _request(self, method: str, path: str, body: str | None = None) -> str:
        connection = self._connection()
        headers = {} if body is None else {"Content-Type": "application/json"}
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            text = response.read().decode()
        except (OSError, http.client.HTTPException) as error:
            raise HarnessError(f"{method} {self.url}{path}: {error}") from error
        finally:
            connection.close()
        if response.status >= http.client.BAD_REQUEST:
            raise HarnessError(f"{method} {self.url}{path}: HTTP {response.status}: {text.strip()}")
        return text

    def _connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self._host, self._port, timeout=_TIMEOUT_S)


@contextmanager
def controlling(url: str, folder: Path, recorder: Recorder, secrets: Sequence[str] = ()) -> Iterator[Control]:
    """The controls for one run: no rule is in force at its begin and at its end, and its trace is kept.

    Raises UsageError when nothing answers at `url`.
    """
    control = Control(url, recorder)
    control.check()
    control.clear()
    with control.copied(folder, secrets):
        try:
            yield control
        finally:
            control.clear()
