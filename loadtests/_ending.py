"""How a load test ends, so that its last messages are judged too.

heal      nobody leaves any more, and who is away comes back
settle    nobody speaks any more, until nothing arrives
final     talkers speak twice to those who are there: who hears nothing now is deaf
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TypeAlias

from gevent.event import Event
from gevent.pool import Pool

from conformance.harness.client import Client
from conformance.harness.deadline import Deadline, wait_for

from ._load_run import MARGIN_S, LoadRun

_COME_BACK_S = 5.0
_QUIET_S = 0.5
_ROUNDS = 2
_FINAL_S = 4.0
"""The final messages come at the load's own rate, and for no longer than this."""
_POLL_S = 0.05

SETTLED = "settled"
HEARD = "heard"
POINTS = (SETTLED, HEARD)
"""Where the processes of a run meet: nobody speaks finally while others still move, and nobody closes
connections that others' messages are owed to."""


def longest_s(deliver_s: float) -> float:
    """The longest that `wind_down` takes, closing excluded."""
    return _COME_BACK_S + _FINAL_S + 2 * (deliver_s + MARGIN_S) + 5.0


Meet: TypeAlias = Callable[[str, Event], None]
"""Waits, at a point of that name, until every process of the run is there, or hurries."""


def wind_down(run: LoadRun, hurry: Event, meet: Meet) -> None:
    """Bring the run to its end, all connections still open; at once when `hurry` is set."""
    if run.plan.churn:
        run.phase("heal")
        run.calm.set()
        _wait_for_return(run, hurry)
    run.quiet.set()
    run.phase("settle")
    if run.plan.churn:
        _wait_for_silence(run, hurry)
        meet(SETTLED, hurry)
        run.phase("final")
        _speak_finally(run, hurry)
    # Owed is what is sent to connections that outlive the delivery bound.
    _wait_until(run.last_spoken_ns + _bound_ns(run), hurry)
    meet(HEARD, hurry)


def _wait_for_return(run: LoadRun, hurry: Event) -> None:
    def back() -> bool:
        return hurry.is_set() or all(_present(user.client) for user in run.participants if user.churns)

    wait_for(back, Deadline(_COME_BACK_S), _POLL_S)


def _wait_for_silence(run: LoadRun, hurry: Event) -> None:
    def silent() -> bool:
        last_ns = max(run.last_spoken_ns, run.fleet.arrivals.last_ns)
        return hurry.is_set() or time.monotonic_ns() - last_ns > _QUIET_S * 1e9

    wait_for(silent, Deadline(_bound_ns(run) / 1e9), _POLL_S)


def _speak_finally(run: LoadRun, hurry: Event) -> None:
    speakers = [user.client for user in run.participants if user.speaks and user.client is not None]
    interval_s = run.plan.pace.talk_interval_s
    chosen = _as_many_as(int(_FINAL_S / (_ROUNDS * interval_s) * len(speakers)), speakers)
    gap_ns = int(min(interval_s, _FINAL_S / _ROUNDS) / max(1, len(chosen)) * 1e9)
    due_ns = time.monotonic_ns()
    pool = Pool()
    for client in [*chosen] * _ROUNDS:
        if not _wait_until(due_ns, hurry):
            break
        pool.spawn(run.speak, client, due_ns, part="final")
        due_ns += gap_ns
    pool.join()


def _as_many_as(most: int, speakers: Sequence[Client]) -> Sequence[Client]:
    return [client for client in speakers if client.is_open][: max(1, most)]


def _present(client: Client | None) -> bool:
    return client is not None and client.is_open


def _bound_ns(run: LoadRun) -> int:
    return round((run.target.bounds.deliver_s + MARGIN_S) * 1e9)


def _wait_until(at_ns: int, hurry: Event) -> bool:
    """True when that moment has come; False as soon as `hurry` is set."""
    return not hurry.wait(max(0.0, (at_ns - time.monotonic_ns()) / 1e9))
