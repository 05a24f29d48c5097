from __future__ import annotations

import json
from pathlib import Path

import pytest

from reports.trace import Invocation, TraceError
from reports.trace_file import NAME, TraceWriter, read_trace

LINE = {
    "seq": 1,
    "kind": "invocation",
    "started_ns": 10,
    "ended_ns": 20,
    "epoch_ms": 5,
    "function": "Send",
    "route": "sendmessage",
    "connection_id": "a=",
    "request_id": "r",
    "outcome": "returned",
    "detail": '{"statusCode": 200}',
}


def written(folder: Path, *lines: dict[str, object], secrets: tuple[str, ...] = ()) -> str:
    writer = TraceWriter(folder, secrets)
    for line in lines:
        writer.append(json.dumps(line).encode() + b"\n")
    writer.close()
    return (folder / NAME).read_text()


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    written(tmp_path, LINE)
    (row,) = read_trace(tmp_path).of(Invocation)
    assert (row.function, row.outcome) == ("Send", "returned")


def test_a_run_without_a_trace_has_an_empty_one(tmp_path: Path) -> None:
    assert read_trace(tmp_path).rows == []


def test_a_line_cut_off_at_the_end_is_left_out(tmp_path: Path) -> None:
    text = written(tmp_path, LINE)
    (tmp_path / NAME).write_text(text + text[:30])
    assert len(read_trace(tmp_path).rows) == 1


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text(written(tmp_path, LINE) + "{]\n")
    with pytest.raises(TraceError, match=r"trace\.jsonl:2"):
        read_trace(tmp_path)


def test_secrets_are_replaced_in_texts_and_numbers_are_left_alone(tmp_path: Path) -> None:
    line = {**LINE, "detail": 'the "password" is 12345678', "epoch_ms": 12345678}
    text = written(tmp_path, line, secrets=("12345678", 'the "password"'))
    assert text.count("12345678") == 1
    assert json.loads(text)["detail"] == "[redacted] is [redacted]"
