from __future__ import annotations

import json
from typing import Any

import pytest

from reference_app.gateway.unknowns import Unknowns
from reference_app.gateway.websocket_api.proxy_result import InvalidProxyResult, ProxyResult, parse


def parsed(result: Any, **unknowns: Any) -> ProxyResult:
    return parse(json.dumps(result).encode(), Unknowns(**unknowns))


@pytest.mark.parametrize("status", [200, 201, 301, 401, 501])
def test_any_final_status_is_a_valid_result(status: int) -> None:
    """RT-30."""
    assert parsed({"statusCode": status, "body": "x"}).status_code == status


def test_every_key_of_a_proxy_result_is_accepted() -> None:
    full = {"statusCode": 200, "headers": {}, "multiValueHeaders": {}, "body": "b", "isBase64Encoded": False}
    assert parsed(full) == ProxyResult(200, "b", None)


@pytest.mark.parametrize(
    ("result", "why"),
    [
        pytest.param({"ConnectionId": "x", "Data": "y", "statusCode": 200}, "ConnectionId, Data", id="RT-32"),
        pytest.param({}, "statusCode", id="RT-33 no statusCode"),
        pytest.param(None, "NoneType", id="RT-33 null"),
        pytest.param("ok", "str", id="RT-33 string"),
        pytest.param([], "list", id="RT-33 array"),
        pytest.param({"statusCode": "200"}, "statusCode", id="RT-33 text as statusCode"),
        pytest.param({"statusCode": True}, "statusCode", id="boolean statusCode"),
        pytest.param({"statusCode": 200.5}, "statusCode", id="fraction"),
        pytest.param({"statusCode": 101}, "final", id="interim status"),
        pytest.param({"statusCode": 600}, "final", id="no status"),
        pytest.param({"statusCode": 200, "body": {"a": 1}}, "body", id="object as body"),
        pytest.param({"statusCode": 200, "headers": []}, "headers", id="array as headers"),
        pytest.param({"statusCode": 200, "isBase64Encoded": "no"}, "isBase64Encoded", id="text as boolean"),
        pytest.param({"statusCode": 200, "body": "%", "isBase64Encoded": True}, "base64", id="no base64"),
        pytest.param(
            {"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": "a\r\nb: c"}},
            "header",
            id="injected header",
        ),
    ],
)
def test_anything_else_is_no_proxy_result(result: Any, why: str) -> None:
    with pytest.raises(InvalidProxyResult, match=why):
        parsed(result)


@pytest.mark.parametrize("payload", [b"", b"{", b"[" * 100_000, b"\xff"])
def test_what_is_no_json_is_no_proxy_result(payload: bytes) -> None:
    """HS-10."""
    with pytest.raises(InvalidProxyResult, match="not JSON"):
        parse(payload, Unknowns())


def test_a_text_status_can_be_accepted() -> None:
    """RT-33, Q-13."""
    assert parsed({"statusCode": "201"}, string_status_code="accepted").status_code == 201


def test_a_body_that_is_no_string_can_be_accepted() -> None:
    """RT-33, Q-13."""
    assert parsed({"statusCode": 200, "body": {"a": 1}}, non_string_body="accepted").body == '{"a":1}'


@pytest.mark.parametrize("status", [200, 204, 299])
def test_2xx_is_success(status: int) -> None:
    """HS-7."""
    assert parsed({"statusCode": status}).is_success


@pytest.mark.parametrize("status", [300, 400, 500])
def test_everything_else_is_not(status: int) -> None:
    """HS-8."""
    assert not parsed({"statusCode": status}).is_success


@pytest.mark.parametrize("body", [None, ""])
def test_an_empty_body_is_no_body(body: str | None) -> None:
    """RT-36."""
    assert parsed({"statusCode": 200, "body": body}).body is None


def test_a_base64_body_is_decoded() -> None:
    """RT-36."""
    assert parsed({"statusCode": 200, "body": "aGk=", "isBase64Encoded": True}).body == b"hi"


def test_a_base64_body_can_go_out_as_it_is() -> None:
    """RT-36, Q-13."""
    result = {"statusCode": 200, "body": "aGk=", "isBase64Encoded": True}
    assert parsed(result, two_way_base64_body="verbatim").body == "aGk="


@pytest.mark.parametrize(
    "headers",
    [
        {"headers": {"sec-websocket-protocol": "chat"}},
        {"headers": {"Sec-WebSocket-Protocol": "chat"}},
        {"multiValueHeaders": {"Sec-WebSocket-Protocol": ["chat", "other"]}},
    ],
)
def test_the_subprotocol_is_found_in_the_headers(headers: dict[str, Any]) -> None:
    """HS-13, HS-14."""
    assert parsed({"statusCode": 200, **headers}).subprotocol == "chat"


@pytest.mark.parametrize(
    "headers", [{}, {"headers": None}, {"multiValueHeaders": {"Sec-WebSocket-Protocol": []}}]
)
def test_without_the_header_there_is_no_subprotocol(headers: dict[str, Any]) -> None:
    """HS-15."""
    assert parsed({"statusCode": 200, **headers}).subprotocol is None
