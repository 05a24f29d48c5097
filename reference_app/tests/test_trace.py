"""The trace's memory: numbers, gaps, followers, lines."""

from __future__ import annotations

import asyncio
import json

from reference_app.gateway.control.trace import Entry, FaultSwitched, Gap, TableCall, Trace, line

EVENT = FaultSwitched("fault-1", on=True)


def filled(capacity: int, count: int) -> Trace:
    trace = Trace(capacity)
    for number in range(count):
        trace.add(EVENT, started_ns=number, ended_ns=number + 1, epoch_ms=5)
    return trace


def numbers(entries: list[Entry | Gap]) -> list[int | tuple[int, int]]:
    return [entry.seq if isinstance(entry, Entry) else (entry.first, entry.last) for entry in entries]


def test_entries_are_numbered_from_one() -> None:
    trace = filled(10, 3)
    assert numbers(list(trace.since(0))) == [1, 2, 3]
    assert numbers(list(trace.since(2))) == [3]
    assert list(trace.since(3)) == list(trace.since(9)) == []
    assert trace.last == 3


def test_what_is_forgotten_before_it_is_read_is_a_gap() -> None:
    trace = filled(2, 5)
    assert numbers(list(trace.since(0))) == [(1, 3), 4, 5]
    assert numbers(list(trace.since(3))) == [4, 5]


def test_followers_hear_what_comes_each_at_their_own_pace() -> None:
    async def run() -> tuple[list[Entry | Gap], list[Entry | Gap]]:
        trace = filled(10, 1)
        prompt, slow = trace.follow(0), trace.follow(0)
        await anext(prompt)
        coming = asyncio.ensure_future(anext(prompt))
        await asyncio.sleep(0)
        for number in range(11):
            trace.add(EVENT, started_ns=number, ended_ns=number, epoch_ms=0)
        return await coming, await anext(slow)

    prompt, slow = asyncio.run(run())
    assert numbers(prompt) == [(2, 2), *range(3, 13)]
    assert numbers(slow) == [(1, 2), *range(3, 13)]


def test_a_line_is_one_json_object_with_times_and_outcome() -> None:
    call = TableCall("Scan", "t", "Send", None, '{"a":"\n"}', 200, None, 2, False, ("fault-1",))
    text = line(Entry(7, 1, 2, 3, call))
    assert text.count(b"\n") == 1
    assert json.loads(text) == {
        "seq": 7,
        "kind": "table-call",
        "started_ns": 1,
        "ended_ns": 2,
        "epoch_ms": 3,
        "operation": "Scan",
        "table": "t",
        "function": "Send",
        "call_id": None,
        "request": '{"a":"\n"}',
        "status": 200,
        "error_type": None,
        "items": 2,
        "has_more": False,
        "faults": ["fault-1"],
    }


def test_a_gap_has_a_line_of_its_own() -> None:
    assert json.loads(line(Gap(1, 4))) == {"kind": "gap", "first": 1, "last": 4}
