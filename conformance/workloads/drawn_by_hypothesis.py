"""How workloads use Hypothesis: on a live backend, without its database, health checks and deadlines."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings


def live_settings(examples: int, *, steps: int = 50) -> settings:
    """So many examples, of at most so many steps where a state machine runs; a failing one is shrunk."""
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
    )
