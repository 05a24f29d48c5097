"""What may come between the gateway and what it does: an observer that can also make it misbehave.

The gateway asks at four points, and only where somebody interferes; otherwise it costs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias, TypeVar

from reference_app.gateway.functions.invocation import Failed, Returned

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from reference_app.gateway.functions.invocation import InvocationFacts
    from reference_app.gateway.http_message import HttpAnswer, HttpRequest


@dataclass(frozen=True, slots=True)
class TimedOut:
    """The integration timeout passed; the invocation runs on (Q-26)."""


Outcome: TypeAlias = Returned | Failed | TimedOut
OutcomeT = TypeVar("OutcomeT", bound=Outcome)


class ManagementCall(Protocol):
    """One `@connections` call, verified and understood as far as it could be."""

    request: HttpRequest
    request_id: str
    connection_id: str | None
    """None when the call has been refused before its connection mattered."""

    def carry_out(self) -> HttpAnswer:
        """Do what the call is for, and answer it."""

    def fail(self, status: int) -> HttpAnswer:
        """Answer it with a failure, typed as AWS does, doing nothing."""


class Interference(Protocol):
    """Stands between the gateway and what it does."""

    async def invoke(
        self, facts: InvocationFacts, run: Callable[[], Awaitable[OutcomeT]]
    ) -> OutcomeT | Failed:
        """Invoke a function, or pretend to."""

    async def admit(self, facts: InvocationFacts) -> None:
        """`$connect` has let a client in; the handshake is answered when this returns."""

    async def disconnect(self, facts: InvocationFacts, deliver: Callable[[], Awaitable[object]]) -> None:
        """`$disconnect` is due: deliver it once, more than once, later, or not at all."""

    async def call(self, call: ManagementCall) -> HttpAnswer:
        """Answer a `@connections` call."""

    def step(self, connection_id: str, step: str, detail: str = "", source_port: int | None = None) -> None:
        """Take note of a turn in the life of a connection."""
