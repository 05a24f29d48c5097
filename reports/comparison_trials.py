"""How often the comparison with a baseline cries wolf, and how often it misses one: a simulation.

    python -m reports.comparison_trials [JOBS]

Each job runs both revisions several times. Runners differ in speed by up to 20 % either way; on top of
that every run has noise of its own, most of it common to all its percentiles. Either both revisions run
alternately on one runner, or every single run gets a runner of its own, which is harder.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .baseline import Judgement, compare
from .results import Delivery, Latency, Percentiles, Results

SLOWDOWN = 1.4
_RUNNERS_DIFFER = 0.2
_COMMON = 0.7
"""Share of a run's noise that all its percentiles have in common."""


@dataclass(frozen=True)
class Setting:
    """How the runs of a job come about."""

    runs: int
    """Of each revision."""
    noise: float
    """Standard deviation of a run's latency, as a share."""
    own_runners: bool
    """Whether each run has a runner of its own."""


SETTINGS = tuple(
    Setting(runs, noise, own) for own in (False, True) for runs in (5, 8, 10) for noise in (0.05, 0.1)
)


@dataclass(frozen=True)
class Rates:
    """Shares of jobs."""

    false_alarms: float
    """`regressed` although nothing changed."""
    false_praise: float
    """`improved` although nothing changed."""
    caught: float
    """`regressed` where it became 40 % slower."""


def rates_of(setting: Setting, jobs: int, seed: int = 1) -> Rates:
    """The rates over so many simulated jobs without a change, and as many with a slowdown."""
    dice = np.random.default_rng(seed)
    unchanged = [_job(setting, 1.0, dice) for _ in range(jobs)]
    slowed = [_job(setting, SLOWDOWN, dice) for _ in range(jobs)]
    return Rates(
        unchanged.count("regressed") / jobs,
        unchanged.count("improved") / jobs,
        slowed.count("regressed") / jobs,
    )


def _job(setting: Setting, slowdown: float, dice: np.random.Generator) -> Judgement:
    of_the_job = _runner(dice)
    base, new = (
        [
            _run(factor * (_runner(dice) if setting.own_runners else of_the_job), setting, dice, at)
            for at in range(side, 2 * setting.runs, 2)
        ]
        for side, factor in ((0, 1.0), (1, slowdown))
    )
    (found,) = compare(new, base)
    return found.judgement


def _runner(dice: np.random.Generator) -> float:
    """How slow a runner is."""
    return float(dice.uniform(1 - _RUNNERS_DIFFER, 1 + _RUNNERS_DIFFER))


def _run(factor: float, setting: Setting, dice: np.random.Generator, at: int) -> Results:
    common = dice.normal()

    def figure(typical_ms: float) -> float:
        noise = math.sqrt(_COMMON) * common + math.sqrt(1 - _COMMON) * dice.normal()
        return float(typical_ms * factor * math.exp(setting.noise * noise))

    return Results(
        kind="load",
        verdict="pass",
        reason="",
        target={},
        seed=at,
        started=f"2026-01-01T00:{at:02}:00+00:00",
        duration_s=30.0,
        delivery=Delivery(messages=100, owed=1000, delivered=1000),
        latency_ms=Latency(
            pair=Percentiles(1000, 0, p50=figure(30.0), p99=figure(90.0)),
            last=Percentiles(100, 0, p50=figure(50.0), p99=figure(120.0)),
        ),
    )


def _lines(jobs: int) -> Iterator[str]:
    yield f"{jobs} jobs without a change and {jobs} in which the new revision is 40 % slower\n"
    yield "runners        runs  noise  regressed, wrongly  improved, wrongly  slowdown caught\n"
    for setting in SETTINGS:
        rates = rates_of(setting, jobs)
        where = "one per run" if setting.own_runners else "one per job"
        yield (
            f"{where:<13} {setting.runs:>2}+{setting.runs:<2} {setting.noise:>5.0%}"
            f"{rates.false_alarms:>20.1%}{rates.false_praise:>19.1%}{rates.caught:>17.1%}\n"
        )


if __name__ == "__main__":
    sys.stdout.writelines(_lines(int(sys.argv[1]) if len(sys.argv) > 1 else 500))
