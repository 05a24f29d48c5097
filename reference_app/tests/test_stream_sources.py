"""Streams that invoke functions, with a stream and a function that are made up: ES-1, ES-2, ES-3, ES-5."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any, cast

import pytest

from reference_app.gateway.clock import MovableClock
from reference_app.gateway.dynamodb.engine_calls import EngineError
from reference_app.gateway.functions import stream_sources
from reference_app.gateway.functions.invocation import Failed, InvocationFacts, Returned
from reference_app.gateway.functions.stream_batches import Record
from reference_app.gateway.functions.stream_reader import StreamReader
from reference_app.gateway.functions.stream_sources import StreamPoller
from reference_app.gateway.http_client import OriginError
from reference_app.gateway.template.application import StreamSource

SOURCE = StreamSource("F", "t", "arn", "LATEST", batch_size=3)
OK, BROKEN = Returned(b"null"), Failed("unhandled", "ValueError", "no")
RETRY_S = 1.0


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_sources, "POLL_S", 0.001)


class Scripted:
    """A stream with these records, and a function that fails for some."""

    def __init__(self, source: StreamSource, records: str, *outcomes: Returned | Failed) -> None:
        self.source = source
        self._records = list(records)
        self._outcomes = list(outcomes)
        self.batches: list[str] = []
        self.facts: list[InvocationFacts] = []
        self.told: list[str] = []

    async def start(self, position: str) -> None:
        assert position == self.source.starting_position

    async def read(self, limit: int) -> list[Record]:
        page, self._records = self._records[:limit], self._records[limit:]
        return [{"eventName": "INSERT", "dynamodb": {"SequenceNumber": name}} for name in page]

    async def run(self, facts: InvocationFacts, event: bytes) -> Returned | Failed:
        records: list[dict[str, Any]] = json.loads(event)["Records"]
        self.batches.append("".join(record["dynamodb"]["SequenceNumber"] for record in records))
        self.facts.append(facts)
        return self._outcomes.pop(0) if self._outcomes else OK


class Interrupted(Scripted):
    """A stream whose endpoint fails three times before it answers."""

    def __init__(self, records: str) -> None:
        super().__init__(SOURCE, records)
        self._failures = [EngineError("GetRecords: 500"), OriginError("refused"), OriginError("refused")]

    async def read(self, limit: int) -> list[Record]:
        if self._failures:
            raise self._failures.pop()
        return await super().read(limit)


def polled(scripted: Scripted, batches: int, *, step_s: float = RETRY_S) -> list[str]:
    """The batches in the order in which the function got them; waits for so many."""

    async def run() -> None:
        clock = MovableClock()
        reader = cast("StreamReader", scripted)
        poller = StreamPoller(
            scripted.source,
            reader,
            scripted.run,
            clock=clock,
            region="eu-west-1",
            retry_s=RETRY_S,
            notify=scripted.told.append,
        )
        await poller.start()
        async with asyncio.timeout(10.0):
            while len(scripted.batches) < batches:
                clock.advance(step_s)
                await asyncio.sleep(0.001)
        await poller.stop()

    asyncio.run(run())
    return scripted.batches


def test_records_come_in_batches_in_their_order() -> None:
    scripted = Scripted(SOURCE, "abcd")

    assert polled(scripted, 2) == ["abc", "d"]
    first = scripted.facts[0]
    assert (first.function, first.route, first.connection_id, first.cause) == ("F", "", "", "stream of t")


def test_a_batch_that_fails_is_tried_again_before_anything_that_follows() -> None:
    assert polled(Scripted(SOURCE, "abcd", BROKEN, BROKEN), 4) == ["abc", "abc", "abc", "d"]


def test_a_batch_is_given_up_after_the_attempts_that_the_template_grants() -> None:
    scripted = Scripted(replace(SOURCE, retries=1), "abcd", BROKEN, BROKEN)

    assert polled(scripted, 3) == ["abc", "abc", "d"]
    assert scripted.told == ["3 records of stream of t are given up by F"]


def test_a_batch_is_given_up_at_the_age_that_the_template_grants() -> None:
    scripted = Scripted(replace(SOURCE, oldest_s=60.0), "abcd", BROKEN, BROKEN, BROKEN)

    assert polled(scripted, 3, step_s=50.0)[-1] == "d"
    assert len(scripted.told) == 1


def test_a_batch_that_fails_is_halved_where_the_template_says_so_and_that_is_no_attempt() -> None:
    source = replace(SOURCE, bisects=True, retries=0)
    scripted = Scripted(source, "abcd", BROKEN, OK, BROKEN, BROKEN, OK)

    assert polled(scripted, 6) == ["abc", "a", "bc", "b", "c", "d"]
    assert scripted.told == ["1 records of stream of t are given up by F"]


def test_only_what_the_result_names_as_failed_comes_again() -> None:
    failures = Returned(b'{"batchItemFailures": [{"itemIdentifier": "b"}]}')

    assert polled(Scripted(replace(SOURCE, reports_failures=True), "abc", failures), 2) == ["abc", "bc"]


def test_filtered_records_are_not_sent() -> None:
    source = replace(SOURCE, filters=({"dynamodb": {"SequenceNumber": ["c", "d"]}},))

    assert polled(Scripted(source, "abcd"), 2) == ["c", "d"]


def test_a_window_gathers_records_until_it_is_over() -> None:
    class Slow(Scripted):
        async def read(self, limit: int) -> list[Record]:
            return await super().read(min(limit, 1))

    assert polled(Slow(replace(SOURCE, window_s=5.0, batch_size=4), "abc"), 1, step_s=0.01) == ["abc"]


def test_an_endpoint_that_fails_for_a_while_is_told_once_and_asked_again() -> None:
    stream = Interrupted("ab")

    assert polled(stream, 1) == ["ab"]
    assert stream.told == ["the stream of t cannot be read, it is tried again: refused"]
