"""Learns the API Gateway connection id of a client, which nothing on the wire tells by itself."""

from __future__ import annotations

import json

from .client import Client
from .deadline import Deadline
from .errors import TargetFailure
from .fleet import Fleet
from .table import ConnectionTable

_ANSWER_S = 3.0
_LATE_ANSWER_S = 10.0
"""Where others have been answered."""
_MARKER = "churnproof asks who it is"


def identify(fleet: Fleet, client: Client, table: ConnectionTable | None = None) -> str | None:
    """The client's connection id, recorded and set on the client; None if it cannot be learned.

    By the error frame for an action that nobody has, which carries the id (RT-20). Where there is none,
    by the only id in the table that no other client has: then connect and identify one by one. A client
    whose error frame alone is missing stays unknown, since others may be connecting.
    """
    if client.connection_id is not None:
        return client.connection_id
    found = _from_error_frame(fleet, client)
    if found is None and table is not None and not fleet.error_frames_name_connections:
        found = _from_table(fleet, table)
    if found is not None:
        client.connection_id = found
    return found


def connect_identified(fleet: Fleet, group: str, table: ConnectionTable | None) -> Client:
    """Connect a client and learn its id, where that is possible, by any means.

    Needed where the backend answers unknown actions itself: then the id is the one that the table
    has gained while this client connected. Raises TargetFailure.
    """
    by_difference = table is not None and fleet.error_frames_name_connections is False
    before = {row.connection_id for row in table.scan()} if by_difference and table else set()
    client = fleet.connect(group)
    if by_difference and table is not None:
        gained = {row.connection_id for row in table.scan()} - before - {""} - _known_ids(fleet)
        if len(gained) == 1:
            client.connection_id = gained.pop()
        return client
    identify(fleet, client, table)
    return client


def connection_id_in(text: str) -> str | None:
    """The id in an error frame of API Gateway (RT-20 to RT-22)."""
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        return None
    found = frame.get("connectionId") if isinstance(frame, dict) else None
    return found if isinstance(found, str) and found else None


def _from_error_frame(fleet: Fleet, client: Client) -> str | None:
    question = fleet.target.send.unknown_action(_MARKER)
    if question is None or fleet.error_frames_name_connections is False:
        return None
    seen = len(fleet.frames(client))
    try:
        fleet.mischief(client, "identify", question)
    except TargetFailure:
        return None  # recorded by the fleet
    deadline = Deadline(_LATE_ANSWER_S if fleet.error_frames_name_connections else _ANSWER_S)
    while (frame := fleet.wait_frame(client, deadline, after=seen)) is not None:
        seen += 1
        if (found := connection_id_in(frame.text)) is not None:
            fleet.error_frames_name_connections = True
            return found
    if fleet.error_frames_name_connections is None and client.is_open:
        fleet.error_frames_name_connections = False  # a $default route takes it (RT-5)
    return None


def _from_table(fleet: Fleet, table: ConnectionTable) -> str | None:
    candidates = {row.connection_id for row in table.scan()} - {""} - _known_ids(fleet)
    return candidates.pop() if len(candidates) == 1 else None


def _known_ids(fleet: Fleet) -> set[str]:
    return {client.connection_id for client in fleet.clients if client.connection_id is not None}
