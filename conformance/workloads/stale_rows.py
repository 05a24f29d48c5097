"""Rows of connections that are gone, put back into the table first, in the middle and last.

A stale row is the very row that the application wrote for a connection, so its schema does not
matter. Ghosts connect, their rows are copied, they leave, and the copies come back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from conformance.harness.client import Client
from conformance.harness.deadline import Deadline, wait_for
from conformance.harness.rows import Row
from conformance.harness.table import ConnectionTable, Position

from .session import Session

_MANY = 12
_TRIES = 20
_LEAST_LIVE = 4
_EVERYWHERE = {"first", "middle", "last"}
_PADDED = 5
_ROUND_S = 0.4
_LOOK_S = 0.2


def run(session: Session) -> None:
    """Does nothing without access to the table, or where rows cannot be told apart."""
    if session.table is None:
        return
    table = session.table
    session.phase("stale rows", "set-up")
    session.progress("stale rows: copying rows of connections that then leave")
    ghosts = _ghosts(session, table, _MANY)
    if len(ghosts) < _MANY:
        session.fleet.recorder.note("stale rows: no row holds the ids of this application's connections")
        return
    live = _planted_among(session, table, ghosts)
    young = session.young()
    session.phase("stale rows", "main")
    session.progress("stale rows: broadcasting until they are removed")
    _broadcast_until_gone(session, table, live, session.until_stale(young))
    session.look(live)
    _many(session, table, ghosts, live)
    _malformed(session, table, ghosts, live)
    live += _pages(session, table, ghosts)
    table.clean_up()
    session.retire(live)


def _ghosts(session: Session, table: ConnectionTable, count: int) -> list[Row]:
    """Rows of connections that have come and gone."""
    clients = session.connect_known("ghost", count)
    rows = [row for client in clients if (row := table.find(client.connection_id or "")) is not None]
    for client in clients:
        client.close()
    # A backend that does not remove them has them stale already; planting then changes nothing.
    ids = [row.connection_id for row in rows]
    wait_for(lambda: not table.present(ids), Deadline(session.bounds.cleanup_s), _LOOK_S)
    return rows


def _planted_among(session: Session, table: ConnectionTable, spare: Sequence[Row]) -> list[Client]:
    """Plant until stale rows stand first, in the middle and last of the Scan.

    Ghosts and live clients come in turn: where the Scan goes by the age of the rows that is enough.
    Where it goes by key or by a hash of it, more are planted, and whoever is live and stands at an end
    that has no stale row yet leaves, until all places are filled.
    """
    live: list[Client] = []
    for arriving in (2, 1, 1, 1, 0):
        for row in _ghosts(session, table, 1):
            table.plant(row)
        live += session.connect_known("stale-live", arriving)
    found = _positions(table, live)
    for row in spare:
        if set(found.values()) >= _EVERYWHERE:
            break
        table.plant(row)
        found = _positions(table, live)
    for _ in range(_TRIES):
        places = set(found.values())
        if places >= _EVERYWHERE:
            break
        if "middle" in places and len(live) > _LEAST_LIVE:
            # Ids grow with time: where the Scan goes by key, chance may be long in reaching an end.
            live.remove(leaver := _outermost(table, live, first="first" not in places))
            leaver.close()
        else:
            for row in _ghosts(session, table, 1):
                table.plant(row)
            live += session.connect_known("stale-live", 1)
        found = _positions(table, live)
    for connection_id, position in found.items():
        table.record_planted(connection_id, "gone", position)
    return live


def _outermost(table: ConnectionTable, live: Sequence[Client], *, first: bool) -> Client:
    """Whose row stands first of the live clients' in the Scan, or last."""
    order = {row.connection_id: place for place, row in enumerate(table.scan())}
    standing = sorted(live, key=lambda client: order.get(client.connection_id or "", 0))
    return standing[0] if first else standing[-1]


def _positions(table: ConnectionTable, live: Sequence[Client]) -> Mapping[str, Position]:
    """Where the planted rows stand in the Scan, seen from the live clients' rows."""
    order = [row.connection_id for row in table.scan()]
    alive = [order.index(c.connection_id) for c in live if c.connection_id in order]
    planted = {
        row.connection_id: order.index(row.connection_id)
        for row in table.planted
        if row.connection_id in order
    }
    if not alive:
        return {}
    return {
        connection_id: "first" if place < min(alive) else "last" if place > max(alive) else "middle"
        for connection_id, place in planted.items()
    }


def _broadcast_until_gone(
    session: Session, table: ConnectionTable, live: Sequence[Client], deadline: Deadline
) -> None:
    """Everybody speaks in turn; a look at the stale rows after each turn, one of them after the deadline."""
    for speaker in _in_turn(live):
        session.say(speaker, "stale/plain", among=live)
        last = deadline.expired()
        left = [row for row in table.planted if table.observe(row.connection_id)]
        spoken = speaker is live[-1]
        if (not left and spoken) or last:
            return
        session.pause(_ROUND_S)


def _in_turn(clients: Sequence[Client]) -> Iterator[Client]:
    while True:
        yield from clients


def _many(session: Session, table: ConnectionTable, ghosts: Sequence[Row], live: Sequence[Client]) -> None:
    session.progress(f"stale rows: {len(ghosts)} at once")
    for row in ghosts:
        table.plant(row)
        table.record_planted(row.connection_id, "many", "unknown")
    session.say(live[0], "stale/many", among=live)
    table.clean_up()


def _malformed(
    session: Session, table: ConnectionTable, ghosts: Sequence[Row], live: Sequence[Client]
) -> None:
    session.progress("stale rows: an id that API Gateway calls malformed")
    row = ghosts[0].with_id("churnproof-malformed-id")
    table.plant(row)
    table.record_planted(row.connection_id, "malformed", "unknown")
    session.say(live[1], "stale/malformed", among=live)
    table.clean_up()


def _pages(session: Session, table: ConnectionTable, ghosts: Sequence[Row]) -> list[Client]:
    """Large stale rows, and live clients behind the end of the first page."""
    session.progress("stale rows: a table of more than one page")
    padded = [row.padded() for row in ghosts[:_PADDED]]
    late = session.connect_known("stale-live", 3)
    for _ in range(_TRIES):
        # The broadcasts before this may be under way still, and remove what is stale.
        there = table.present(row.connection_id for row in padded)
        for row in padded:
            if row.connection_id not in there:
                table.plant(row)
        first_page = {row.connection_id for row in table.scan(pages=1)}
        if any(client.connection_id not in first_page for client in late):
            for row in padded:
                table.record_planted(row.connection_id, "padded", "unknown")
            session.say(late[0], "stale/pages", among=late)
            break
        late += session.connect_known("stale-live", 1)  # its place in the Scan is a hash's to choose
    table.clean_up()
    return late
