"""Messages and `$connect` against functions of every kind, without sockets."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from reference_app.gateway.functions.invocation import Failed, Returned
from reference_app.gateway.http_message import HttpRequest
from reference_app.gateway.template.application import Mock, Models, Route
from reference_app.gateway.unknowns import Unknowns
from reference_app.gateway.websocket_api import close_causes
from reference_app.gateway.websocket_api.connections import Connection
from reference_app.gateway.websocket_api.identifiers import IdSource
from reference_app.gateway.websocket_api.integrations import Admitted, Integrations, Refused
from reference_app.gateway.websocket_api.proxy_event import ConnectionFacts
from reference_app.tests.running_gateway import Clock, Functions, Nobody, api

if TYPE_CHECKING:
    from reference_app.gateway.template.application import WebSocketApi

CONNECTION_ID = "BFHPhfCWIAMCKlQ="
REQUEST = HttpRequest("GET", "/prod", (("Host", "x"),))
THROWN = Failed("unhandled", "Error", "boom")


class Bench:
    """Integrations of one API whose functions all have the same outcome."""

    def __init__(self, outcome: object, *routes: Route, unknowns: Unknowns | None = None) -> None:
        async def function(_event: dict[str, Any]) -> object:
            return await asyncio.Event().wait() if outcome is HANGS else outcome

        self.api: WebSocketApi = api(*routes)
        self.functions = Functions({"function": function})
        self.clock = Clock()
        self.integrations = Integrations(
            (self.api,),
            self.functions,
            IdSource("eu-west-1"),
            self.clock,
            unknowns or Unknowns(),
            execute_api="arn:aws:execute-api:eu-west-1:123456789012",
            verify=lambda _request: "unsigned",
        )
        facts = ConnectionFacts(CONNECTION_ID, "abcdefghij", "d", "prod", {}, "127.0.0.1", None, 1)
        self.connection = Connection(self.api, facts, Nobody(), 0.0)

    def connect(self) -> Admitted | Refused:
        return asyncio.run(self.integrations.connect(self.connection, REQUEST))

    def message(self, text: str = '{"action":"go"}') -> bytes | None:
        return asyncio.run(self.integrations.message(self.connection, text))


HANGS = object()
CONNECT = Route("$connect", "function", timeout_s=0.05)
ONE_WAY = Route("go", "function", timeout_s=0.05)
TWO_WAY = Route("go", "function", two_way=True, timeout_s=0.05)


def frame_message(frame: bytes | None) -> str:
    assert frame is not None
    decoded = json.loads(frame)
    assert decoded["connectionId"] == CONNECTION_ID
    return str(decoded["message"])


@pytest.mark.parametrize("status", [200, 201, 204])
def test_a_2xx_from_connect_admits_the_client(status: int) -> None:
    """HS-7."""
    assert Bench({"statusCode": status, "body": "no"}, CONNECT).connect() == Admitted(None)


def test_connect_chooses_the_subprotocol() -> None:
    """HS-14."""
    result = {"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": "chat"}}
    assert Bench(result, CONNECT).connect() == Admitted("chat")


@pytest.mark.parametrize("routes", [(), (Route("$connect", None),)])
def test_without_connect_everybody_is_admitted(routes: tuple[Route, ...]) -> None:
    """HS-6, Q-7."""
    assert Bench(None, *routes).connect() == Admitted(None)


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        pytest.param({"statusCode": 400}, 400, id="HS-8 400"),
        pytest.param({"statusCode": 301}, 301, id="HS-8 301"),
        pytest.param({"statusCode": 501}, 501, id="HS-8 501"),
        pytest.param({"statusCode": 599}, 599, id="HS-8 unregistered"),
        pytest.param(THROWN, 502, id="HS-9 thrown"),
        pytest.param({"status": 200}, 502, id="HS-10 no proxy result"),
        pytest.param(HANGS, 504, id="HS-11 timeout"),
    ],
)
def test_connect_refuses_with_the_status_of_the_cause(outcome: object, status: int) -> None:
    refused = Bench(outcome, CONNECT).connect()
    assert isinstance(refused, Refused)
    assert refused.status == status


@pytest.mark.parametrize(
    ("outcome", "unknowns"),
    [
        (HANGS, Unknowns(connect_timeout_status=500)),
        ({"status": 200}, Unknowns(invalid_connect_result_status=500)),
    ],
)
def test_statuses_that_aws_leaves_open_can_be_chosen(outcome: object, unknowns: Unknowns) -> None:
    """HS-10, HS-11, Q-6."""
    refused = Bench(outcome, CONNECT, unknowns=unknowns).connect()
    assert isinstance(refused, Refused)
    assert refused.status == 500


@pytest.mark.parametrize("status", [200, 201, 301, 401, 501])
def test_a_one_way_route_sends_nothing_whatever_its_status(status: int) -> None:
    """RT-30, RT-37."""
    assert Bench({"statusCode": status, "body": "x"}, ONE_WAY).message() is None


@pytest.mark.parametrize("route", [ONE_WAY, TWO_WAY])
@pytest.mark.parametrize(
    "outcome",
    [
        pytest.param(THROWN, id="RT-31 thrown"),
        pytest.param(Failed("function-timeout", "Timeout", "3 s"), id="Q-27 function timeout"),
        pytest.param({"ConnectionId": "x", "statusCode": 200}, id="RT-32 unknown key"),
        pytest.param(None, id="RT-33 null"),
        pytest.param(Returned(b"no json"), id="no JSON"),
    ],
)
def test_a_failing_function_gives_its_sender_an_error_frame(route: Route, outcome: object) -> None:
    """RT-21."""
    assert frame_message(Bench(outcome, route).message()) == "Internal server error"


def test_an_integration_timeout_gives_its_sender_an_error_frame() -> None:
    """RT-22."""
    assert frame_message(Bench(HANGS, ONE_WAY).message()) == "Endpoint request timed out"


def test_no_route_is_forbidden() -> None:
    """RT-20."""
    bench = Bench({"statusCode": 200}, ONE_WAY)
    assert frame_message(bench.message('{"action":"other"}')) == "Forbidden"
    assert bench.functions.events == []


def test_a_route_without_integration_fails() -> None:
    assert frame_message(Bench(None, Route("go", None)).message()) == "Internal server error"


def test_a_fallback_carries_the_default_route_key() -> None:
    """RT-7."""
    bench = Bench({"statusCode": 200}, Route("$default", "function"))
    bench.message('{"action":"other"}')
    assert bench.functions.events[0]["requestContext"]["routeKey"] == "$default"


def test_the_request_id_of_a_frame_is_that_of_its_event() -> None:
    bench = Bench(THROWN, ONE_WAY)
    frame = json.loads(bench.message() or b"")
    assert frame["requestId"] == bench.functions.events[0]["requestContext"]["requestId"]


@pytest.mark.parametrize("status", [200, 500])
def test_a_two_way_route_sends_its_body_whatever_its_status(status: int) -> None:
    """RT-34, RT-35."""
    assert Bench({"statusCode": status, "body": "grüß"}, TWO_WAY).message() == "grüß".encode()


def test_a_two_way_failure_status_can_be_an_error_frame() -> None:
    """RT-35, Q-13."""
    bench = Bench(
        {"statusCode": 500, "body": "x"}, TWO_WAY, unknowns=Unknowns(two_way_error_status="error-frame")
    )
    assert frame_message(bench.message()) == "Internal server error"


@pytest.mark.parametrize("result", [{"statusCode": 200}, {"statusCode": 200, "body": ""}])
def test_a_two_way_route_without_body_sends_nothing(result: object) -> None:
    """RT-36."""
    assert Bench(result, TWO_WAY).message() is None


def test_a_two_way_route_without_body_can_send_an_empty_frame() -> None:
    """RT-36, Q-13."""
    unknowns = Unknowns(two_way_empty_body="empty-frame")
    assert Bench({"statusCode": 200}, TWO_WAY, unknowns=unknowns).message() == b""


def test_a_base64_body_is_sent_decoded() -> None:
    """RT-36."""
    assert Bench({"statusCode": 200, "body": "aGk=", "isBase64Encoded": True}, TWO_WAY).message() == b"hi"


@pytest.mark.parametrize("outcome", [THROWN, None, {"statusCode": 500}])
def test_a_failing_disconnect_concerns_nobody(outcome: object) -> None:
    """DC-6."""
    bench = Bench(outcome, Route("$disconnect", "function"))
    asyncio.run(bench.integrations.disconnect(bench.connection, close_causes.idle()))
    assert [event["requestContext"]["eventType"] for event in bench.functions.events] == ["DISCONNECT"]


@pytest.mark.parametrize("routes", [(), (Route("$disconnect", None),)])
def test_without_a_disconnect_route_nothing_is_invoked(routes: tuple[Route, ...]) -> None:
    bench = Bench(None, *routes)
    asyncio.run(bench.integrations.disconnect(bench.connection, close_causes.idle()))
    assert bench.functions.events == []


def test_a_failing_disconnect_can_be_tried_again() -> None:
    """DC-6, Q-23."""
    bench = Bench(THROWN, Route("$disconnect", "function"), unknowns=Unknowns(failed_disconnect_attempts=3))
    asyncio.run(bench.integrations.disconnect(bench.connection, close_causes.idle()))
    assert len(bench.functions.events) == 3


def test_a_disconnect_that_succeeds_is_not_tried_again() -> None:
    """DC-6, Q-23."""
    unknowns = Unknowns(failed_disconnect_attempts=3)
    bench = Bench({"statusCode": 200}, Route("$disconnect", "function"), unknowns=unknowns)
    asyncio.run(bench.integrations.disconnect(bench.connection, close_causes.idle()))
    assert len(bench.functions.events) == 1


def test_a_functions_own_timeout_can_count_as_the_integrations() -> None:
    """RT-22, Q-27."""
    timed_out = Failed("function-timeout", "Sandbox.Timedout", "3 s")
    bench = Bench(timed_out, ONE_WAY, unknowns=Unknowns(function_timeout="endpoint-timed-out"))
    assert frame_message(bench.message()) == "Endpoint request timed out"


def test_a_message_that_no_model_lets_pass_is_answered_and_invokes_nothing() -> None:
    """RT-23."""
    route = replace(ONE_WAY, models=Models("$default", {"$default": {"required": ["data"]}}))
    bench = Bench({"statusCode": 200}, route)
    frame = bench.message()
    assert frame is not None
    assert re.fullmatch(
        rb'{"message" : "Bad request body", "connectionId": "BFHPhfCWIAMCKlQ=", "messageId": "[^"]{16}"}',
        frame,
    )
    assert bench.functions.events == []
    assert bench.message('{"action":"go","data":1}') is None
    assert len(bench.functions.events) == 1


@pytest.mark.parametrize(
    ("mock", "admission"),
    [(Mock(200), "in"), (Mock(403), 403), (Mock(None), 500)],
)
def test_a_mocked_connect_lets_in_or_refuses_by_its_status(mock: Mock, admission: object) -> None:
    """MK-1, MK-2."""
    bench = Bench(THROWN, Route("$connect", None, mock=mock))

    result = bench.connect()

    assert (result.status if isinstance(result, Refused) else "in") == admission
    assert bench.functions.events == []


def test_a_mocked_route_answers_its_sender_where_it_is_two_way() -> None:
    """MK-1."""
    mock = Mock(200, "pong")

    assert Bench(THROWN, Route("go", None, mock=mock, two_way=True)).message() == b"pong"
    assert Bench(THROWN, Route("go", None, mock=mock)).message() is None


def test_a_mocked_route_without_a_status_is_an_error() -> None:
    """MK-2."""
    frame = Bench(THROWN, Route("go", None, mock=Mock(None), two_way=True)).message()

    assert frame is not None
    assert json.loads(frame)["message"] == "Internal server error"
