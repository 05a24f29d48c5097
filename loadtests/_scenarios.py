"""What a load does over time, chosen by `--scenario`; `-u`, `-r` and `-t` say how much and how long.

Every scenario is an open model: messages follow their schedule whatever the target does.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

Scenario: TypeAlias = Literal["steady", "ramp", "spike", "soak", "reconnect-storm", "idle-herd", "capacity"]
SCENARIOS: tuple[Scenario, ...] = get_args(Scenario)

EXPLAINED: Mapping[Scenario, str] = {
    "steady": "-u users until -t",
    "ramp": "from 1 user to -u in the first four fifths of -t (default 60 s)",
    "spike": "-u users in the middle fifth of -t (default 60 s), a fifth of them before and after",
    "soak": "as steady, for an hour without -t",
    "reconnect-storm": "as steady, and everybody drops and returns every --storm-every seconds",
    "idle-herd": "-u silent users until the idle limit ends them all; a local stack's clock is moved there",
    "capacity": "the most users, up to -u, at which --gates hold; without a file, nothing lost or late",
}
_DEFAULT_S: Mapping[Scenario, float] = {"ramp": 60.0, "spike": 60.0, "soak": 3600.0}

Users: TypeAlias = tuple[int, float]
"""How many, and how many start or stop a second: what a LoadTestShape of Locust's returns."""


@dataclass(frozen=True)
class Extent:
    """`-u`, `-r` and `-t`; what was not given is None."""

    users: int
    spawn_rate: float | None
    seconds: float | None


def curve_of(scenario: Scenario, extent: Extent) -> Callable[[float], Users | None] | None:
    """The users by seconds since the start, None at the end; None where Locust's own way will do."""
    seconds = extent.seconds or _DEFAULT_S.get(scenario)
    if scenario not in _SHARES or seconds is None:
        return None
    users, rate = extent.users, extent.spawn_rate or float(extent.users)
    share = _SHARES[scenario]

    def curve(at_s: float) -> Users | None:
        return None if at_s >= seconds else (max(1, math.ceil(users * share(at_s / seconds))), rate)

    return curve


def _ramp(part: float) -> float:
    return min(1.0, part / 0.8)


def _spike(part: float) -> float:
    return 1.0 if 0.4 <= part < 0.6 else 0.2


def _soak(_part: float) -> float:
    return 1.0


_SHARES: Mapping[Scenario, Callable[[float], float]] = {"ramp": _ramp, "spike": _spike, "soak": _soak}
"""The share of the users by the part of the time that has passed."""
