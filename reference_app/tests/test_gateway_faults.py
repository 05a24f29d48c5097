"""Each fault of API Gateway as a client, a caller of `@connections` and the trace see it."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
import websocket
from botocore.exceptions import ClientError, ReadTimeoutError

from reference_app.gateway.control.controls import Controls
from reference_app.gateway.control.fault_rules import (
    Address,
    ColdStart,
    ConnectHeld,
    ConnectionsAnswer,
    ConnectionsHang,
    ConnectionsLatency,
    DisconnectDropped,
    DisconnectLate,
    DisconnectTwice,
    Fault,
    FaultRule,
    FunctionError,
)
from reference_app.gateway.control.gateway_faults import GatewayFaults
from reference_app.gateway.control.trace import (
    ConnectionsCall,
    Entry,
    Event,
    FunctionInvocation,
    LifecycleStep,
)
from reference_app.gateway.template.application import Route
from reference_app.tests.process_state import eventually
from reference_app.tests.running_gateway import PATIENCE_S, Running, running_gateway

SAY = Route("say", "say", two_way=True)


@dataclass
class Misbehaving:
    """A gateway with controls."""

    gateway: Running
    controls: Controls
    retired: list[str] = field(default_factory=list)

    def add(self, fault: Fault, **options: Any) -> str:
        rule = FaultRule(fault, Address(**options.pop("where", {})), **options)
        return self.gateway.on_loop(lambda: self.controls.add_fault(rule))

    def remove(self, rule_id: str) -> None:
        self.gateway.on_loop(lambda: self.controls.remove_fault(rule_id))

    def events(self) -> list[Event]:
        entries = self.gateway.on_loop(lambda: list(self.controls.trace.since(0)))
        return [entry.event for entry in entries if isinstance(entry, Entry)]

    def steps(self) -> list[str]:
        return [event.step for event in self.events() if isinstance(event, LifecycleStep)]

    def calls(self) -> list[ConnectionsCall]:
        return [event for event in self.events() if isinstance(event, ConnectionsCall)]

    def wait_for_step(self, step: str) -> None:
        eventually(lambda: step in self.steps(), step)


@contextmanager
def misbehaving(*routes: Route) -> Iterator[Misbehaving]:
    controls, retired = Controls(), list[str]()
    faults = GatewayFaults(controls, retired.append)
    with running_gateway(*routes, interference=faults) as gateway:
        yield Misbehaving(gateway, controls, retired)


@pytest.mark.parametrize(
    ("status", "error_type"),
    [
        (403, "ForbiddenException"),
        (410, "GoneException"),
        (413, "PayloadTooLargeException"),
        (429, "LimitExceededException"),
        (500, "InternalServerErrorException"),
        (503, "ServiceUnavailableException"),
    ],
)
def test_posts_get_the_chosen_answer_and_are_not_delivered(status: Any, error_type: str) -> None:
    with misbehaving() as stack, stack.gateway.client() as client, stack.gateway.management() as management:
        connection_id = stack.gateway.newest_id()
        rule = stack.add(ConnectionsAnswer(status), where={"connection": connection_id})
        with pytest.raises(ClientError) as caught:
            management.post_to_connection(ConnectionId=connection_id, Data=b"lost")
        stack.remove(rule)
        management.post_to_connection(ConnectionId=connection_id, Data=b"heard")

        assert client.recv() == "heard"
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
        assert caught.value.response["Error"]["Code"] == error_type
        failed, healed = stack.calls()
        assert (failed.status, failed.error_type, failed.carried_out) == (status, error_type, False)
        assert failed.faults == (rule,)
        assert (healed.status, healed.error_type, healed.carried_out) == (200, None, True)


def test_only_the_chosen_connection_is_hit() -> None:
    with (
        misbehaving() as stack,
        stack.gateway.client(),
        stack.gateway.client() as other,
        stack.gateway.management() as management,
    ):
        first, second = (
            event["requestContext"]["connectionId"] for event in stack.gateway.functions.of_type("CONNECT", 2)
        )
        stack.add(ConnectionsAnswer(410), where={"connection": first})
        with pytest.raises(management.exceptions.GoneException):
            management.post_to_connection(ConnectionId=first, Data=b"x")
        management.post_to_connection(ConnectionId=second, Data=b"heard")
        assert other.recv() == "heard"


def test_an_ambiguous_post_is_delivered_and_answered_with_an_error() -> None:
    with misbehaving() as stack, stack.gateway.client() as client, stack.gateway.management() as management:
        stack.add(ConnectionsAnswer(500, carried_out=True))
        with pytest.raises(ClientError):
            management.post_to_connection(ConnectionId=stack.gateway.newest_id(), Data=b"heard")
        assert client.recv() == "heard"
        (call,) = stack.calls()
        assert (call.status, call.carried_out) == (500, True)


def test_a_hanging_post_is_never_answered_and_ends_with_its_caller() -> None:
    with (
        misbehaving() as stack,
        stack.gateway.client() as client,
        stack.gateway.management(read_timeout=0.2) as management,
    ):
        rule = stack.add(ConnectionsHang())
        with pytest.raises(ReadTimeoutError):
            management.post_to_connection(ConnectionId=stack.gateway.newest_id(), Data=b"lost")
        eventually(lambda: len(stack.calls()) == 1, "the call is over")
        assert stack.calls()[0].status is None
        stack.remove(rule)
        management.post_to_connection(ConnectionId=stack.gateway.newest_id(), Data=b"heard")
        assert client.recv() == "heard"


def test_posts_take_as_long_as_the_rule_says() -> None:
    with misbehaving() as stack, stack.gateway.client(), stack.gateway.management() as management:
        stack.add(ConnectionsLatency(0.02, 0.03))
        management.post_to_connection(ConnectionId=stack.gateway.newest_id(), Data=b"x")
        (entry,) = (
            entry
            for entry in stack.controls.trace.since(0)
            if isinstance(entry, Entry) and isinstance(entry.event, ConnectionsCall)
        )
        assert entry.ended_ns - entry.started_ns >= 20_000_000


def test_the_attempts_of_one_sdk_call_share_its_fate() -> None:
    """Otherwise the retries of an SDK would hide every single fault."""
    retrying: dict[str, Any] = {"retries": {"total_max_attempts": 3, "mode": "standard"}}
    with misbehaving() as stack, stack.gateway.client(), stack.gateway.management(**retrying) as management:
        stack.add(ConnectionsAnswer(503), count=1)
        for _ in range(2):
            with suppress(ClientError):
                management.post_to_connection(ConnectionId=stack.gateway.newest_id(), Data=b"x")
        assert [call.status for call in stack.calls()] == [503, 503, 503, 200]


def test_an_invocation_can_fail_without_its_function_and_after_it() -> None:
    with misbehaving(SAY) as stack, stack.gateway.client() as client:
        for carried_out in (False, True):
            rule = stack.add(FunctionError(carried_out=carried_out), where={"route": "say"})
            client.send('{"action":"say"}')
            assert "Internal server error" in client.recv()
            stack.remove(rule)
            assert len(stack.gateway.functions.of_type("MESSAGE", 0)) == carried_out
        outcomes = [event.outcome for event in stack.events() if isinstance(event, FunctionInvocation)]
        assert outcomes == ["returned", "unhandled", "unhandled"]


def test_a_function_error_in_connect_refuses_the_client() -> None:
    with misbehaving() as stack:
        stack.add(FunctionError(), where={"route": "$connect"})
        with pytest.raises(websocket.WebSocketBadStatusException) as caught, stack.gateway.client():
            pass
        assert caught.value.status_code == 502
        assert stack.steps() == ["connecting", "refused"]


def test_a_cold_start_retires_the_invoked_function() -> None:
    with misbehaving() as stack:
        stack.add(ColdStart(), where={"function": "connect"})
        with stack.gateway.client():
            assert stack.retired == ["connect"]


def test_a_held_connect_is_gone_to_others_until_its_rule_is_removed() -> None:
    with misbehaving() as stack, stack.gateway.management() as management:
        rule = stack.add(ConnectHeld(3600))
        heard: list[Any] = []

        def connect() -> None:
            with stack.gateway.client() as client:
                heard.append(client.recv())

        thread = threading.Thread(target=connect)
        thread.start()
        stack.wait_for_step("held")
        connection_id = stack.gateway.newest_id()
        with pytest.raises(management.exceptions.GoneException):
            management.post_to_connection(ConnectionId=connection_id, Data=b"too early")
        stack.remove(rule)
        stack.wait_for_step("established")
        management.post_to_connection(ConnectionId=connection_id, Data=b"heard")
        thread.join(PATIENCE_S)
        assert heard == ["heard"]


def test_a_dropped_disconnect_never_comes() -> None:
    with misbehaving() as stack:
        rule = stack.add(DisconnectDropped())
        with stack.gateway.client():
            pass
        stack.wait_for_step("disconnect-dropped")
        stack.remove(rule)
        with stack.gateway.client():
            second = stack.gateway.newest_id()
        (event,) = stack.gateway.functions.of_type("DISCONNECT")
        assert event["requestContext"]["connectionId"] == second


def test_a_late_disconnect_comes_when_the_clock_has_moved() -> None:
    with misbehaving() as stack:
        stack.add(DisconnectLate(60))
        with stack.gateway.client():
            pass
        stack.wait_for_step("disconnect-late")
        assert stack.gateway.functions.of_type("DISCONNECT", 0) == []
        stack.gateway.on_loop(lambda: stack.controls.clock.advance(60))
        assert len(stack.gateway.functions.of_type("DISCONNECT")) == 1


def test_a_disconnect_can_come_twice() -> None:
    with misbehaving() as stack:
        stack.add(DisconnectTwice())
        with stack.gateway.client():
            pass
        first, second = stack.gateway.functions.of_type("DISCONNECT", 2)
        assert first == second


def test_the_trace_tells_the_course_of_a_connection() -> None:
    with misbehaving(SAY) as stack:
        with stack.gateway.client() as client:
            assert client.sock is not None
            port = client.sock.getsockname()[1]
            client.send('{"action":"say"}')
            stack.gateway.functions.of_type("MESSAGE")
            client.sock.shutdown(socket.SHUT_RDWR)
            stack.gateway.functions.of_type("DISCONNECT")
        eventually(lambda: len(stack.events()) == 7, "everything is over")
        assert stack.steps() == ["connecting", "established", "message", "ended"]
        (connecting, *_) = (event for event in stack.events() if isinstance(event, LifecycleStep))
        assert connecting.source_port == port
        routes = [event.route for event in stack.events() if isinstance(event, FunctionInvocation)]
        assert routes == ["$connect", "say", "$disconnect"]


def test_calls_that_are_refused_are_traced_too_and_meet_no_fault() -> None:
    with misbehaving() as stack:
        stack.add(ConnectionsAnswer(500))
        stack.gateway.exchange(b"POST /prod/@connections/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        (call,) = stack.calls()
        assert (call.status, call.connection_id, call.carried_out) == (403, None, False)


def test_pipelined_calls_are_answered_in_order_while_one_is_held() -> None:
    with misbehaving() as stack:
        call = b"POST /prod/@connections/x HTTP/1.1\r\nHost: x\r\n\r\n"
        last = b"GET /prod HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        answers = stack.gateway.exchange(call + call + last)
        assert re.findall(rb"HTTP/1.1 (\d+)", answers) == [b"403", b"403", b"426"]
