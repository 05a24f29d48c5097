"""Standard queues of SQS: messages stay until they are deleted, hidden while somebody has them (SQ-3)."""

from __future__ import annotations

import asyncio
import uuid
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from reference_app.gateway.clock import Clock, Timer
    from reference_app.gateway.template.application import Queue


@dataclass(frozen=True)
class Message:
    """One message, as who receives it has it."""

    body: str
    attributes: Mapping[str, Mapping[str, Any]]
    """Message attributes, as SendMessage has them."""
    sender: str
    sent_ms: int
    trace_header: str | None = None
    """The X-Ray header of the call that sent it."""
    message_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    receives: int = 0
    """How often it has been received."""
    first_received_ms: int = 0

    @property
    def receipt_handle(self) -> str:
        """Names this receipt of it; every one has a handle of its own."""
        return f"{self.message_id}#{self.receives}"


class MessageQueue:
    """One queue; needs a running event loop."""

    def __init__(self, queue: Queue, clock: Clock, notify: Callable[[str], None]) -> None:
        """`notify` is told of messages that become dead letters."""
        self.queue = queue
        self.dead_letters: MessageQueue | None = None
        """Where messages go that have been received too often; None to keep them."""
        self._clock = clock
        self._notify = notify
        self._visible: deque[Message] = deque()
        self._hidden: dict[str, Timer] = {}
        self._arrived = asyncio.Event()

    def put(self, message: Message, delay_s: float | None = None) -> None:
        """Take a message over; without a delay of its own it has the queue's."""
        delay_s = self.queue.delay_s if delay_s is None else delay_s
        if delay_s > 0:
            self._clock.call_later(delay_s, partial(self._show, message))
        else:
            self._show(message)

    async def receive(self, limit: int) -> list[Message]:
        """Wait for messages; returns at most `limit`, which are hidden from all others for a while."""
        while not (messages := self.take(limit)):
            self._arrived.clear()
            await self._arrived.wait()
        return messages

    def take(self, limit: int) -> list[Message]:
        """What `receive` would return, if anything, at once."""
        oldest_ms = self._clock.epoch_ms() - self.queue.retention_s * 1000
        taken: list[Message] = []
        while self._visible and len(taken) < limit:
            message = self._visible.popleft()
            if message.sent_ms >= oldest_ms:
                taken.append(self._hide(message))
        return taken

    def delete(self, receipt_handle: str) -> None:
        """Drop a message that has been received, unless it is visible again already."""
        if (timer := self._hidden.pop(receipt_handle, None)) is not None:
            timer.cancel()

    def _hide(self, message: Message) -> Message:
        first_ms = message.first_received_ms or self._clock.epoch_ms()
        received = replace(message, receives=message.receives + 1, first_received_ms=first_ms)
        self._hidden[received.receipt_handle] = self._clock.call_later(
            self.queue.visibility_s, partial(self._return, received)
        )
        return received

    def _return(self, message: Message) -> None:
        del self._hidden[message.receipt_handle]
        if self.dead_letters is None or message.receives < self.queue.max_receives:
            self._show(message)
            return
        self._notify(
            f"a message of {self.queue.name} was received {message.receives} times and never deleted: "
            f"it is in {self.dead_letters.queue.name} now"
        )
        self.dead_letters.put(replace(message, receives=0, first_received_ms=0))

    def _show(self, message: Message) -> None:
        self._visible.append(message)
        self._arrived.set()


def message_queues(
    queues: Iterable[Queue], clock: Clock, notify: Callable[[str], None]
) -> dict[str, MessageQueue]:
    """The queues of an application by ARN, each with its queue of dead letters."""
    found = {queue.arn: MessageQueue(queue, clock, notify) for queue in queues}
    for queue in found.values():
        if queue.queue.dead_letters is not None:
            queue.dead_letters = found[queue.queue.dead_letters]
    return found
