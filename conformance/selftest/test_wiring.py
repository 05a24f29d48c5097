from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.harness.contract import Bounds, Contract
from conformance.harness.errors import ConnectionLost, UsageError
from conformance.harness.fleet import Fleet
from conformance.harness.message_format import ReceiveFormat, SendFormat
from conformance.harness.target import Target, load_target
from conformance.harness.target_file import Routing
from conformance.harness.wiring import Wiring, check_wiring
from reports.history_writer import HistoryWriter

from .broadcast_server import BroadcastServer
from .certificates import certificates
from .scripted_peer import ScriptedPeer


@contextmanager
def fleet_to(url: str, folder: Path, **changes: object) -> Iterator[Fleet]:
    target = load_target(url)
    assert isinstance(target, Target)
    target = replace(target, bounds=Bounds(deliver_s=0.2), **changes)  # type: ignore[arg-type]
    with Fleet(target, HistoryWriter(folder)) as fleet:
        yield fleet


def wiring_of(server: BroadcastServer, folder: Path, **changes: object) -> Wiring:
    with fleet_to(server.url, folder, **changes) as fleet:
        return check_wiring(fleet)


def complaint(url: str, folder: Path) -> str:
    with fleet_to(url, folder) as fleet, pytest.raises(UsageError) as caught:
        check_wiring(fleet)
    return str(caught.value)


def test_a_message_that_comes_back_is_good_wiring(tmp_path: Path) -> None:
    with BroadcastServer() as server:
        assert wiring_of(server, tmp_path) == Wiring(routed=True, heard=True)
        assert len(server.requests) == 1


def test_a_backend_without_echo_is_tried_with_two_clients(tmp_path: Path) -> None:
    with BroadcastServer() as server:
        assert wiring_of(server, tmp_path, contract=Contract(echo_to_sender=False)).heard
        assert len(server.requests) == 2


def test_a_route_selection_that_does_not_match_is_said_in_words(tmp_path: Path) -> None:
    with BroadcastServer(selector="message") as server:
        wiring = wiring_of(server, tmp_path)
    assert not wiring.routed
    (remark,) = wiring.remarks
    assert 'the API does not route {"action":"sendmessage"' in remark
    assert "its RouteSelectionExpression probably is not $request.body.action" in remark


def test_the_routes_that_a_local_stack_has_are_told(tmp_path: Path) -> None:
    routing = Routing("$request.body.message", ("$connect", "$disconnect", "join", "say"))
    with BroadcastServer(selector="message") as server:
        (remark,) = wiring_of(server, tmp_path, routing=routing).remarks
    assert "RouteSelectionExpression is $request.body.message" in remark
    assert "its routes for messages are: join, say. Deploy" in remark


def test_a_plain_message_without_a_default_route_is_said_in_words(tmp_path: Path) -> None:
    with BroadcastServer(selector="message") as server:
        wiring = wiring_of(server, tmp_path, send=SendFormat("{payload}"))
    assert "no $default route" in wiring.remarks[0]


def test_silence_is_said_in_words(tmp_path: Path) -> None:
    with BroadcastServer(silent=True, selector="message") as server:
        wiring = wiring_of(server, tmp_path)
    assert (wiring.routed, wiring.heard) == (True, False)
    assert "nothing came back within 0.2 s" in wiring.remarks[0]


def test_a_payload_in_another_field_than_the_template_expects_is_a_usage_error(tmp_path: Path) -> None:
    with (
        BroadcastServer(alter=lambda data: f'{{"said":{{"text":"{data}"}}}}') as server,
        fleet_to(server.url, tmp_path, receive=ReceiveFormat({"message": "{payload}"})) as fleet,
        pytest.raises(UsageError) as caught,
    ):
        check_wiring(fleet)
    assert '{"said":{"text":"cp1.' in str(caught.value)
    assert '[message] receive = { message = "{payload}" } does not find' in str(caught.value)
    assert 'say [message] receive = { said = { text = "{payload}" } }' in str(caught.value)


def test_a_message_that_is_not_broadcast_where_the_usual_one_is_is_a_usage_error(tmp_path: Path) -> None:
    mistyped = SendFormat({"action": "sendMesage", "data": "{payload}"})
    with (
        BroadcastServer() as server,
        fleet_to(server.url, tmp_path, send=mistyped) as fleet,
        pytest.raises(UsageError, match=r'sendMesage.* is not broadcast, and .*"sendmessage".* is: correct'),
    ):
        check_wiring(fleet)


