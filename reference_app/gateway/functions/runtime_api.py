"""The Lambda Runtime API (2018-06-01) of one execution environment: RA-1 to RA-16.

One environment has one port: the runtime clients take a host and a port, and some calls of theirs do not
keep a path that follows it.
"""

from __future__ import annotations

import asyncio
import enum
import json
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Protocol

from reference_app.gateway.http_server import LOOPBACK, HttpServer, Request, Response, Stream

_BASE = "/2018-06-01/runtime"
_JSON = {"Content-Type": "application/json"}
_ACCEPTED = Response(202, b'{"status":"OK"}\n', _JSON)
_LONGEST_PAYLOAD = 6 * 1024 * 1024 + 100


@dataclass(frozen=True)
class Invocation:
    """One event on its way through a function."""

    request_id: str
    """UUID (RA-10, EV-56)."""
    event: bytes
    deadline_ms: int
    """Epoch milliseconds (RA-11)."""
    function_arn: str
    trace_id: str
    """`Root=1-…;Parent=…;Sampled=…` (RA-13)."""


class RuntimeObserver(Protocol):
    """Whoever runs the environment is told what its runtime does."""

    def asked_for_next(self) -> None:
        """The runtime waits for an event: its init, or the event before, is over (RA-30)."""

    def responded(self, payload: bytes) -> None:
        """The handler returned; `payload` is its result as it was posted."""

    def failed(self, error_type: str, message: str) -> None:
        """The handler raised."""

    def failed_to_initialise(self, error_type: str, message: str) -> None:
        """The runtime could not load the function (RA-24)."""


class _Phase(enum.Enum):
    INITIALISING = enum.auto()
    WAITING = enum.auto()
    INVOKED = enum.auto()
    ANSWERED = enum.auto()


class RuntimeApi:
    """Serves one runtime; `deliver` answers its request for the next event."""

    def __init__(self, observer: RuntimeObserver) -> None:
        self._observer = observer
        self._server = HttpServer(self._answer, longest_body=2 * _LONGEST_PAYLOAD)
        self._phase = _Phase.INITIALISING
        self._request_id: str | None = None
        self._next: asyncio.Future[Response | Stream] | None = None

    async def start(self) -> str:
        """Listen; returns the value for `AWS_LAMBDA_RUNTIME_API`."""
        return f"{LOOPBACK}:{await self._server.start()}"

    async def stop(self) -> None:
        """Close the port."""
        await self._server.stop()

    def deliver(self, invocation: Invocation) -> None:
        """Hand an event to the runtime, which has to be waiting for one."""
        if self._next is None or self._phase is not _Phase.WAITING:
            raise RuntimeError(f"the runtime does not wait for an event, it is {self._phase.name}")
        self._phase = _Phase.INVOKED
        self._request_id = invocation.request_id
        self._next.set_result(_event(invocation))
        self._next = None

    def _answer(self, request: Request) -> Response | Awaitable[Response | Stream]:
        if request.method == "GET" and request.target == f"{_BASE}/invocation/next":
            return self._answer_next()
        if request.method == "POST" and request.target == f"{_BASE}/init/error":
            return self._accept_init_error(request)
        if request.method == "POST" and request.target.startswith(f"{_BASE}/invocation/"):
            request_id, _, verb = request.target.removeprefix(f"{_BASE}/invocation/").partition("/")
            if verb in {"response", "error"}:
                return self._accept_outcome(request_id, verb, request)
        return _refusal(404, "ResourceNotFound", f"no such call: {request.method} {request.target}")

    def _answer_next(self) -> Response | Awaitable[Response | Stream]:
        if self._phase is _Phase.INVOKED:
            return _refusal(403, "InvalidStateTransition", "the invocation has no response yet")
        self._phase = _Phase.WAITING
        self._request_id = None
        self._next = asyncio.get_running_loop().create_future()
        self._observer.asked_for_next()
        return self._next

    def _accept_outcome(self, request_id: str, verb: str, request: Request) -> Response:
        if self._phase in {_Phase.INITIALISING, _Phase.WAITING}:
            return _refusal(403, "InvalidStateTransition", "there is no invocation")
        if self._phase is not _Phase.INVOKED or request_id != self._request_id:
            return _refusal(400, "InvalidRequestID", "Invalid request ID")
        self._phase = _Phase.ANSWERED
        if verb == "error":
            self._observer.failed(*_error(request, "Unhandled"))
        elif len(request.body) > _LONGEST_PAYLOAD:
            message = (
                f"Response payload size exceeded maximum allowed payload size ({_LONGEST_PAYLOAD} bytes)."
            )
            self._observer.failed("Function.ResponseSizeTooLarge", message)
            return _refusal(413, "RequestEntityTooLarge", message)
        else:
            self._observer.responded(request.body)
        return _ACCEPTED

    def _accept_init_error(self, request: Request) -> Response:
        if self._phase is not _Phase.INITIALISING:
            return _refusal(403, "InvalidStateTransition", "init is over")
        self._observer.failed_to_initialise(*_error(request, "Runtime.Unknown"))
        return _ACCEPTED


def _event(invocation: Invocation) -> Response:
    headers = {
        **_JSON,
        "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
        "Lambda-Runtime-Deadline-Ms": str(invocation.deadline_ms),
        "Lambda-Runtime-Invoked-Function-Arn": invocation.function_arn,
        "Lambda-Runtime-Trace-Id": invocation.trace_id,
    }
    return Response(200, invocation.event, headers)


def _error(request: Request, default_type: str) -> tuple[str, str]:
    """Type and message of a posted error: from the header if it is there, else from the body (RA-23)."""
    try:
        body = json.loads(request.body)
    except ValueError:
        body = None
    body = body if isinstance(body, dict) else {}
    named = request.headers.get("lambda-runtime-function-error-type")
    return str(named or body.get("errorType") or default_type), str(body.get("errorMessage") or "")


def _refusal(status: int, error_type: str, message: str) -> Response:
    return Response(status, json.dumps({"errorMessage": message, "errorType": error_type}).encode(), _JSON)
