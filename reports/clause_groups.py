"""Which clauses of a run a report tells one by one, and which together: a reader looks for what is wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from .results import ClauseResult, Outcome
from .verdict import by_family, by_severity

_MOST_ALONE = 2
"""More clauses than this that have the same to say say it together."""


@dataclass(frozen=True)
class ClauseGroups:
    """The clauses of a run, each in one of these, the worst first."""

    told: tuple[ClauseResult, ...]
    """What the verdict rests on, and what was accepted beforehand."""
    explained: tuple[ClauseResult, ...]
    """Unknown since the violation of another clause explains them."""
    skipped: tuple[ClauseResult, ...]
    held: tuple[ClauseResult, ...]
    """Those for information are among them."""


def grouped(clauses: Iterable[ClauseResult]) -> ClauseGroups:
    found: dict[str, list[ClauseResult]] = {"told": [], "explained": [], "skipped": [], "held": []}
    for clause in by_severity(clauses):
        found[_group(clause)].append(clause)
    return ClauseGroups(**{name: tuple(members) for name, members in found.items()})


def _group(clause: ClauseResult) -> str:
    if clause.outcome in (Outcome.PASS, Outcome.INFO):
        return "held"
    if clause.outcome is Outcome.SKIP:
        return "skipped"
    return "explained" if clause.outcome is Outcome.UNKNOWN and clause.explained_by else "told"


def alike(clauses: Sequence[ClauseResult]) -> list[list[ClauseResult]]:
    """The clauses, those of one outcome with the same to say in one list where they are more than two."""
    ranked = {_saying(clause): place for place, clause in reversed([*enumerate(clauses)])}
    ordered = sorted(clauses, key=lambda clause: ranked[_saying(clause)])
    found: list[list[ClauseResult]] = []
    for _, members in groupby(ordered, _saying):
        same = list(members)
        found += [same] if len(same) > _MOST_ALONE else [[clause] for clause in same]
    return found


def same_saying(clauses: Sequence[ClauseResult]) -> str:
    """What clauses that are alike say; of those that others explain, what is at the bottom of it."""
    if not clauses[0].explained_by:
        return clauses[0].reason
    causes = dict.fromkeys(name for clause in clauses for name in clause.explained_by)
    own = {clause.id for clause in clauses}
    return f"explained by {', '.join([name for name in causes if name not in own] or causes)}"


def per_family(clauses: Iterable[ClauseResult]) -> str:
    """`BCAST 9, CHURN 14`."""
    return ", ".join(f"{name} {len(members)}" for name, members in sorted(by_family(clauses)))


def per_reason(clauses: Iterable[ClauseResult]) -> str:
    """`needs the connection table (7), no Misbehaver took part (1)`, the most frequent first."""
    counts = Counter(clause.reason for clause in clauses)
    return ", ".join(f"{reason or 'no reason given'} ({n})" for reason, n in counts.most_common())


def _saying(clause: ClauseResult) -> tuple[Outcome, bool, str]:
    explained = bool(clause.explained_by)
    return clause.outcome, explained, "" if explained else clause.reason
