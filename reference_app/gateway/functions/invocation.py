"""The seam between Lambda and whoever invokes functions: one event in, one outcome out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Protocol


@dataclass(frozen=True)
class Returned:
    """The handler returned; `payload` is its result as the runtime serialised it (JSON bytes)."""

    payload: bytes
    log: bytes = field(default=b"", compare=False)
    """The end of what CloudWatch Logs would have of it (LI-8)."""


@dataclass(frozen=True)
class Failed:
    """The invocation ended without a result."""

    reason: Literal["unhandled", "function-timeout", "init", "exited", "throttled"]
    error_type: str
    message: str
    log: bytes = field(default=b"", compare=False)
    """As that of Returned; empty for what has not run."""


@dataclass(frozen=True, slots=True)
class InvocationFacts:
    """One invocation, and what it goes back to."""

    function: str
    """Logical id."""
    route: str
    """The route that API Gateway invokes it for; empty for every other invocation."""
    connection_id: str
    """The connection that it is for, also when the function of a route invokes another; empty for none."""
    request_id: str
    cause: str = ""
    """Who invokes it, where that is not API Gateway: `Event of SendMessage`, `stream of T`, `queue Q`."""


class Invoker(Protocol):
    """Synchronous invocation (`InvocationType: RequestResponse`)."""

    async def invoke(
        self, function: str, event: bytes, facts: InvocationFacts | None = None
    ) -> Returned | Failed:
        """Run one event through the function with this logical id and wait for its outcome.

        `facts` are what invocations that it starts in its turn go back to. Never raises for a fault of the
        function. The caller applies the integration timeout (LM-7) by cancelling; the invocation itself then
        runs on to its end, as in Lambda (Q-26).
        """
