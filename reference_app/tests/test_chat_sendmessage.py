from __future__ import annotations

import importlib
import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from reference_app.tests.chat_backend import (
    Context,
    ManagementApi,
    empty_table,
    event,
    items_of,
    lambda_environment,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from reference_app.chat.chatapp.connection_table import ConnectionTable

    Send = Callable[..., ManagementApi]

LONG_AGO_MS = 1_731_332_735_513
HELLO = '{"action":"sendmessage","data":"hello"}'


@pytest.fixture
def sendmessage() -> ModuleType:
    with lambda_environment():
        return importlib.import_module("reference_app.chat.chatapp.sendmessage")


@pytest.fixture
def table(sendmessage: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Iterator[ConnectionTable]:
    """Three connections that have been open for long."""
    with empty_table() as table:
        monkeypatch.setattr(sendmessage, "TABLE", table)
        for connection_id in ("a", "b", "c"):
            table.add(connection_id, LONG_AGO_MS)
        yield table


@pytest.fixture
def send(sendmessage: ModuleType, table: ConnectionTable, monkeypatch: pytest.MonkeyPatch) -> Send:
    """Let `a` send a body while the gateway answers as told; give back what the gateway saw."""

    def send(
        body: str | None = HELLO, remaining_ms: int = 28_000, status: int = 200, **answers: list[int]
    ) -> ManagementApi:
        gateway = ManagementApi(answers)
        monkeypatch.setattr(sendmessage, "management_api", lambda *_: gateway)
        assert sendmessage.handler(event("a", body), Context(remaining_ms)) == {"statusCode": status}
        return gateway

    return send


def logged(capsys: pytest.CaptureFixture[str], event_name: str) -> list[dict[str, Any]]:
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [record for record in records if record["event"] == event_name]


def test_everybody_hears_the_message_once_the_sender_included(send: Send) -> None:
    assert send().posts == {"a": [b"hello"], "b": [b"hello"], "c": [b"hello"]}


@pytest.mark.parametrize("gone", ["a", "b", "c"])
def test_the_row_of_a_gone_connection_goes_and_the_others_hear_the_message(
    send: Send, table: ConnectionTable, gone: str
) -> None:
    others = {"a", "b", "c"} - {gone}
    assert set(send(**{gone: [410]}).posts) == others
    assert set(items_of(table)) == others


def test_a_410_for_a_connection_that_may_still_be_connecting_leaves_its_row(
    send: Send, table: ConnectionTable
) -> None:
    table.add("new", time.time_ns() // 1_000_000)
    assert set(send(new=[410]).posts) == {"a", "b", "c"}
    assert set(items_of(table)) == {"a", "b", "c", "new"}


@pytest.mark.parametrize("status", [400, 403, 500, 503])
def test_another_failure_is_logged_and_its_row_stays(
    send: Send, table: ConnectionTable, capsys: pytest.CaptureFixture[str], status: int
) -> None:
    gateway = send(b=[status])
    assert set(gateway.posts) == {"a", "c"}
    assert gateway.attempts["b"] == 1
    assert set(items_of(table)) == {"a", "b", "c"}
    assert [record["connectionId"] for record in logged(capsys, "not_delivered")] == ["b"]


def test_a_throttled_connection_hears_the_message_later(send: Send) -> None:
    assert send(b=[429, 429]).posts == {"a": [b"hello"], "b": [b"hello"], "c": [b"hello"]}


def test_a_malformed_row_disturbs_nobody(send: Send, table: ConnectionTable) -> None:
    table.client.put_item(
        TableName=table.name, Item={"connectionId": {"S": "not an id"}, "connectedAt": {"L": []}}
    )
    assert {"a", "b", "c"} <= set(send(**{"not an id": [400]}).posts)


@pytest.mark.parametrize("body", [None, "no json", '{"action":"sendmessage"}', '{"data":"\\ud800"}'])
def test_an_unusable_message_is_answered_to_the_sender_alone(send: Send, body: str | None) -> None:
    posts = send(body).posts
    assert set(posts) == {"a"}
    [frame] = posts["a"]
    assert set(json.loads(frame)) == {"message", "connectionId", "requestId"}


def test_a_sender_who_left_before_the_error_frame_is_no_failure(send: Send) -> None:
    assert send("no json", a=[410]).posts == {}


def test_a_payload_that_the_gateway_finds_too_large_is_reported_to_the_sender(send: Send) -> None:
    posts = send(a=[413], b=[413], c=[413]).posts
    assert set(posts) == {"a"}
    assert json.loads(posts["a"][0])["message"] == "Message too large"


def test_a_broadcast_that_reaches_nobody_is_no_success(send: Send) -> None:
    assert send(a=[403], b=[403], c=[403], status=502).posts == {}


def test_a_broadcast_that_finds_everybody_gone_is_a_success(send: Send) -> None:
    assert send(a=[410], b=[410], c=[410], status=200).posts == {}


def test_nothing_is_posted_without_the_time_for_it_and_the_loss_is_logged(
    send: Send, capsys: pytest.CaptureFixture[str]
) -> None:
    assert send(remaining_ms=1000, status=502).posts == {}
    assert {record["outcome"] for record in logged(capsys, "not_delivered")} == {"out-of-time"}


def test_a_broadcast_is_summed_up_in_the_log(
    send: Send, table: ConnectionTable, capsys: pytest.CaptureFixture[str]
) -> None:
    send(b=[410], c=[403])
    [summary] = logged(capsys, "broadcast")
    assert summary["outcomes"] == {"delivered": 1, "gone": 1, "refused": 1}
    assert summary["rows"] == {"removed": 1}
