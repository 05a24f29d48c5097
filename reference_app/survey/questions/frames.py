"""Questions about what a client may send."""

from __future__ import annotations

from contextlib import suppress
from typing import NamedTuple

from reference_app.survey.findings import Finding, Findings, found, unsettled
from reference_app.survey.surveyed_api import BINARY, CLOSE, TEXT, NoAnswer, SurveyedApi

_CONTINUATION = 0x0
_LIKELY_FRAME, _LIKELY_MESSAGE = 32 * 1024, 128 * 1024
_MOST = 1 << 20
_RESERVED_BIT = b"\xc1\x81\x00\x00\x00\x00x"
"""A masked text frame `x` with RSV1 set, which nothing has negotiated."""


class _Outcome(NamedTuple):
    passed: bool
    closing: tuple[int, str] | None
    token: str


def sizes(api: SurveyedApi) -> Findings:
    """The largest frame and the largest message, and how a client is told (Q-15)."""
    frame = _largest(api, _LIKELY_FRAME, _MOST)
    message = _largest(api, _LIKELY_MESSAGE, frame)
    refused = _send(api, frame + 1, _MOST)
    return {
        "frame_limit_bytes": found(frame, f"{frame} bytes passed, {frame + 1} did not"),
        "message_limit_bytes": found(message, f"{message} bytes passed, {message + 1} did not"),
        "too_big_close_reason": _reason(refused),
        "refused_frame_told": _told(api, refused),
    }


def kinds(api: SurveyedApi) -> Findings:
    """How a client is closed that sends binary, broken text or broken frames (Q-16)."""
    with api.client() as client:
        client.send(b"x", BINARY)
        binary = client.closing()
    with api.client() as client:
        client.send(b"\xff", TEXT)
        broken_text = client.closing()
    with api.client() as client:
        client.send_raw(_RESERVED_BIT)
        broken_frame = client.closing()
    return {
        "binary_close_reason": found(binary[1], f"close {binary}"),
        "invalid_utf8_close_code": found(broken_text[0], f"close {broken_text}"),
        "protocol_error_close_code": found(broken_frame[0], f"close {broken_frame}"),
    }


def _largest(api: SurveyedApi, likely: int, frame: int) -> int:
    """The largest message that passes in frames of at most `frame` bytes."""
    passing, failing = 0, _MOST + 1
    for size in (likely, likely + 1):
        if not _send(api, size, frame).passed:
            failing = size
            break
        passing = size
    while failing - passing > 1:
        size = (passing + failing) // 2
        if _send(api, size, frame).passed:
            passing = size
        else:
            failing = size
    return passing


def _send(api: SurveyedApi, size: int, frame: int) -> _Outcome:
    """Send a message of `size` bytes and see what comes of it."""
    with api.client() as client:
        # The gateway may end the connection before it has taken everything; the close frame tells.
        with suppress(NoAnswer):
            for start in range(0, size, frame):
                chunk = b"x" * min(frame, size - start)
                client.send(chunk, _CONTINUATION if start else TEXT, fin=start + frame >= size)
        try:
            answer = client.frame()
        except NoAnswer:
            return _Outcome(False, None, client.token)
        closing = answer.closing if answer.opcode == CLOSE else None
        return _Outcome(closing is None, closing, client.token)


def _reason(refused: _Outcome) -> Finding:
    if refused.closing is None:
        return unsettled("the connection ended without a close frame")
    return found(refused.closing[1], f"close {refused.closing}")


def _told(api: SurveyedApi, refused: _Outcome) -> Finding:
    event = api.noted(refused.token, "DISCONNECT")
    code, reason = event["disconnectStatusCode"], event["disconnectReason"]
    seen = f"close {refused.closing}, $disconnect with {code} {reason!r}"
    if refused.closing is not None and code == refused.closing[0]:
        return found("as-sent", seen)
    return found("abrupt", seen) if code == 1006 else unsettled(seen)
