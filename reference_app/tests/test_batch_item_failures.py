"""What a function's result says of the records that it was sent: ES-3, SQ-5."""

from __future__ import annotations

import json

import pytest

from reference_app.gateway.functions.batch_item_failures import failed_items


def failing(*names: str | None) -> bytes:
    return json.dumps({"batchItemFailures": [{"itemIdentifier": name} for name in names]}).encode()


@pytest.mark.parametrize(
    "payload", [b"null", b"{}", b'{"batchItemFailures": []}', b'{"batchItemFailures": null}']
)
def test_a_result_may_name_nothing(payload: bytes) -> None:
    assert failed_items(payload, ["a"]) == frozenset()


def test_a_result_names_what_failed() -> None:
    assert failed_items(failing("c", "a"), ["a", "b", "c"]) == frozenset({"a", "c"})


@pytest.mark.parametrize(
    "payload",
    [
        failing("x"),
        failing("a", None),
        failing(""),
        b'{"batchItemFailures": [{"id": "a"}]}',
        b'{"batchItemFailures": ["a"]}',
        b'"a"',
        b"{",
    ],
)
def test_a_result_that_makes_no_sense_fails_everything(payload: bytes) -> None:
    assert failed_items(payload, ["a"]) is None
