"""Questions about routing, and about what comes of a function's result."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from itertools import pairwise

from reference_app.survey.findings import Finding, Findings, found, unsettled
from reference_app.survey.surveyed_api import Client, SurveyedApi

_UNQUOTED = '{action:"named"}'
_FURTHER_LENIENCY = {
    "single quotes": "{'action':'named'}",
    "a trailing comma": '{"action":"named",}',
}
_NOT_TOLD_BY_THE_TABLE = {
    "a comment": '{"action":"named"/* */}',
    "a byte order mark": '\ufeff{"action":"named"}',
    "leading white space": ' \n{"action":"named"}',
    "a key twice": '{"action":"other","action":"named"}',
}
_SLEEPERS, _SLEEP_S = 3, 1.5
_LONGER_THAN_THE_INTEGRATION_S = 2.0
_THROTTLED_MESSAGES = 20


def lenient_json(api: SurveyedApi) -> Findings:
    """Which JSON is routed that is none (Q-9)."""
    with api.client() as client:
        routes = {
            what: client.ask(text)["route"]
            for what, text in {
                "unquoted keys": _UNQUOTED,
                **_FURTHER_LENIENCY,
                **_NOT_TOLD_BY_THE_TABLE,
            }.items()
        }
    seen = "; ".join(f"{what}: {route}" for what, route in routes.items())
    if routes["unquoted keys"] != "named":
        return {"lenient_json": found("strict", seen)}
    further = {routes[what] == "named" for what in _FURTHER_LENIENCY}
    if len(further) == 2:
        return {"lenient_json": unsettled(seen)}
    return {"lenient_json": found("permissive" if further == {True} else "unquoted-keys", seen)}


def null_selector(api: SurveyedApi) -> Findings:
    """Which route key a JSON null makes (Q-10)."""
    with api.client() as client:
        route = client.ask('{"action":null}')["route"]
    return {"null_selector": found("null" if route == "null" else "empty", f"route {route}")}


def concurrency(api: SurveyedApi) -> Findings:
    """Whether messages of one connection are invoked side by side (Q-14)."""
    with api.client() as client:
        spans = _spans(client)
        if not _overlap(spans):
            spans = _spans(client)  # the first ones may have waited for cold starts
    value = "concurrent" if _overlap(spans) else "serial"
    took_s = spans[-1][1] - spans[0][0]
    return {"message_concurrency": found(value, f"{_SLEEPERS} messages took {took_s:.1f} s")}


def _spans(client: Client) -> list[tuple[float, float]]:
    """From when to when the function ran for each of some messages that were sent at once."""
    for _ in range(_SLEEPERS):
        client.send(json.dumps({"do": "sleep", "s": _SLEEP_S}))
    return sorted((told["from"], told["to"]) for told in (_json(client) for _ in range(_SLEEPERS)))


def _overlap(spans: list[tuple[float, float]]) -> bool:
    return any(later[0] < earlier[1] for earlier, later in pairwise(spans))


def results(api: SurveyedApi) -> Findings:
    """What a two-way route sends for which result (Q-13)."""
    refused = {"error-frame": "refused"}
    asked: Mapping[str, tuple[object, Mapping[str, str]]] = {
        "string_status_code": ({"statusCode": "200", "body": "x"}, {**refused, "x": "accepted"}),
        "non_string_body": ({"statusCode": 200, "body": {"a": 1}}, {**refused, '{"a":1}': "accepted"}),
        "two_way_error_status": (
            {"statusCode": 500, "body": "x"},
            {"x": "body", "error-frame": "error-frame"},
        ),
        "two_way_empty_body": ({"statusCode": 200, "body": ""}, {"nothing": "nothing", "": "empty-frame"}),
        "two_way_base64_body": (
            {"statusCode": 200, "body": "aGk=", "isBase64Encoded": True},
            {"hi": "decoded", "aGk=": "verbatim"},
        ),
    }
    return {row: _result(api, result, meanings) for row, (result, meanings) in asked.items()}


def _result(api: SurveyedApi, result: object, meanings: Mapping[str, str]) -> Finding:
    with api.client() as client:
        client.send(json.dumps({"do": "return", "result": result}))
        # Where nothing is no meaning, patience is not the reason for it.
        frame = client.quiet_frame() if "nothing" in meanings else client.frame()
    text = "nothing" if frame is None else frame.data.decode(errors="replace")
    kind = "error-frame" if error_message(text) is not None else text
    return found(meanings[kind], repr(text)) if kind in meanings else unsettled(repr(text))


def throttling(api: SurveyedApi) -> Findings:
    """What a client is told whose messages are too many (Q-11)."""
    with api.client() as client:
        for _ in range(_THROTTLED_MESSAGES):
            client.send('{"action":"throttled"}')
        for _ in range(_THROTTLED_MESSAGES):
            text = client.frame().data.decode(errors="replace")
            if (message := error_message(text)) is not None:
                return {"throttled_message": found(message, text)}
    return {"throttled_message": unsettled(f"none of {_THROTTLED_MESSAGES} messages at once was throttled")}


def invalid_message(api: SurveyedApi) -> Findings:
    """The frame for a message that is not as its model wants it (Q-12)."""
    with api.client() as client:
        client.send('{"action":"checked"}')
        text = client.frame().data.decode(errors="replace")
        connection_id = api.noted(client.token, "CONNECT")["connectionId"]
    form = text.replace(connection_id, "{connectionId}")
    for key in ("messageId", "requestId"):
        if isinstance(found_id := json.loads(text).get(key), str) and found_id != connection_id:
            form = form.replace(found_id, f"{{{key}}}")
    return {"bad_request_frame": found(form, text)}


def hasty_function(api: SurveyedApi) -> Findings:
    """What a function that exceeds its own timeout counts as (Q-27)."""
    meanings = {
        "Internal server error": "internal-server-error",
        "Endpoint request timed out": "endpoint-timed-out",
    }
    with api.client() as client:
        client.send(json.dumps({"action": "hasty", "do": "sleep", "s": 4}))
        text = client.frame().data.decode(errors="replace")
    message = error_message(text)
    value = meanings.get(message or "")
    return {"function_timeout": unsettled(text) if value is None else found(value, text)}


def impatient_integration(api: SurveyedApi) -> Findings:
    """Whether the function runs on after the integration timeout's frame (Q-26)."""
    token = "impatient-" + str(time.time_ns())
    with api.client() as client:
        client.send(
            json.dumps(
                {"action": "impatient", "do": "sleep", "s": _LONGER_THAN_THE_INTEGRATION_S, "note": token}
            )
        )
        text = client.frame().data.decode(errors="replace")
        woke = api.until(lambda: api.notes(token), _LONGER_THAN_THE_INTEGRATION_S + api.patience_s)
    return {
        "Q-26": unsettled(f"after {text} the function {'ran on to its end' if woke else 'was not heard of'}")
    }


def error_message(text: str) -> str | None:
    """The message of an error frame; None for any other text."""
    try:
        frame = json.loads(text)
    except ValueError:
        return None
    if not isinstance(frame, dict) or not {"message", "connectionId"} <= frame.keys():
        return None
    return str(frame["message"])


def _json(client: Client) -> dict[str, float]:
    told: dict[str, float] = json.loads(client.frame().data)
    return told
