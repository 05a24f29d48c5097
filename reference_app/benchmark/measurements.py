"""What is measured on a stack that serves."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from reference_app.benchmark.audience import Audience, BenchmarkError, Client, connect, leave
from reference_app.benchmark.processes import cpu_seconds, cpu_seconds_of_all, resident_bytes
from reference_app.benchmark.stacks import Serving

HANDSHAKES_AT_ONCE = 10
SPEAKERS = 4
"""Clients that each have one message under way."""
WARM_ROUNDS = 4
HANDSHAKE_WARM_UP_S = 5.0
"""Until then every environment has started; longer, and the machine has no ports left for the clients."""
WARM_UP_S = 10.0
"""Until then V8 has compiled the SDK, in each of the environments."""
RECIPIENTS_A_MESSAGE = 1000
"""Their ids fit one frame of 32 KB (RT-51)."""


@dataclass(frozen=True)
class Handshakes:
    """Connections that were opened, all of those that were begun."""

    count: int
    seconds: float
    cpu_s: float
    """Of the whole stack, functions included."""


@dataclass(frozen=True)
class Deliveries:
    """Frames that listeners heard, all of those that were sent."""

    count: int
    seconds: float
    gateway_cpu_s: float
    cpu_s: float
    """Of the whole stack, functions included."""

    @property
    def per_second(self) -> float:
        return self.count / self.seconds

    @property
    def gateway_us(self) -> float:
        """CPU time of the gateway's process for one delivery, microseconds."""
        return self.gateway_cpu_s / self.count * 1e6


@dataclass(frozen=True)
class FanOutCost:
    """CPU time that a function's process used for posting, in one of the ways to do it."""

    cpu_s: float = 0.0
    delivered: int = 0

    @property
    def per_cpu_second(self) -> float:
        return self.delivered / self.cpu_s

    def plus(self, answer: bytes, expected: int) -> FanOutCost:
        """Add what a function answered. Raises BenchmarkError unless all were delivered."""
        cost = json.loads(answer)
        if cost["delivered"] != expected:
            raise BenchmarkError(f"the function delivered {cost['delivered']} of {expected}")
        return FanOutCost(self.cpu_s + cost["cpu_s"], self.delivered + expected)


async def handshakes(serving: Serving, seconds: float) -> Handshakes:
    """Open connections for so long, several at once, `$connect` included, once the stack is warm."""
    warm = await _connect_for(serving.url, HANDSHAKE_WARM_UP_S)
    began, cpu = time.monotonic(), cpu_seconds_of_all(serving.pid)
    clients = await _connect_for(serving.url, seconds)
    done = Handshakes(len(clients), time.monotonic() - began, cpu_seconds_of_all(serving.pid) - cpu)
    await leave(warm + clients)  # only now, because `$disconnect` takes time as well
    return done


async def _connect_for(url: str, seconds: float) -> list[Client]:
    until = time.monotonic() + seconds
    clients: list[Client] = []

    async def keep_connecting() -> None:
        while time.monotonic() < until:
            clients.extend(await connect(url, 1, 1))

    await asyncio.gather(*(keep_connecting() for _ in range(HANDSHAKES_AT_ONCE)))
    return clients


@asynccontextmanager
async def audience(serving: Serving, listeners: int) -> AsyncIterator[tuple[Audience, list[Client]]]:
    """Listeners, and speakers beside them."""
    clients = await connect(serving.url, listeners + SPEAKERS, HANDSHAKES_AT_ONCE)
    try:
        ids: list[str] = []
        for some in _groups(clients[:listeners], HANDSHAKES_AT_ONCE):
            ids += [answer.decode() for answer in await asyncio.gather(*map(_who_am_i, some))]
        yield Audience(clients[:listeners], ids), clients[listeners:]
    finally:
        await leave(clients)


async def deliveries(serving: Serving, heard: Audience, speakers: list[Client], seconds: float) -> Deliveries:
    """Let every speaker say something to all, again and again: the next once everybody heard the last."""
    await _conversation(heard, speakers, WARM_UP_S)
    began, own, all_of_it = time.monotonic(), cpu_seconds(serving.pid), cpu_seconds_of_all(serving.pid)
    messages = await _conversation(heard, speakers, seconds)
    return Deliveries(
        messages * len(heard.ids),
        time.monotonic() - began,
        cpu_seconds(serving.pid) - own,
        cpu_seconds_of_all(serving.pid) - all_of_it,
    )


async def fan_out_costs(heard: Audience, speaker: Client, rounds: int) -> dict[str, FanOutCost]:
    """Let a function broadcast in each way by turns, so that whatever disturbs disturbs both."""
    costs = {"boto3": FanOutCost(), "reference": FanOutCost()}
    for number in range(-WARM_ROUNDS, rounds):
        for way, cost in costs.items():
            answer = await speaker.ask({"action": way, "to": heard.ids, "data": f"{way} {number}"})
            if number >= 0:
                costs[way] = cost.plus(answer, len(heard.ids))
    return costs


async def bytes_per_connection(serving: Serving, count: int) -> float:
    """Open idle connections and see by how much the gateway's process grows."""
    await leave(await connect(serving.url, HANDSHAKES_AT_ONCE, HANDSHAKES_AT_ONCE))
    before = resident_bytes(serving.pid)
    clients = await connect(serving.url, count, HANDSHAKES_AT_ONCE)
    grown = resident_bytes(serving.pid) - before
    await leave(clients)
    return grown / count


async def _conversation(heard: Audience, speakers: list[Client], seconds: float) -> int:
    """Let all speak for so long; returns how many messages everybody has heard."""
    until = time.monotonic() + seconds
    talks = (_speak(heard, speaker, str(number), until) for number, speaker in enumerate(speakers))
    return sum(await asyncio.gather(*talks))


async def _speak(heard: Audience, speaker: Client, name: str, until: float) -> int:
    for number in itertools.count(1):
        await _say(heard, speaker, f"{name} {number}")
        if time.monotonic() >= until:
            return number
    raise AssertionError("counting has no end")


async def _say(heard: Audience, speaker: Client, payload: str) -> None:
    def say() -> None:
        for start in range(0, len(heard.ids), RECIPIENTS_A_MESSAGE):
            to = heard.ids[start : start + RECIPIENTS_A_MESSAGE]
            speaker.say({"action": "sendmessage", "to": to, "data": payload})

    await heard.hears(payload, say)


async def _who_am_i(client: Client) -> bytes:
    return await client.ask({"action": "whoami"})


def _groups(clients: list[Client], size: int) -> list[list[Client]]:
    return [clients[start : start + size] for start in range(0, len(clients), size)]
