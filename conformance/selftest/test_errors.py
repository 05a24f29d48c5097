from __future__ import annotations

import socket
import ssl

import pytest

from conformance.harness.errors import (
    ChurnproofError,
    ConnectionLost,
    HandshakeBroken,
    HandshakeRefused,
    HarnessError,
    SendStalled,
    TargetFailure,
    TlsFailure,
    Unreachable,
    UsageError,
)
from reports.results import Exit


def test_usage_errors_and_harness_errors_carry_the_exit_codes_of_the_contract() -> None:
    assert UsageError("x").exit_code is Exit.USAGE
    assert HarnessError("x").exit_code is Exit.HARNESS_ERROR


def test_failures_of_the_target_are_no_errors_of_ours() -> None:
    assert not issubclass(TargetFailure, ChurnproofError)
    assert not issubclass(ChurnproofError, TargetFailure)


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (socket.gaierror(-2, "Name or service not known"), "does not resolve"),
        (ConnectionRefusedError(111, "Connection refused"), "nothing listens"),
        (TimeoutError(), "firewalls"),
        (OSError(113, "No route to host"), "No route to host"),
    ],
)
def test_unreachable_says_where_and_what_to_look_at(cause: OSError, words: str) -> None:
    message = str(Unreachable("example.org:443", cause))
    assert "example.org:443" in message
    assert words in message


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (TimeoutError(), "did not end in time"),
        (ConnectionResetError(104, "Connection reset by peer"), "Connection reset"),
    ],
)
def test_a_tls_failure_says_why(cause: OSError, words: str) -> None:
    assert words in str(TlsFailure("example.org:443", cause))


def test_a_server_without_tls_suggests_ws() -> None:
    cause = ssl.SSLError(1, "wrong version number")
    cause.reason = "WRONG_VERSION_NUMBER"
    assert "ws://" in str(TlsFailure("example.org:80", cause))


def test_a_refusal_quotes_the_beginning_of_its_body() -> None:
    message = str(HandshakeRefused("example.org:443", 403, {}, '{"message":"Forbidden"}' + "x" * 1000))
    assert "403" in message
    assert "Forbidden" in message
    assert len(message) < 500


def test_a_refusal_without_a_body_says_nothing_of_one() -> None:
    assert "saying" not in str(HandshakeRefused("example.org:443", 502, {}, " \n"))


def test_each_failure_says_whether_the_operation_may_have_taken_effect() -> None:
    assert Unreachable("x", TimeoutError()).outcome == "failed"
    assert HandshakeRefused("x", 403, {}, "").outcome == "failed"
    assert HandshakeBroken("x", "cut").outcome == "unknown"
    assert ConnectionLost("reset").outcome == "unknown"
    assert ConnectionLost("closed before", outcome="failed").outcome == "failed"
    assert SendStalled(10, 1.0).outcome == "unknown"


def test_a_stalled_send_says_how_much_is_left() -> None:
    assert "4096 bytes" in str(SendStalled(4096, 2.0))


def test_failures_of_the_same_kind_are_alike_whatever_the_answer_named() -> None:
    refused = [HandshakeRefused("h:1", 403, {"x-amzn-requestid": i}, f"request {i}") for i in "ab"]
    stalled = [SendStalled(unsent, unsent / 10) for unsent in (3, 7)]
    assert [len({failure.alike for failure in failures}) for failures in (refused, stalled)] == [1, 1]
    assert all(str(failure).startswith(failure.alike) for failure in (*refused, *stalled))
