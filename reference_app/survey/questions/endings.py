"""Questions about how connections end, and what `$disconnect` is told."""

from __future__ import annotations

import struct

from reference_app.survey.findings import Findings, found, unsettled
from reference_app.survey.surveyed_api import CLOSE, SurveyedApi


def abrupt_end(api: SurveyedApi) -> Findings:
    """A client leaves by RST (Q-5)."""
    with api.client() as client:
        client.reset()
    event = api.noted(client.token, "DISCONNECT")
    code, reason = event["disconnectStatusCode"], event["disconnectReason"]
    return {"abrupt_close_code": found(code), "abrupt_close_reason": found(reason)}


def reason_of_the_client(api: SurveyedApi) -> Findings:
    """A client closes with a code and a reason (Q-5)."""
    with api.client() as client:
        client.send(struct.pack("!H", 4001) + b"bye", CLOSE)
        client.closing()
    event = api.noted(client.token, "DISCONNECT")
    seen = f"$disconnect with {event['disconnectStatusCode']} {event['disconnectReason']!r}"
    values = {"bye": "passed-on", "": "dropped"}
    reason = event["disconnectReason"]
    return {"client_close_reason": found(values[reason], seen) if reason in values else unsettled(seen)}


def failing_disconnect(api: SurveyedApi) -> Findings:
    """`$disconnect` fails every time (Q-23)."""
    with api.client(disconnect="fail") as client:
        client.send(b"", CLOSE)
        client.closing()
    api.noted(client.token, "DISCONNECT")
    api.time_for_more()
    attempts = sum(note["eventType"] == "DISCONNECT" for note in api.notes(client.token))
    seen = f"{attempts} within {api.patience_s:g} s of the first"
    return {"failed_disconnect_attempts": found(attempts, seen)}


def deletion(api: SurveyedApi) -> Findings:
    """`DELETE @connections`, twice (Q-20)."""
    assert api.management is not None
    with api.client() as client:
        connection_id = api.noted(client.token, "CONNECT")["connectionId"]
        first = api.management.call("DELETE", connection_id).status
        closing = client.closing()
        second = api.management.call("DELETE", connection_id)
    seen = f"DELETE got {first}, then {second.status} {second.error_type}"
    return {"delete_close_reason": found(closing[1], f"close {closing}"), "Q-20": unsettled(seen)}
