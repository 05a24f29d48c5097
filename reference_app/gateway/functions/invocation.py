"""The seam between API Gateway and Lambda: one event in, one outcome out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True)
class Returned:
    """The handler returned; `payload` is its result as the runtime serialised it (JSON bytes)."""

    payload: bytes


@dataclass(frozen=True)
class Failed:
    """The invocation ended without a result."""

    reason: Literal["unhandled", "function-timeout", "init", "exited", "throttled"]
    error_type: str
    message: str


class Invoker(Protocol):
    """Synchronous invocation (`InvocationType: RequestResponse`)."""

    async def invoke(self, function: str, event: bytes) -> Returned | Failed:
        """Run one event through the function with this logical id and wait for its outcome.

        Never raises for a fault of the function. The caller applies the integration timeout
        (LM-7) by cancelling; the invocation itself then runs on to its end, as in Lambda (Q-26).
        """
