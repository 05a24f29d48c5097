"""Queues that invoke functions: Lambda's pollers (SQ-4, SQ-5)."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING

from reference_app.gateway.background_tasks import BackgroundTasks
from reference_app.gateway.functions.invocation import InvocationFacts
from reference_app.gateway.functions.queue_batches import done_of, event_of, wanted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reference_app.gateway.clock import Clock
    from reference_app.gateway.functions.observed_invocations import Run
    from reference_app.gateway.sqs.message_queue import Message, MessageQueue
    from reference_app.gateway.template.application import QueueSource

_LOOK_S = 0.25
"""How often a window is looked at for whether it is over."""


class QueuePoller:
    """Sends what comes in one queue to one function, some batches at a time."""

    def __init__(
        self, source: QueueSource, queue: MessageQueue, run: Run, *, clock: Clock, region: str
    ) -> None:
        self._source = source
        self._queue = queue
        self._run = run
        self._clock = clock
        self._region = region
        self._tasks = BackgroundTasks()

    def start(self) -> None:
        """Poll from now on."""
        for _ in range(self._source.concurrency):
            self._tasks.start(self._poll())

    async def stop(self) -> None:
        """Leave what has not been sent."""
        await self._tasks.finish(0.0)

    async def _poll(self) -> None:
        while True:
            await self._deliver(await self._gathered())

    async def _gathered(self) -> list[Message]:
        """The next batch: as soon as there is something, or, with a window, when it is full or over."""
        messages = await self._queue.receive(self._source.batch_size)
        until = self._clock.monotonic() + self._source.window_s
        while len(messages) < self._source.batch_size and self._clock.monotonic() < until:
            await asyncio.sleep(_LOOK_S)
            messages += self._queue.take(self._source.batch_size - len(messages))
        return messages

    async def _deliver(self, messages: Sequence[Message]) -> None:
        """Send a batch once; what is not deleted then comes back by itself, when it is visible again."""
        chosen = wanted(self._source, messages)
        finished = [message for message in messages if message not in chosen]
        if chosen:
            facts = InvocationFacts(
                self._source.function, "", "", str(uuid.uuid4()), f"queue {self._queue.queue.name}"
            )
            outcome = await self._run(facts, event_of(self._source, chosen, self._region))
            finished += done_of(self._source, chosen, outcome)
        for message in finished:
            self._queue.delete(message.receipt_handle)
