from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from reference_app.gateway.http_message import HttpRequest
from reference_app.gateway.websocket_api import close_causes
from reference_app.gateway.websocket_api.proxy_event import (
    ConnectionFacts,
    Occasion,
    connect_event,
    disconnect_event,
    message_event,
    request_time,
)

FACTS = ConnectionFacts(
    connection_id="BFaT_fALIAMCKug=",
    api_id="asasasas",
    domain_name="asasasas.execute-api.us-east-1.amazonaws.com",
    stage="prod",
    stage_variables={},
    source_ip="166.90.225.1",
    user_agent=None,
    connected_at_ms=1731332735513,
)
OCCASION = Occasion("chat", "BFaVtH2HoAMFZEQ=", 1731332746514)
REFERENCE_MESSAGE_EVENT = (
    '{"requestContext":{"routeKey":"chat","messageId":"BFaVtfGSIAMCKug=","eventType":"MESSAGE",'
    '"extendedRequestId":"BFaVtH2HoAMFZEQ=","requestTime":"11/Nov/2024:13:45:46 +0000",'
    '"messageDirection":"IN",'
    '"stage":"prod","connectedAt":1731332735513,"requestTimeEpoch":1731332746514,'
    '"identity":{"sourceIp":"166.90.225.1"},"requestId":"BFaVtH2HoAMFZEQ=",'
    '"domainName":"asasasas.execute-api.us-east-1.amazonaws.com","connectionId":"BFaT_fALIAMCKug=",'
    '"apiId":"asasasas"},"body":"{\\"action\\": \\"chat\\", \\"message\\": \\"Hello from client\\"}",'
    '"isBase64Encoded":false}'
)


def connect(
    *headers: tuple[str, str], target: str = "/prod", facts: ConnectionFacts = FACTS
) -> dict[str, Any]:
    event = connect_event(facts, OCCASION, HttpRequest("GET", target, headers), "Root=1-x")
    decoded: dict[str, Any] = json.loads(event)
    return decoded


def disconnect() -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(disconnect_event(FACTS, OCCASION, close_causes.idle()))
    return decoded


def test_a_message_event_equals_the_captured_one_byte_for_byte() -> None:
    """EV-1, EV-4, EV-5, EV-6, EV-7, EV-20 to EV-36."""
    text = '{"action": "chat", "message": "Hello from client"}'
    event = message_event(FACTS, OCCASION, "BFaVtfGSIAMCKug=", text)
    assert event == REFERENCE_MESSAGE_EVENT.encode()


def test_any_text_arrives_as_it_was_sent() -> None:
    """EV-5."""
    text = 'grüß 😀 "\\u0000" \x00\u2028'
    assert json.loads(message_event(FACTS, OCCASION, "m", text))["body"] == text


def test_the_top_level_keys_of_connect_are_in_order() -> None:
    """EV-7, EV-2."""
    assert list(connect(target="/prod?a=1")) == [
        "headers",
        "multiValueHeaders",
        "queryStringParameters",
        "multiValueQueryStringParameters",
        "requestContext",
        "isBase64Encoded",
    ]


def test_the_context_of_connect_is_in_order() -> None:
    """EV-20 to EV-36: neither messageId nor anything of a disconnect."""
    assert list(connect()["requestContext"]) == [
        "routeKey",
        "eventType",
        "extendedRequestId",
        "requestTime",
        "messageDirection",
        "stage",
        "connectedAt",
        "requestTimeEpoch",
        "identity",
        "requestId",
        "domainName",
        "connectionId",
        "apiId",
    ]


def test_without_a_query_string_the_query_keys_are_absent() -> None:
    """EV-2."""
    assert not any("uery" in key for key in connect())


def test_a_query_string_is_decoded_and_its_last_value_wins() -> None:
    """EV-2."""
    event = connect(target="/prod?a=1&a=x%20y&b=")
    assert event["queryStringParameters"] == {"a": "x y", "b": ""}
    assert event["multiValueQueryStringParameters"] == {"a": ["1", "x y"], "b": [""]}


def test_connect_carries_the_client_headers_without_the_hop_by_hop_ones() -> None:
    """HS-28, HS-16."""
    event = connect(
        ("Host", "127.0.0.1:1"),
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Key", "k"),
        ("Sec-WebSocket-Protocol", "a, b"),
        ("Cookie", "c=1"),
        ("X-Own", "1"),
        ("X-Own", "2"),
    )
    assert event["headers"] == {
        "Host": FACTS.domain_name,
        "Sec-WebSocket-Key": "k",
        "Sec-WebSocket-Protocol": "a, b",
        "Cookie": "c=1",
        "X-Own": "2",
        "X-Amzn-Trace-Id": "Root=1-x",
        "X-Forwarded-For": "166.90.225.1",
        "X-Forwarded-Port": "443",
        "X-Forwarded-Proto": "https",
    }
    assert event["multiValueHeaders"]["X-Own"] == ["1", "2"]


def test_a_client_cannot_pass_for_the_gateway() -> None:
    """HS-28."""
    headers = connect(("x-forwarded-proto", "http"), ("X-Forwarded-For", "1.1.1.1"))["headers"]
    assert (headers["X-Forwarded-Proto"], headers["X-Forwarded-For"]) == ("https", "1.1.1.1, 166.90.225.1")
    assert "x-forwarded-proto" not in headers


def test_the_user_agent_comes_first_in_the_identity() -> None:
    """EV-32."""
    identity = connect(facts=replace(FACTS, user_agent="agent"))["requestContext"]["identity"]
    assert list(identity.items()) == [("userAgent", "agent"), ("sourceIp", "166.90.225.1")]


def test_stage_variables_appear_when_there_are_some() -> None:
    """EV-3."""
    assert "stageVariables" not in connect()
    assert connect(facts=replace(FACTS, stage_variables={"a": "b"}))["stageVariables"] == {"a": "b"}


def test_a_disconnect_event_has_exactly_four_headers() -> None:
    """EV-1."""
    expected = {"Host": FACTS.domain_name, "x-api-key": "", "X-Forwarded-For": "", "x-restapi": ""}
    assert disconnect()["headers"] == expected
    assert disconnect()["multiValueHeaders"] == {name: [value] for name, value in expected.items()}


def test_a_disconnect_event_says_how_the_connection_ended_in_the_captured_places() -> None:
    """EV-22, EV-28."""
    context = disconnect()["requestContext"]
    assert list(context)[:7] == [
        "routeKey",
        "disconnectStatusCode",
        "eventType",
        "extendedRequestId",
        "requestTime",
        "messageDirection",
        "disconnectReason",
    ]
    assert (context["disconnectStatusCode"], context["disconnectReason"]) == (1001, "Going away")
    assert "body" not in disconnect()


def test_the_request_time_is_in_common_log_format() -> None:
    """EV-26."""
    assert request_time(1731324924000) == "11/Nov/2024:11:35:24 +0000"
