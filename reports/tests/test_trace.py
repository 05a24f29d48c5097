from __future__ import annotations

import pytest

from reports.trace import ConnectionsCall, Gap, LifecycleStep, Trace, TraceError, trace_of, trace_row

TIMES = {"seq": 1, "started_ns": 10, "ended_ns": 20, "epoch_ms": 5}
POST = {**TIMES, "kind": "connections-call", "method": "POST", "connection_id": "a=", "status": 410}


def test_a_line_becomes_a_typed_row() -> None:
    row = trace_row({**POST, "faults": ["fault-1"]})
    assert isinstance(row, ConnectionsCall)
    assert (row.method, row.connection_id, row.status, row.faults) == ("POST", "a=", 410, ("fault-1",))


def test_what_only_newer_stacks_know_is_left_out() -> None:
    assert isinstance(trace_row({**POST, "colour": "blue"}), ConnectionsCall)
    assert trace_row({**TIMES, "kind": "weather"}) is None


def test_a_line_without_what_its_kind_demands_is_refused() -> None:
    with pytest.raises(TraceError, match="step"):
        trace_row({**TIMES, "kind": "lifecycle"})


def test_rows_are_taken_by_kind() -> None:
    trace = trace_of([POST, {**TIMES, "kind": "lifecycle", "step": "ended", "connection_id": "a="}])
    assert [row.step for row in trace.of(LifecycleStep)] == ["ended"]


def test_a_trace_with_a_gap_or_without_a_row_proves_no_absence() -> None:
    assert trace_of([POST]).whole
    assert not Trace().whole
    assert not trace_of([POST, {"kind": "gap", "first": 2, "last": 9}]).whole
    assert trace_of([{"kind": "gap", "first": 2, "last": 9}]).rows == [Gap(2, 9)]
