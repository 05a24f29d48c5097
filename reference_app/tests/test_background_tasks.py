from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from reference_app.gateway.background_tasks import BackgroundTasks

if TYPE_CHECKING:
    import pytest

PLENTY_S = 10.0


def test_finishing_waits_for_tasks_and_for_those_that_they_start() -> None:
    async def run() -> list[str]:
        tasks, done = BackgroundTasks(), []

        async def child() -> None:
            await asyncio.sleep(0)
            done.append("child")

        async def parent() -> None:
            tasks.start(child())
            done.append("parent")

        tasks.start(parent())
        await tasks.finish(PLENTY_S)
        return done

    assert asyncio.run(run()) == ["parent", "child"]


def test_what_does_not_finish_in_time_is_cancelled() -> None:
    async def run() -> bool:
        tasks, cancelled = BackgroundTasks(), asyncio.Event()

        async def hang() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                cancelled.set()

        tasks.start(hang())
        await asyncio.sleep(0)
        await tasks.finish(0.0)
        return cancelled.is_set()

    assert asyncio.run(run())


def test_a_task_that_fails_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def fail() -> None:
        raise RuntimeError("broken")

    async def run() -> None:
        tasks = BackgroundTasks()
        tasks.start(fail())
        await tasks.finish(PLENTY_S)

    asyncio.run(run())
    (record,) = caplog.records
    assert record.levelname == "ERROR"
    assert "broken" in caplog.text


def test_finishing_nothing_returns_at_once() -> None:
    asyncio.run(BackgroundTasks().finish(0.0))
