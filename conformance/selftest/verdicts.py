"""The verdict of one clause on a story, and the valid run with something changed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from conformance.checkers import CHECKERS, judge
from conformance.checkers.case import Case
from conformance.harness.contract import Bounds, Contract
from reports.results import ClauseResult, Outcome

from .story import history_of
from .valid_run import valid_run

GATEWAY_ERROR = '{"message": "Internal server error", "connectionId":"x", "requestId":"y"}'
BOUNDS = Bounds(deliver_s=1.0, cleanup_s=2.0, stale_s=3.0, connect_s=0.0)
"""Those of the valid run."""


def judged(
    clause: str, lines: Sequence[str], contract: Contract | None = None, bounds: Bounds = BOUNDS
) -> ClauseResult:
    return judge(clause, Case(history_of(lines), contract or Contract(), bounds, ("secret-table",)))


def outcomes(lines: Sequence[str], contract: Contract | None = None) -> dict[str, Outcome]:
    """Those of all clauses on a story."""
    case = Case(history_of(lines), contract or Contract(), BOUNDS, ("secret-table",))
    return {name: judge(name, case).outcome for name in CHECKERS}


def without(pattern: str, most: int | None = None) -> list[str]:
    """The valid run without the lines, or the first so many, that the pattern finds."""
    lines = valid_run()
    found = [line for line in lines if re.search(pattern, line)][:most]
    assert found, f"no line has {pattern!r}"
    return [line for line in lines if line not in found]


def changed(pattern: str, replacement: str) -> list[str]:
    """The valid run with everything replaced that the pattern finds; a replacement may hold several lines."""
    lines = "\n".join(valid_run())
    assert re.search(pattern, lines, re.MULTILINE), f"no line has {pattern!r}"
    return re.sub(pattern, replacement, lines, flags=re.MULTILINE).split("\n")


def time_of(pattern: str) -> int:
    """When the first thing happens in the valid run that the pattern finds, in milliseconds."""
    return int(next(line for line in valid_run() if re.search(pattern, line)).split()[0])
