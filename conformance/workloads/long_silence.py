"""Connections that end with nobody left to notice, and then a day: what is left of them goes by itself.

Moving the clock ends every connection, so this runs when all else is over.
"""

from __future__ import annotations

from conformance.harness.fault_rules import DisconnectDropped, FaultRule, Where

from .session import Session
from .stack_connections import connect_told

_SILENT = 2
AGE_S = 26 * 3600.0
"""The longest life of a connection (LM-4), and a day."""


def run(session: Session) -> None:
    """Does nothing where the target has no control endpoint."""
    if session.control is None:
        return
    session.phase("long silence", "final")
    session.progress("long silence: two hours and a day pass")
    clients = connect_told(session, session.control, "fault-silent", _SILENT)
    session.look(clients)
    rules = (FaultRule(DisconnectDropped(), Where(connection=client.connection_id)) for client in clients)
    with session.control.faults("life/silent", *rules):
        session.control.advance(AGE_S)
        session.look(clients)