def test_where_the_usual_message_is_not_broadcast_either_the_backend_may_be_at_fault(tmp_path: Path) -> None:
    with BroadcastServer(selector="message") as server:
        wiring = wiring_of(server, tmp_path, send=SendFormat({"action": "say", "data": "{payload}"}))
    assert not wiring.routed
    assert "$request.body.action" in wiring.remarks[0]


def test_the_template_of_raw_payloads_is_shown_as_it_is_written(tmp_path: Path) -> None:
    with BroadcastServer(alter=str.upper) as server:
        (remark,) = wiring_of(server, tmp_path).remarks
    assert '[message] receive = "{payload}"' in remark


def test_any_other_answer_is_shown(tmp_path: Path) -> None:
    with BroadcastServer(alter=lambda _: '{"message": "Internal server error"}') as server:
        wiring = wiring_of(server, tmp_path)
    assert (wiring.routed, wiring.heard) == (True, False)
    assert "Internal server error" in wiring.remarks[0]


def test_a_connection_that_the_message_ends_is_said_in_words(tmp_path: Path) -> None:
    with ScriptedPeer(behind=b"\x88\x02\x03\xf3") as peer, fleet_to(peer.url, tmp_path) as fleet:
        wiring = check_wiring(fleet)
    assert not wiring.heard
    assert wiring.remarks


def test_a_message_that_cannot_be_sent_is_said_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_arguments: object) -> int:
        raise ConnectionLost("reset")

    monkeypatch.setattr(Fleet, "broadcast", lost)
    with BroadcastServer() as server:
        wiring = wiring_of(server, tmp_path)
    assert not wiring.heard
    assert "could not be sent: the connection was lost: reset" in wiring.remarks[0]


def test_nobody_listening_is_a_usage_error(tmp_path: Path) -> None:
    with ScriptedPeer() as peer:
        url = peer.url
    assert "nothing listens there" in complaint(url, tmp_path)


def test_a_certificate_that_is_not_trusted_is_a_usage_error(tmp_path: Path) -> None:
    with ScriptedPeer(tls=certificates().server) as peer:
        assert "SSL_CERT_FILE" in complaint(peer.url, tmp_path)


def test_a_private_authority_can_be_trusted_by_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued = certificates()
    monkeypatch.setenv("SSL_CERT_FILE", str(issued.write_authority(tmp_path)))
    assert ssl.get_default_verify_paths().cafile
    with BroadcastServer(tls=issued.server) as server:
        assert wiring_of(server, tmp_path).heard


@pytest.mark.parametrize(
    ("status", "words"),
    [(401, "authorizer"), (403, "no such stage"), (404, "path"), (429, "throttled"), (502, "see its log")],
)
def test_a_refused_handshake_says_what_it_usually_means(tmp_path: Path, status: int, words: str) -> None:
    with BroadcastServer(refuse=(status, "said the server")) as server:
        message = complaint(server.url, tmp_path)
    assert f"HTTP {status}" in message
    assert "said the server" in message
    assert words in message


def test_an_answer_that_is_no_http_is_a_usage_error(tmp_path: Path) -> None:
    with ScriptedPeer(answer=b"SSH-2.0-OpenSSH_9.6\r\n\r\n") as peer:
        message = complaint(peer.url, tmp_path)
    assert "broke off" in message
    assert "is it wss://" in message


def test_what_is_said_of_the_target_shows_no_secret(tmp_path: Path) -> None:
    with (
        BroadcastServer(refuse=(403, "bad token planted-token")) as server,
        fleet_to(server.url, tmp_path, secrets=("planted-token",)) as fleet,
        pytest.raises(UsageError) as caught,
    ):
        check_wiring(fleet)
    assert "planted" not in str(caught.value)


def test_an_api_gateway_url_without_a_stage_is_noticed() -> None:
    from conformance.harness.wiring import _stage_advice

    assert "ends with the stage" in _stage_advice("wss://abc123.execute-api.eu-west-1.amazonaws.com")
    assert _stage_advice("wss://abc123.execute-api.eu-west-1.amazonaws.com/prod") == ""
    assert _stage_advice("wss://chat.example.org") == ""
