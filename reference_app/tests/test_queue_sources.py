"""Queues that invoke functions, with a function that is made up: SQ-4, SQ-5."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

import pytest

from reference_app.gateway.clock import MovableClock
from reference_app.gateway.functions import queue_sources
from reference_app.gateway.functions.invocation import Failed, InvocationFacts, Returned
from reference_app.gateway.functions.queue_sources import QueuePoller
from reference_app.gateway.sqs.message_queue import Message, MessageQueue
from reference_app.gateway.template.application import Queue, QueueSource

SOURCE = QueueSource("Post", "arn", batch_size=3)
OK, BROKEN = Returned(b"null"), Failed("unhandled", "ValueError", "no")


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_sources, "_LOOK_S", 0.001)


@dataclass
class Scripted:
    """A queue that is polled, and a function that ends as told."""

    source: QueueSource
    outcomes: list[Returned | Failed] = field(default_factory=list)
    batches: list[str] = field(default_factory=list)
    facts: list[InvocationFacts] = field(default_factory=list)
    clock: MovableClock = field(default_factory=MovableClock)
    hold: asyncio.Event | None = None

    def __post_init__(self) -> None:
        self.queue = MessageQueue(Queue("posts", "https://sqs/posts", "arn"), self.clock, print)

    async def run(self, facts: InvocationFacts, event: bytes) -> Returned | Failed:
        self.batches.append("".join(record["body"] for record in json.loads(event)["Records"]))
        self.facts.append(facts)
        outcome = self.outcomes.pop(0) if self.outcomes else OK
        if self.hold is not None:
            await self.hold.wait()
        return outcome

    def put(self, bodies: str) -> None:
        for body in bodies:
            self.queue.put(Message(body, {}, "Send", self.clock.epoch_ms()))

    async def batch(self, number: int) -> str:
        """The batch of this number, counted from 1, once it is there."""
        async with asyncio.timeout(10.0):
            while len(self.batches) < number:
                await asyncio.sleep(0.001)
        return self.batches[number - 1]


def polled(
    script: Callable[[Scripted], Awaitable[None]],
    source: QueueSource = SOURCE,
    *outcomes: Returned | Failed,
) -> Scripted:
    """Run the script while the queue is polled."""

    async def run() -> Scripted:
        scripted = Scripted(source, list(outcomes))
        poller = QueuePoller(source, scripted.queue, scripted.run, clock=scripted.clock, region="eu-west-1")
        poller.start()
        await script(scripted)
        await poller.stop()
        return scripted

    return asyncio.run(run())


def test_messages_come_in_batches_and_do_not_come_again() -> None:
    async def script(scripted: Scripted) -> None:
        scripted.put("abcd")
        assert [await scripted.batch(1), await scripted.batch(2)] == ["abc", "d"]
        scripted.clock.advance(60.0)
        scripted.put("e")
        assert await scripted.batch(3) == "e"

    facts = polled(script).facts[0]

    assert (facts.function, facts.route, facts.connection_id, facts.cause) == ("Post", "", "", "queue posts")


def test_a_batch_that_failed_comes_again_when_it_is_visible_again() -> None:
    async def script(scripted: Scripted) -> None:
        scripted.put("ab")
        await scripted.batch(1)
        scripted.put("c")
        assert await scripted.batch(2) == "c"
        scripted.clock.advance(30.0)
        assert await scripted.batch(3) == "ab"

    first, _, third = polled(script, SOURCE, BROKEN).facts

    assert first.request_id != third.request_id


def test_only_what_the_result_names_as_failed_comes_again() -> None:
    async def script(scripted: Scripted) -> None:
        scripted.put("a")
        await scripted.batch(1)
        scripted.clock.advance(30.0)
        assert await scripted.batch(2) == "a"

    broken = Returned(b'{"batchItemFailures": [{"itemIdentifier": "who is that"}]}')
    polled(script, replace(SOURCE, reports_failures=True), broken)


def test_no_more_batches_are_with_the_function_than_the_mapping_grants() -> None:
    async def script(scripted: Scripted) -> None:
        scripted.hold = asyncio.Event()
        scripted.put("abcdefghi")
        await scripted.batch(2)
        await asyncio.sleep(0)
        assert len(scripted.batches) == 2
        scripted.hold.set()
        assert await scripted.batch(3) == "ghi"

    polled(script, replace(SOURCE, concurrency=2))


def test_a_message_that_no_filter_lets_pass_is_deleted_unseen() -> None:
    async def script(scripted: Scripted) -> None:
        scripted.put("ab")
        assert await scripted.batch(1) == "b"
        scripted.clock.advance(60.0)
        scripted.put("b")
        assert await scripted.batch(2) == "b"

    polled(script, replace(SOURCE, filters=({"body": ["b"]},)))


def test_a_window_gathers_messages_until_it_is_over() -> None:
    async def script(scripted: Scripted) -> None:
        scripted.put("a")
        while scripted.queue._visible:  # what was taken shows nowhere else
            await asyncio.sleep(0)
        scripted.put("b")
        scripted.clock.advance(4.0)
        assert scripted.batches == []
        scripted.clock.advance(1.0)
        assert await scripted.batch(1) == "ab"

    polled(script, replace(SOURCE, window_s=5.0, concurrency=1))
