"""Tasks that nobody awaits: kept alive, their faults logged, ended together."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Coroutine

_LOGGER = logging.getLogger(__name__)


class BackgroundTasks:
    """A set of running tasks; needs a running event loop."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Run the work beside everything else."""
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._finished)

    async def finish(self, within_s: float) -> None:
        """Wait for the running tasks and for those that they start; cancel what is left after that time."""
        try:
            async with asyncio.timeout(within_s):
                while self._running:
                    await asyncio.wait(self._running)
        except TimeoutError:
            left = tuple(self._running)
            for task in left:
                task.cancel()
            if left:
                await asyncio.wait(left)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _LOGGER.error("a task of the stack failed", exc_info=error)
