"""Streams that invoke functions: Lambda's pollers (ES-1 to ES-5)."""

from __future__ import annotations

import asyncio
import uuid
from collections import deque
from typing import TYPE_CHECKING

from reference_app.gateway.background_tasks import BackgroundTasks
from reference_app.gateway.clock import elapse
from reference_app.gateway.dynamodb.engine_calls import EngineError
from reference_app.gateway.functions.invocation import InvocationFacts, Returned
from reference_app.gateway.functions.stream_batches import Batch, as_in_events, event_of, left_of, wanted
from reference_app.gateway.http_client import OriginError

if TYPE_CHECKING:
    from collections.abc import Callable

    from reference_app.gateway.clock import Clock
    from reference_app.gateway.functions.observed_invocations import Run
    from reference_app.gateway.functions.stream_batches import Record
    from reference_app.gateway.functions.stream_reader import StreamReader
    from reference_app.gateway.template.application import StreamSource

POLL_S = 0.25
"""A shard without new records is asked four times a second (ES-1)."""
_LONGEST_LIFE_S = 86_400.0  # a stream keeps its records for 24 hours


class StreamPoller:
    """Sends what comes in one stream to one function, batch by batch, in order."""

    def __init__(
        self,
        source: StreamSource,
        reader: StreamReader,
        run: Run,
        *,
        clock: Clock,
        region: str,
        retry_s: float,
        notify: Callable[[str], None],
    ) -> None:
        """`retry_s` passes before a batch that failed is tried again; `notify` is told of those given up."""
        self._source = source
        self._reader = reader
        self._run = run
        self._clock = clock
        self._region = region
        self._retry_s = retry_s
        self._notify = notify
        self._tasks = BackgroundTasks()
        self._is_failing = False

    async def start(self) -> None:
        """Take the starting position, and poll from now on.

        Raises NoStreamError, OriginError, EngineError.
        """
        await self._reader.start(self._source.starting_position)
        self._tasks.start(self._poll())

    async def stop(self) -> None:
        """Leave what has not been sent."""
        await self._tasks.finish(0.0)

    async def _poll(self) -> None:
        while True:
            records = [as_in_events(record) for record in await self._gathered()]
            if chosen := wanted(self._source, records):
                await self._deliver(Batch(chosen))

    async def _gathered(self) -> list[Record]:
        """The next batch: as soon as there is something, or, with a window, when it is full or over."""
        records: list[Record] = []
        until = float("inf")
        while True:
            read = await self._read(self._source.batch_size - len(records))
            if read and not records:
                until = self._clock.monotonic() + self._source.window_s
            records += read
            if len(records) >= self._source.batch_size or self._clock.monotonic() >= until:
                return records
            await asyncio.sleep(POLL_S)

    async def _read(self, limit: int) -> list[Record]:
        """The next records; none while the endpoint fails, which is told once."""
        try:
            records = await self._reader.read(limit)
        except (OriginError, EngineError) as failed:
            if not self._is_failing:
                self._notify(
                    f"the stream of {self._source.table} cannot be read, it is tried again: {failed}"
                )
            self._is_failing = True
            return []
        self._is_failing = False
        return records

    async def _deliver(self, batch: Batch) -> None:
        """Send a batch until it is through, or given up; nothing overtakes it (ES-2)."""
        born = self._clock.monotonic()
        facts = InvocationFacts(
            self._source.function, "", "", str(uuid.uuid4()), f"stream of {self._source.table}"
        )
        left = deque([batch])
        while left:
            now = left.popleft()
            outcome = await self._run(facts, event_of(self._source, now, self._region))
            rest = left_of(self._source, now, outcome.payload) if isinstance(outcome, Returned) else now
            if rest is None:
                continue
            splits = self._source.bisects and len(rest.records) > 1  # which costs no attempt (ES-2)
            tried = Batch(rest.records, rest.attempts + (0 if splits else 1))
            if self._is_given_up(tried, self._clock.monotonic() - born):
                self._notify(
                    f"{len(tried.records)} records of {facts.cause} are given up by {facts.function}"
                )
                continue
            left.extendleft(reversed(tried.halves() if splits else (tried,)))
            await elapse(self._clock, self._retry_s)

    def _is_given_up(self, batch: Batch, age_s: float) -> bool:
        exhausted = 0 <= self._source.retries < batch.attempts
        oldest_s = self._source.oldest_s if self._source.oldest_s >= 0 else _LONGEST_LIFE_S
        return exhausted or age_s > oldest_s
