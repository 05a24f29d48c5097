"""What becomes of messages in a queue: SQ-3."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from reference_app.gateway.sqs.message_queue import Message, MessageQueue, message_queues
from reference_app.gateway.template.application import Queue
from reference_app.tests.running_gateway import Clock

DEAD = Queue("dead", "https://sqs/dead", "arn:dead")
POSTS = Queue("posts", "https://sqs/posts", "arn:posts", dead_letters="arn:dead", max_receives=2)


class Queues:
    """Two queues, of which one takes the other's dead letters, on a clock that stands still."""

    def __init__(self, posts: Queue = POSTS) -> None:
        self.clock = Clock()
        self.told: list[str] = []
        queues = message_queues([posts, DEAD], self.clock, self.told.append)
        self.posts, self.dead = queues["arn:posts"], queues["arn:dead"]

    def put(self, *bodies: str, delay_s: float | None = None) -> None:
        for body in bodies:
            self.posts.put(Message(body, {}, "Send", self.clock.epoch_ms()), delay_s)


def bodies(queue: MessageQueue, limit: int = 10) -> list[str]:
    return [message.body for message in queue.take(limit)]


def in_a_loop(check: Callable[[], None]) -> None:
    async def run() -> None:
        check()

    asyncio.run(run())


def test_messages_come_in_the_order_of_sending_no_more_than_asked_for() -> None:
    def check() -> None:
        queues = Queues()
        queues.put("a", "b", "c")
        assert [bodies(queues.posts, 2), bodies(queues.posts, 2)] == [["a", "b"], ["c"]]

    in_a_loop(check)


def test_a_message_that_was_received_is_hidden_until_its_time_is_over() -> None:
    def check() -> None:
        queues = Queues()
        queues.put("a")
        (first,) = queues.posts.take(10)
        queues.clock.advance(29.9)
        assert bodies(queues.posts) == []
        queues.clock.advance(0.1)
        (second,) = queues.posts.take(10)
        assert (first.message_id, first.receives) == (second.message_id, 1)
        assert (second.receives, second.first_received_ms) == (2, first.first_received_ms)
        assert first.receipt_handle != second.receipt_handle

    in_a_loop(check)


def test_a_message_that_was_deleted_does_not_come_back() -> None:
    def check() -> None:
        queues = Queues()
        queues.put("a")
        (message,) = queues.posts.take(10)
        queues.posts.delete(message.receipt_handle)
        queues.clock.advance(30.0)
        assert bodies(queues.posts) == []
        assert queues.clock.due == []

    in_a_loop(check)


def test_deleting_a_message_that_is_visible_again_is_too_late() -> None:
    def check() -> None:
        queues = Queues()
        queues.put("a")
        (message,) = queues.posts.take(10)
        queues.clock.advance(30.0)
        queues.posts.delete(message.receipt_handle)
        assert bodies(queues.posts) == ["a"]

    in_a_loop(check)


def test_a_message_that_was_received_too_often_is_a_dead_letter() -> None:
    def check() -> None:
        queues = Queues()
        queues.put("a")
        for _ in range(2):
            assert bodies(queues.posts) == ["a"]
            queues.clock.advance(30.0)
        assert bodies(queues.posts) == []
        (letter,) = queues.dead.take(10)
        assert (letter.body, letter.receives) == ("a", 1)
        assert queues.told == ["a message of posts was received 2 times and never deleted: it is in dead now"]

    in_a_loop(check)


def test_without_a_queue_of_dead_letters_a_message_comes_again_and_again() -> None:
    def check() -> None:
        queues = Queues(replace(POSTS, dead_letters=None))
        queues.put("a")
        for _ in range(9):
            assert bodies(queues.posts) == ["a"]
            queues.clock.advance(30.0)

    in_a_loop(check)


def test_a_message_has_its_own_delay_or_its_queues() -> None:
    def check() -> None:
        queues = Queues(replace(POSTS, delay_s=5.0))
        queues.put("queue's")
        queues.put("own", delay_s=2.0)
        queues.put("none", delay_s=0.0)
        assert bodies(queues.posts) == ["none"]
        queues.clock.advance(2.0)
        assert bodies(queues.posts) == ["own"]
        queues.clock.advance(3.0)
        assert bodies(queues.posts) == ["queue's"]

    in_a_loop(check)


def test_a_message_that_is_too_old_is_dropped() -> None:
    def check() -> None:
        queues = Queues(replace(POSTS, retention_s=60.0))
        queues.put("old")
        queues.clock.advance(60.1)
        queues.put("new")
        assert bodies(queues.posts) == ["new"]

    in_a_loop(check)


def test_who_receives_waits_for_a_message() -> None:
    async def run() -> list[list[str]]:
        queues = Queues()
        waiting = [asyncio.create_task(queues.posts.receive(1)) for _ in range(2)]
        await asyncio.sleep(0)
        queues.put("a", "b")
        return [[message.body for message in await task] for task in waiting]

    assert asyncio.run(run()) == [["a"], ["b"]]
