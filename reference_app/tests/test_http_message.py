from __future__ import annotations

import re

from reference_app.gateway.http_message import HttpAnswer, HttpRequest, json_answer, message_body


def test_a_target_splits_into_path_and_query_as_sent() -> None:
    request = HttpRequest("GET", "/a%3D?b=c?d", ())
    assert (request.path, request.query) == ("/a%3D", "b=c?d")


def test_headers_are_found_whatever_their_case() -> None:
    request = HttpRequest("GET", "/", (("X-A", "1"), ("x-a", "2")))
    assert (request.header("x-a"), request.header_values("x-a"), request.header("x-b")) == (
        "1",
        ("1", "2"),
        None,
    )


def test_an_answer_begins_with_status_and_date() -> None:
    written = HttpAnswer(410, (("a", "b"),), b"body").serialise(close=False)
    assert re.fullmatch(rb"HTTP/1.1 410 Gone\r\ndate: [A-Z][^\r]+ GMT\r\na: b\r\n\r\nbody", written)


def test_the_last_answer_says_so() -> None:
    assert b"\r\nconnection: close\r\n\r\n" in HttpAnswer(204).serialise(close=True)


def test_a_status_of_the_functions_own_making_can_be_written() -> None:
    assert HttpAnswer(599).serialise(close=True).startswith(b"HTTP/1.1 599 Unknown\r\n")


def test_a_json_answer_counts_bytes() -> None:
    assert json_answer(200, "ü".encode()).headers == (
        ("content-type", "application/json"),
        ("content-length", "2"),
    )


def test_a_message_body_has_no_space_after_the_colon() -> None:
    """MG-14."""
    assert message_body('"ü"') == '{"message":"\\"ü\\""}'.encode()
