"""The registry of the connections that exist: those whose `$connect` runs, and those that are open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from reference_app.gateway.websocket_api.connection_state import ConnectionState, State

if TYPE_CHECKING:
    from reference_app.gateway.template.application import WebSocketApi
    from reference_app.gateway.websocket_api.close_causes import Ending
    from reference_app.gateway.websocket_api.proxy_event import ConnectionFacts


class Client(Protocol):
    """The other side of a connection, as far as `@connections` may use it."""

    def send(self, payload: bytes) -> bool:
        """Queue one message; return False, with nothing queued, when the client's buffer is full (MG-17)."""

    def close(self, ending: Ending) -> None:
        """End the connection; `$disconnect` follows."""


class Connection:
    """One client of one API, from the moment its `$connect` starts."""

    def __init__(self, api: WebSocketApi, facts: ConnectionFacts, client: Client, now: float) -> None:
        """`now` is monotonic time on the gateway's clock."""
        self.api = api
        self.facts = facts
        self.client = client
        self.state = ConnectionState()
        self.connected_at = now
        self.established_at = now
        """When the 101 was sent."""
        self.last_active = now

    @property
    def is_open(self) -> bool:
        return self.state.state is State.OPEN

    @property
    def last_active_at_ms(self) -> int:
        """Time of the last message in either direction, epoch milliseconds."""
        return self.facts.connected_at_ms + round((self.last_active - self.connected_at) * 1000)


class ConnectionRegistry:
    """Every connection that has not ended, by id.

    Ids that have ended are forgotten: a closed id and one that never was get the same answer (MG-13, MG-21).
    """

    def __init__(self) -> None:
        self._by_id: dict[str, Connection] = {}

    def __len__(self) -> int:
        return len(self._by_id)

    def add(self, connection: Connection) -> None:
        self._by_id[connection.facts.connection_id] = connection

    def remove(self, connection: Connection) -> None:
        """Forget a connection; harmless when it is forgotten already."""
        self._by_id.pop(connection.facts.connection_id, None)

    def find_open(self, connection_id: str, api: WebSocketApi) -> Connection | None:
        """Return the connection if it is established (RC-1) and belongs to this API."""
        connection = self.find(connection_id, api)
        return connection if connection is not None and connection.is_open else None

    def find(self, connection_id: str, api: WebSocketApi) -> Connection | None:
        """Return the connection, established or not, if it belongs to this API."""
        connection = self._by_id.get(connection_id)
        return connection if connection is not None and connection.api is api else None
