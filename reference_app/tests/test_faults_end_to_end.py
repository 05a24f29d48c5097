"""Every fault as a real function and a real client meet it, through the control endpoint of a real stack."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import websocket

from reference_app.tests.process_state import PATIENCE_S, eventually
from reference_app.tests.running_command import APPS, Running, running


@dataclass
class Client:
    """A client of the probe application."""

    socket: websocket.WebSocket

    def ask(self, do: str, **what: str) -> Any:
        self.socket.send(json.dumps({"action": "probe", "do": do, **what}))
        return json.loads(self.socket.recv())

    @property
    def id(self) -> str:
        return str(self.ask("tell")["id"])


@dataclass
class Controlled:
    """A stack and its controls."""

    stack: Running

    def request(self, method: str, path: str, document: object = None) -> Any:
        body = None if document is None else json.dumps(document).encode()
        request = urllib.request.Request(
            f"{self.stack.target['control']['url']}/v1/{path}",
            method=method,
            data=body,
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return json.load(answer)

    @contextmanager
    def fault(self, kind: str, where: dict[str, str] | None = None, **parameters: Any) -> Iterator[str]:
        """A fault while the block runs; normal behaviour after it."""
        rule = self.request("POST", "faults", {"fault": {"kind": kind, **parameters}, "where": where or {}})
        try:
            yield str(rule["id"])
        finally:
            self.request("DELETE", "faults")

    def trace(self, kind: str) -> list[dict[str, Any]]:
        url = f"{self.stack.target['control']['url']}/v1/trace?kind={kind}"
        with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:
            return [json.loads(line) for line in answer]

    def steps(self) -> list[str]:
        return [event["step"] for event in self.trace("lifecycle")]

    def wait_for_step(self, step: str, count: int = 1) -> None:
        eventually(lambda: self.steps().count(step) >= count, step)

    @contextmanager
    def client(self) -> Iterator[Client]:
        with self.stack.client() as socket:
            yield Client(socket)

    def wait_for_rows(self, count: int) -> None:
        eventually(lambda: len(self.stack.rows()) == count, f"{count} rows")


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Controlled]:
    template = APPS / "probe" / "template.yaml"
    # One environment a function: events queue for it, and its globals tell how many it has served.
    options = ("--control-port", "0", "--concurrency", "1")
    with running(tmp_path_factory.mktemp("stack"), template, *options) as result:
        yield Controlled(result)


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ({"kind": "connections-answer", "status": 410}, "GoneException"),
        ({"kind": "connections-answer", "status": 429}, "LimitExceededException"),
        ({"kind": "connections-answer", "status": 403}, "ForbiddenException"),
        ({"kind": "connections-answer", "status": 503}, "ServiceUnavailableException"),
        ({"kind": "connections-hang"}, "no answer"),
    ],
)
def test_a_function_meets_the_chosen_fate_for_the_chosen_connection(
    stack: Controlled, fault: dict[str, Any], outcome: str
) -> None:
    with stack.client() as sender, stack.client() as chosen, stack.client() as other:
        connection_id = chosen.id
        where = {"connection": connection_id, "function": "Probe"}
        with stack.fault(**fault, where=where) as rule:
            assert sender.ask("post", to=connection_id, data='"lost"') == outcome
            assert sender.ask("post", to=other.id, data='"heard"') == "posted"
            assert json.loads(other.socket.recv()) == "heard"
        assert sender.ask("post", to=connection_id, data='"heard"') == "posted"
        assert json.loads(chosen.socket.recv()) == "heard"
    call = next(call for call in stack.trace("connections-call") if call["faults"] == [rule])
    assert (call["connection_id"], call["function"], call["carried_out"]) == (connection_id, "Probe", False)


def test_an_ambiguous_post_arrives_although_it_failed(stack: Controlled) -> None:
    with stack.client() as sender, stack.client() as receiver:
        with stack.fault("connections-answer", status=500, carried_out=True):
            assert sender.ask("post", to=receiver.id, data='"heard"') == "InternalServerErrorException"
        assert json.loads(receiver.socket.recv()) == "heard"


def test_posts_can_be_slow(stack: Controlled) -> None:
    slow = stack.fault("connections-latency", min_s=0.02, max_s=0.03)
    with stack.client() as sender, stack.client() as receiver, slow as rule:
        assert sender.ask("post", to=receiver.id, data="1") == "posted"
    call = next(call for call in stack.trace("connections-call") if call["faults"] == [rule])
    assert call["ended_ns"] - call["started_ns"] >= 20_000_000


def test_a_function_sees_small_and_empty_pages(stack: Controlled) -> None:
    with stack.client() as one, stack.client(), stack.client(), stack.client():
        stack.wait_for_rows(4)
        whole = sorted(one.ask("scan")[0])
        with stack.fault("table-pages", limit=2, empty=True):
            pages = one.ask("scan")
        assert len(whole) == 4
        assert [] in pages[:-1]
        assert sorted(name for page in pages for name in page) == whole
        assert len(one.ask("scan")) == 1


def test_a_throttled_table_refuses_connects_until_it_recovers(stack: Controlled) -> None:
    with stack.fault("table-throttled", where={"operation": "PutItem"}):
        with pytest.raises(websocket.WebSocketBadStatusException) as caught, stack.client():
            pass
        assert caught.value.status_code == 502
    with stack.client() as client:
        assert client.id
    refused = [
        call for call in stack.trace("table-call") if call["operation"] == "PutItem" and call["faults"]
    ]
    assert refused[-1]["error_type"] == "ProvisionedThroughputExceededException"


def test_a_newcomer_is_missing_from_a_lagging_read(stack: Controlled) -> None:
    with stack.client() as first:
        stack.wait_for_rows(1)
        with stack.fault("table-lag", seconds=3600), stack.client() as newcomer:
            assert first.ask("scan") == [[first.id]]
            assert newcomer.id in stack.stack.rows()
            second = newcomer.id
            stack.request("DELETE", "faults")
            assert sorted(first.ask("scan")[0]) == sorted([first.id, second])


def test_a_held_connect_has_a_row_and_is_gone(stack: Controlled) -> None:
    with stack.client() as sender:
        stack.wait_for_rows(1)
        known = {sender.id}
        heard: list[Any] = []

        def join() -> None:
            with stack.client() as pending:
                heard.append(json.loads(pending.socket.recv()))

        with stack.fault("connect-held", seconds=3600):
            thread = threading.Thread(target=join)
            thread.start()
            stack.wait_for_rows(2)
            (pending,) = set(stack.stack.rows()) - known
            assert sender.ask("post", to=pending, data='"too early"') == "GoneException"
        eventually(lambda: bool(sender.ask("post", to=pending, data='"heard"') == "posted"), "established")
        thread.join(PATIENCE_S)
        assert heard == ["heard"]


def test_a_failed_function_and_a_cold_start_are_seen_by_the_client(stack: Controlled) -> None:
    with stack.client() as client:
        warm = client.ask("tell")["served"]
        with stack.fault("function-error", where={"route": "probe"}):
            assert client.ask("tell")["message"] == "Internal server error"
        assert client.ask("tell")["served"] == warm + 1
        with stack.fault("cold-start", where={"function": "Probe"}):
            assert client.ask("tell")["served"] == 1
        assert client.ask("tell")["served"] == 2


def test_disconnects_come_twice_late_or_never(stack: Controlled) -> None:
    def disconnects() -> int:
        return [event["route"] for event in stack.trace("invocation")].count("$disconnect")

    stack.wait_for_rows(0)
    before = disconnects()
    with stack.fault("disconnect-twice"):
        with stack.client():
            stack.wait_for_rows(1)
        eventually(lambda: disconnects() == before + 2, "both")
    with stack.fault("disconnect-late", seconds=3600):
        with stack.client():
            stack.wait_for_rows(1)
        stack.wait_for_step("disconnect-late")
        assert len(stack.stack.rows()) == 1
    stack.wait_for_rows(0)
    with stack.fault("disconnect-dropped"):
        with stack.client():
            stack.wait_for_rows(1)
        stack.wait_for_step("disconnect-dropped")
    assert len(stack.stack.rows()) == 1


def test_moving_the_clock_ends_idle_connections_and_old_rows(stack: Controlled) -> None:
    """The last one: what it does to the clock stays."""
    stale = len(stack.stack.rows())
    with stack.client() as client:
        stack.wait_for_rows(stale + 1)
        moved = stack.request("POST", "clock", {"advance_s": 660})
        assert (moved["moved_s"], moved["expired_rows"]) == (660, 0)
        opcode, frame = client.socket.recv_data()
        assert (opcode, frame) == (websocket.ABNF.OPCODE_CLOSE, b"\x03\xe9Going away")
        # Having answered the close frame, the client would not close its socket any more.
        assert client.socket.sock is not None
        client.socket.sock.close()
    stack.wait_for_rows(stale)
    assert stack.request("POST", "clock", {"advance_s": 4 * 3600})["expired_rows"] == stale
    assert stack.stack.rows() == []
