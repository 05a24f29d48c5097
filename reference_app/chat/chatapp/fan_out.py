"""One payload to many connections at once, none of them waiting for another's trouble."""

from __future__ import annotations

import heapq
import random
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from .post_outcome import PostOutcome, PostResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Executor

    from .connection_row import ConnectionRow
    from .retry_policy import RetryPolicy
    from .time_budget import TimeBudget


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of the message on its way to one connection."""

    row: ConnectionRow
    result: PostResult
    attempts: int


class FanOut:
    """Posts to many connections, a bounded number at a time.

    A post that waits for its next attempt holds no place, and every first attempt comes before any second
    one: a throttled or hanging connection delays nobody else's message.
    """

    def __init__(
        self,
        post: Callable[[str], PostResult],
        pool: Executor,
        places: int,
        budget: TimeBudget,
        post_limit: float,
        retry: RetryPolicy,
    ) -> None:
        """Post with `post` in `places` threads of `pool`, inside `budget`; a post may last `post_limit`."""
        self._post = post
        self._pool = pool
        self._places = places
        self._budget = budget
        self._post_limit = post_limit
        self._retry = retry
        # Two queues for all posts, because a future for each costs as much as its signature.
        self._due: SimpleQueue[tuple[ConnectionRow, int] | None] = SimpleQueue()
        self._finished: SimpleQueue[Delivery] = SimpleQueue()
        self._waiting: list[tuple[float, str, ConnectionRow, int]] = []
        self._workers = 0

    def run(self, rows: Iterable[ConnectionRow]) -> Iterator[Delivery]:
        """Post to every row, while `rows` is still being read; yield what became of each, in no order.

        Raises what reading `rows` raises; posts that have begun by then run on to their end in the pool.
        """
        under_way = 0
        try:
            for row in rows:
                self._start(row, 1)
                under_way += 1
            while under_way:
                delivery = self._next_delivery()
                if delivery is not None and not self._will_repeat(delivery):
                    under_way -= 1
                    yield delivery
        finally:
            for _ in range(self._workers):
                self._due.put(None)

    def _start(self, row: ConnectionRow, attempt: int) -> None:
        self._due.put((row, attempt))
        if self._workers < self._places:
            self._workers += 1
            self._pool.submit(self._work)

    def _work(self) -> None:
        while (due := self._due.get()) is not None:
            row, attempt = due
            self._finished.put(Delivery(row, self._result(row.connection_id), attempt))

    def _result(self, connection_id: str) -> PostResult:
        if self._budget.remaining() < self._post_limit:
            return PostResult(PostOutcome.OUT_OF_TIME)
        try:
            return self._post(connection_id)
        except Exception as error:  # noqa: BLE001 - a bug of ours is one connection's failure: the others go on
            return PostResult(PostOutcome.UNKNOWN, repr(error))

    def _next_delivery(self) -> Delivery | None:
        """Start what is due, then wait for a result, or until the next attempt is due (None)."""
        while self._waiting and self._waiting[0][0] <= self._budget.elapsed():
            _, _, row, attempt = heapq.heappop(self._waiting)
            self._start(row, attempt)
        until_due = max(0.0, self._waiting[0][0] - self._budget.elapsed()) if self._waiting else None
        try:
            return self._finished.get(timeout=until_due)
        except Empty:
            return None

    def _will_repeat(self, delivery: Delivery) -> bool:
        if not delivery.result.outcome.safe_to_repeat:
            return False
        elapsed = self._budget.elapsed()
        wait = self._retry.delay(delivery.attempts, elapsed, random.random())
        if wait is None or self._budget.remaining() - wait < self._post_limit:
            return False
        connection_id = delivery.row.connection_id
        heapq.heappush(self._waiting, (elapsed + wait, connection_id, delivery.row, delivery.attempts + 1))
        return True
