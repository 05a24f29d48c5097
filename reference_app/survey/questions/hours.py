"""Questions that take minutes or hours, unless a clock can be moved."""

from __future__ import annotations

from contextlib import suppress

from reference_app.survey.findings import Findings, SurveyError, found, unsettled
from reference_app.survey.surveyed_api import CLOSE, PONG, TEXT, Client, NoAnswer, SurveyedApi, WireFrame

_PING_EVERY_S = 330.0
_MESSAGE_EVERY_S = 540.0
_MESSAGES_IN_TWO_HOURS_AND_MORE = 15
_PING = 0x9


def ping(api: SurveyedApi) -> Findings:
    """Whether a client that only sends PINGs outlives ten idle minutes (Q-18)."""
    with api.client() as client:
        for _ in range(2):
            api.time.pass_by(_PING_EVERY_S)
            frame = _answer(client, b"", _PING)
            if frame.opcode == CLOSE:
                return {"ping_resets_idle": found(False, f"close {frame.closing}")}
            if frame.opcode != PONG:
                return {"ping_resets_idle": unsettled(f"opcode {frame.opcode} instead of a PONG")}
    return {"ping_resets_idle": found(True, f"PONG after {2 * _PING_EVERY_S:g} s")}


def two_hours(api: SurveyedApi) -> Findings:
    """How a connection ends that is never idle (Q-19)."""
    with api.client() as client:
        for count in range(_MESSAGES_IN_TWO_HOURS_AND_MORE):
            api.time.pass_by(_MESSAGE_EVERY_S)
            frame = _answer(client, b"{}", TEXT)
            if frame.opcode == CLOSE:
                code, reason = frame.closing
                seen = f"closed after at most {(count + 1) * _MESSAGE_EVERY_S:g} s"
                return {
                    "duration_close_code": found(code, seen),
                    "duration_close_reason": found(reason, seen),
                }
    raise SurveyError("the connection outlived two hours and a quarter")


def _answer(client: Client, data: bytes, opcode: int) -> WireFrame:
    """The answer to a frame, or the close frame that has come meanwhile."""
    with suppress(NoAnswer):
        client.send(data, opcode)
    return client.frame()
