"""The life of one connection as a state machine without I/O: CONNECTING → OPEN → CLOSED."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reference_app.gateway.websocket_api.close_causes import Ending


class State(Enum):
    """Where a connection stands."""

    CONNECTING = "connecting"
    """`$connect` runs; the id exists and `@connections` answers 410 (RC-1)."""
    OPEN = "open"
    CLOSED = "closed"


class ConnectionState:
    """Decides, for every turn of events, whether the connection is open and whether `$disconnect` is due.

    Each ending is reported at most once, whatever follows: that is what makes `$disconnect` run exactly once.
    """

    def __init__(self) -> None:
        self.state = State.CONNECTING
        self.abandoned: Ending | None = None
        """How the client left while `$connect` was still running."""

    def accept(self) -> bool:
        """`$connect` let the client in; return whether there still is a client to let in."""
        if self.state is State.CONNECTING and self.abandoned is None:
            self.state = State.OPEN
            return True
        self.state = State.CLOSED
        return False

    def refuse(self) -> None:
        """`$connect` did not let the client in."""
        self.state = State.CLOSED

    def end(self, ending: Ending) -> bool:
        """Take note of an ending; return whether it ended an open connection just now."""
        if self.state is State.OPEN:
            self.state = State.CLOSED
            return True
        if self.state is State.CONNECTING and self.abandoned is None:
            self.abandoned = ending
        return False
