"""Questions about the opening handshake and `$connect`."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from reference_app.survey.findings import Finding, Findings, SurveyError, found, unsettled
from reference_app.survey.surveyed_api import Client, NoAnswer, SurveyedApi, TooLate, WireFrame

_LONGER_THAN_THE_INTEGRATION_S = "10"
_WHILE_CONNECT_RUNS_S, _WHILE_CONNECT_RUNS_LONGER_S = 2.0, 6.0
_URL_PADDING = "x" * 4200
_OFFER = "Sec-WebSocket-Extensions: permessage-deflate"


def refusals(api: SurveyedApi) -> Findings:
    """With which status a handshake fails for which reason (Q-6)."""
    statuses = {
        "invalid_connect_result_status": api.refusal(result='{"unexpected": 1}').status,
        "authorizer_failure_status": api.refusal(authorizer="throw").status,
        "long_url_status": api.refusal(padding=_URL_PADDING).status,
        "unknown_stage_status": api.refusal(path="/no-such-stage").status,
    }
    return {row: found(status) for row, status in statuses.items()}


def connect_timeout(api: SurveyedApi) -> Findings:
    """`$connect` takes longer than its integration may (Q-6)."""
    return {"connect_timeout_status": found(api.refusal(sleep=_LONGER_THAN_THE_INTEGRATION_S).status)}


def refusal_body(api: SurveyedApi) -> Findings:
    """What a handshake that `$connect` refuses is answered with (Q-6)."""
    return {"handshake_refusal_body": _kind_of_body(api.refusal(result='{"statusCode": 403}').body)}


def _kind_of_body(body: bytes) -> Finding:
    if not body:
        return found("empty")
    try:
        keys = list(json.loads(body))
    except (ValueError, TypeError):
        keys = []
    if keys == ["message", "connectionId", "requestId"]:
        return found("error-frame", repr(body))
    return unsettled(f"the body {body!r}")


def refused_client(api: SurveyedApi) -> Findings:
    """Whether `$disconnect` follows a refusal (Q-4)."""
    token = "refused-" + str(time.time_ns())
    api.refusal(token=token, result='{"statusCode": 403}')
    later = _disconnects(api, token)
    return {"refused_connect_sends_disconnect": found(bool(later), _of_events(later))}


def abandoned_client(api: SurveyedApi) -> Findings:
    """What follows when a client leaves while `$connect` runs (Q-3)."""
    return _in_time(api, _abandoned_client)


def _abandoned_client(api: SurveyedApi, connect_s: float) -> Findings:
    token = "abandoned-" + str(time.time_ns())
    api.leave_during_connect(token, connect_s)
    later = _disconnects(api, token, connect_s)
    value = "disconnect-after-connect" if later else "no-disconnect"
    return {"abandoned_connect": found(value, _of_events(later))}


def _in_time(api: SurveyedApi, ask: Callable[[SurveyedApi, float], Findings]) -> Findings:
    """Ask something while `$connect` runs, and once more, longer, if that was over too early."""
    try:
        return ask(api, _WHILE_CONNECT_RUNS_S)
    except TooLate:
        return ask(api, _WHILE_CONNECT_RUNS_LONGER_S)


def _disconnects(api: SurveyedApi, token: str, after_s: float = 0.0) -> list[dict[str, Any]]:
    """The DISCONNECT events of a client, which could come `after_s` seconds from now."""
    return api.until(
        lambda: [note for note in api.notes(token) if note["eventType"] == "DISCONNECT"],
        after_s + api.patience_s,
    )


def compression(api: SurveyedApi) -> Findings:
    """Whether permessage-deflate is taken up (Q-8)."""
    with api.client(headers=(_OFFER,)) as client:
        headers = client.response_headers
    accepted = "permessage-deflate" in headers.get("sec-websocket-extensions", "")
    names = ", ".join(sorted(headers))
    return {"permessage_deflate": found("accepted" if accepted else "declined", f"a 101 with {names}")}


def window_of_gone(api: SurveyedApi) -> Findings:
    """When `@connections` answers 410 around `$connect` (Q-1), and delivers all the same (Q-2)."""
    return _in_time(api, _window_of_gone)


def _window_of_gone(api: SurveyedApi, connect_s: float) -> Findings:
    assert api.management is not None
    token = "window-" + str(time.time_ns())
    with ThreadPoolExecutor(1) as connecting:
        handshake = connecting.submit(api.client, token=token, sleep=str(connect_s))
        connection_id = api.noted(token, "CONNECT")["connectionId"]
        get, post = (api.management.call(verb, connection_id, b"early") for verb in ("GET", "POST"))
        too_late = handshake.done()
        with handshake.result() as client:
            if too_late:
                raise TooLate("the client was let in before @connections was called")
            gone_ms = _gone_ms(api, connection_id)
            first = client.quiet_frame()
    pending = {200: found("described"), 410: found("gone")}
    return {
        "pending_get": pending.get(get.status, unsettled(f"status {get.status}")),
        "gone_after_connect_ms": found(gone_ms, f"the first 200 was {gone_ms} ms after the 101"),
        "Q-2": unsettled(f"a POST while $connect ran got {post.status}; {_delivered(first)}"),
    }


def _gone_ms(api: SurveyedApi, connection_id: str) -> int:
    """How long GET goes on to answer 410; 0 if its first answer is another."""
    assert api.management is not None
    began = time.monotonic()
    waited_ms = 0
    while api.management.call("GET", connection_id).status == 410:
        waited_ms = round((time.monotonic() - began) * 1000)
        if waited_ms > 1000 * api.patience_s:
            raise SurveyError(f"GET @connections still answered 410 {api.patience_s:g} s after the 101")
    return waited_ms


def _delivered(frame: WireFrame | None) -> str:
    return "nothing was delivered" if frame is None else f"{frame.data!r} was delivered"


def _of_events(events: list[dict[str, Any]]) -> str:
    if not events:
        return "no $disconnect came"
    return f"$disconnect with {events[0]['disconnectStatusCode']} {events[0]['disconnectReason']!r}"


def burst(api: SurveyedApi, handshakes: int) -> Findings:
    """How many handshakes a second are let in (Q-29): a bucket that holds a second's worth is assumed."""
    began = time.monotonic()
    with ThreadPoolExecutor(min(handshakes, 100)) as crowd:
        attempts = list(crowd.map(lambda _: _let_in(api), range(handshakes)))
    asked_s = max(started for started, _ in attempts) - began
    outcomes = [outcome for _, outcome in attempts]
    refused, failed = outcomes.count("429"), outcomes.count("other")
    seen = f"of {handshakes} handshakes in {asked_s:.1f} s {refused} were refused with 429, {failed} failed"
    if not refused:
        return {"connects_per_second": unsettled(seen)}
    return {"connects_per_second": found(round(outcomes.count("101") / (1 + asked_s)), seen)}


def _let_in(api: SurveyedApi) -> tuple[float, str]:
    """When a client asked to be let in, and what it was answered."""
    started = time.monotonic()
    try:
        outcome = api.attempt()
    except NoAnswer:
        return started, "other"
    if isinstance(outcome, Client):
        with outcome:
            return started, "101"
    return started, "429" if outcome.status == 429 else "other"
