"""Which findings a report shows when there are more than it has room for."""

from __future__ import annotations

from .results import ClauseResult, Finding, Results
from .verdict import by_severity


def findings_of(results: Results, most: int) -> tuple[list[tuple[ClauseResult, Finding]], int]:
    """At most `most` findings, every clause's first before any second; and how many more there are."""
    ranked = [
        (rank, n, clause, finding)
        for n, clause in enumerate(by_severity(results.clauses))
        for rank, finding in enumerate(clause.findings)
    ]
    chosen = sorted(sorted(ranked, key=lambda r: r[:2])[:most], key=lambda r: (r[1], r[0]))
    return [(clause, finding) for _, _, clause, finding in chosen], len(ranked) - len(chosen)
