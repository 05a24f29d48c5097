"""Which environment gets which event; the environments are made of paper."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from reference_app.gateway.functions.execution_environment import (
    ExecutionEnvironment,
    InitFailedError,
    InitTimedOutError,
)
from reference_app.gateway.functions.function_pool import FunctionPool
from reference_app.gateway.functions.invocation import Failed, Returned
from reference_app.gateway.functions.logs import FunctionLog
from reference_app.gateway.functions.runtime_api import Invocation
from reference_app.gateway.template.application import Function

FUNCTION = Function("Fn", "fn", "python3.13", "app.handler", Path("/code"), timeout_s=5.0)
DIED = Failed("exited", "Runtime.ExitError", "died")
BROKEN = Failed("init", "Runtime.ImportModuleError", "no app")


class Paper(ExecutionEnvironment):
    """An environment without a process: answers with its number when it is let to."""

    def __init__(self, workshop: Workshop, number: int) -> None:
        super().__init__(FUNCTION, {}, FunctionLog(None, "Fn"))
        self.workshop = workshop
        self.number = number
        self.is_alive = False
        self.is_frozen = False

    @property
    def alive(self) -> bool:
        return self.is_alive

    async def start(self, limit_s: float) -> None:
        self.workshop.limits.append(limit_s)
        if self.workshop.init_errors:
            raise self.workshop.init_errors.pop(0)
        self.is_alive = True

    async def invoke(self, invocation: Invocation) -> Returned | Failed:
        self.workshop.taken.append((self.number, invocation.event))
        await self.workshop.may_return.wait()
        if invocation.event == b"die":
            self.is_alive = False
            return DIED
        return Returned(str(self.number).encode())

    async def settle(self, limit_s: float) -> bool:
        self.is_frozen = not self.is_awaited()
        self.workshop.froze.append(self.is_frozen)
        return self.is_alive

    def freeze(self) -> None:
        self.is_frozen = True

    async def stop(self) -> None:
        self.is_alive = False
        self.workshop.stopped.append(self.number)


class Workshop:
    """Makes paper environments, and remembers what happened to them."""

    def __init__(self) -> None:
        self.made: list[Paper] = []
        self.taken: list[tuple[int, bytes]] = []
        self.stopped: list[int] = []
        self.limits: list[float] = []
        self.froze: list[bool] = []
        self.init_errors: list[Exception] = []
        self.may_return = asyncio.Event()
        self.may_return.set()

    def make(self) -> Paper:
        self.made.append(Paper(self, len(self.made)))
        return self.made[-1]


def run(
    scenario: Callable[[FunctionPool, Workshop], Awaitable[None]],
    *,
    limit: int = 2,
    function: Function = FUNCTION,
) -> Workshop:
    async def main() -> Workshop:
        workshop = Workshop()
        pool = FunctionPool(function, "arn:fn", workshop.make, limit=limit, starting=asyncio.Semaphore(2))
        await scenario(pool, workshop)
        await pool.stop()
        return workshop

    return asyncio.run(main())


async def settled() -> None:
    """Let everything that can run do so."""
    for _ in range(20):
        await asyncio.sleep(0)


def test_a_warm_environment_is_used_again() -> None:
    async def scenario(pool: FunctionPool, workshop: Workshop) -> None:
        for _ in range(3):
            assert await pool.invoke(b"{}") == Returned(b"0")
            await settled()

    assert len(run(scenario).made) == 1


def test_an_environment_started_ahead_takes_the_first_event() -> None:
    async def scenario(pool: FunctionPool, workshop: Workshop) -> None:
        assert await pool.start_ahead() is None
        assert len(workshop.made) == 1
        assert await pool.invoke(b"{}") == Returned(b"0")

    assert len(run(scenario).made) == 1


def test_concurrency_grows_to_the_limit_and_then_events_queue() -> None:
    async def scenario(pool: FunctionPool, workshop: Workshop) -> None:
        workshop.may_return.clear()
        calls = [asyncio.ensure_future(pool.invoke(str(number).encode())) for number in range(4)]
        await settled()
        assert [event for _, event in workshop.taken] == [b"0", b"1"]
        workshop.may_return.set()
        await asyncio.gather(*calls)
        assert [event for _, event in workshop.taken] == [b"0", b"1", b"2", b"3"]

    assert len(run(scenario, limit=2).made) == 2


def test_the_environment_that_was_used_last_is_used_first() -> None:
    async def scenario(pool: FunctionPool, workshop: Workshop) -> None:
        workshop.may_return.clear()
        calls = [asyncio.ensure_future(pool.invoke(b"{}")) for _ in range(2)]
        await settled()
        workshop.may_return.set()
        await asyncio.gather(*calls)
        await settled()
        last = workshop.taken[-1][0]
        assert await pool.invoke(b"{}") == Returned(str(last).encode())

    run(scenario)


def test_a_dead_environment_is_replaced_at_the_next_event() -> None:
    """RA-32."""

    async def scenario(pool: FunctionPool, workshop: Workshop) -> None:
        assert await pool.invoke(b"die") == DIED
        await settled()
        assert workshop.stopped == [0]
        assert await pool.invoke(b"{}") == Returned(b"1")

    run(scenario, limit=1)


def test_an_idle_environment_that_died_gets_no_event() -> None:
    async def scenario(pool: FunctionPool, workshop: Workshop) -> None:
        await pool.start_ahead()
        workshop.made[0].is_alive = False
        assert await pool.invoke(b"{}") == Returned(b"1")

    run(scenario, limit=1)


def test_a_cancelled_wait_leaves_the_invocation_running() -> None:
    """Q-26: the integration timeout does not reach the function."""

    async def scenario(pool: FunctionPool, workshop: Workshop) -> None:
        workshop.may_return.clear()
        call = asyncio.ensure_future(pool.invoke(b"{}"))
        await settled()
        call.cancel()
        await settled()
        workshop.may_return.set()
        await settled()
        assert await pool.invoke(b"{}") == Returned(b"0")

    assert len(run(scenario, limit=1).made) == 1


def test_an_init_error_is_the_outcome_and_the_next_event_tries_again() -> None:
    async def scenario(pool: FunctionPool, workshop: Workshop) -> None:
        workshop.init_errors.append(InitFailedError(BROKEN))
        assert await pool.invoke(b"{}") == BROKEN
        assert await pool.invoke(b"{}") == Returned(b"1")

    assert run(scenario).stopped == [0, 1]


def test_an_init_error_ahead_of_events_is_told_and_fails_none() -> None:
    async def scenario(pool: FunctionPool, workshop: Workshop) -> None:
        workshop.init_errors.append(InitFailedError(BROKEN))
        assert await pool.start_ahead() == BROKEN
        assert await pool.invoke(b"{}") == Returned(b"1")

    run(scenario)


def test_an_init_beyond_ten_seconds_is_tried_again_within_the_functions_timeout() -> None:
    """RA-31."""

    async def scenario(pool: FunctionPool, workshop: Workshop) -> None:
        workshop.init_errors.append(InitTimedOutError("late"))
        assert await pool.invoke(b"{}") == Returned(b"0")

    assert run(scenario).limits == [10.0, FUNCTION.timeout_s]


def test_an_init_beyond_the_functions_timeout_is_a_timeout() -> None:
    async def scenario(pool: FunctionPool, workshop: Workshop) -> None:
        workshop.init_errors += [InitTimedOutError("late"), InitTimedOutError("late again")]
        outcome = await pool.invoke(b"{}")
        assert outcome == Failed("function-timeout", "Sandbox.Timedout", "late again")

    run(scenario)


def test_beyond_reserved_concurrency_events_are_throttled() -> None:
    reserved = Function("Fn", "fn", "python3.13", "app.handler", Path("/code"), reserved_concurrency=1)

    async def scenario(pool: FunctionPool, workshop: Workshop) -> None:
        workshop.may_return.clear()
        call = asyncio.ensure_future(pool.invoke(b"{}"))
        await settled()
        throttled = await pool.invoke(b"{}")
        assert isinstance(throttled, Failed)
        assert throttled.reason == "throttled"
        workshop.may_return.set()
        assert await call == Returned(b"0")

    run(scenario, function=reserved)


def test_stopping_fails_what_has_no_outcome_yet_and_stops_every_environment() -> None:
    async def main() -> None:
        workshop = Workshop()
        workshop.may_return.clear()
        pool = FunctionPool(FUNCTION, "arn:fn", workshop.make, limit=1, starting=asyncio.Semaphore(1))
        calls = [asyncio.ensure_future(pool.invoke(b"{}")) for _ in range(2)]
        await settled()
        await pool.stop()
        outcomes = [*await asyncio.gather(*calls), await pool.invoke(b"{}")]
        assert all(isinstance(outcome, Failed) and "stopping" in outcome.message for outcome in outcomes)
        assert workshop.stopped == [0]

    asyncio.run(main())


def test_an_event_after_the_environments_are_retired_meets_a_new_one() -> None:
    async def scenario(pool: FunctionPool, workshop: Workshop) -> None:
        await pool.invoke(b"{}")
        await settled()
        pool.retire()
        assert await pool.invoke(b"{}") == Returned(b"1")
        assert workshop.stopped == [0]

    run(scenario, limit=1)


def test_a_busy_environment_that_is_retired_ends_after_its_event() -> None:
    async def scenario(pool: FunctionPool, workshop: Workshop) -> None:
        workshop.may_return.clear()
        first = asyncio.ensure_future(pool.invoke(b"{}"))
        await settled()
        pool.retire()
        workshop.may_return.set()
        assert await first == Returned(b"0")
        assert await pool.invoke(b"{}") == Returned(b"1")
        assert workshop.stopped == [0]

    run(scenario, limit=1)


def test_an_environment_is_frozen_between_events_only_if_none_awaits_it() -> None:
    """RA-30."""

    async def scenario(pool: FunctionPool, workshop: Workshop) -> None:
        assert len(await asyncio.gather(*(pool.invoke(b"{}") for _ in range(3)))) == 3
        await settled()
        assert workshop.made[0].is_frozen

    assert run(scenario, limit=1).froze == [False, False, True]


def test_an_environment_that_gets_no_event_is_frozen() -> None:
    """RA-30."""

    async def scenario(pool: FunctionPool, workshop: Workshop) -> None:
        await pool.start_ahead()
        assert workshop.made[0].is_frozen

    run(scenario)
