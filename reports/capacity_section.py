"""What a capacity search found, stage by stage."""

from __future__ import annotations

from collections.abc import Iterator

from .figures import count, percentile
from .markup import Markup, tag
from .results import Capacity, Stage
from .table import data_table

STAGE_HEADS = ("Users", "Messages/s", "Deliveries/s", "Lost", "Last recipient p99", "Held")


def stage_row(stage: Stage) -> tuple[str, ...]:
    """A stage as texts."""
    return (
        count(stage.users),
        f"{stage.messages_per_s:,.1f}",
        f"{stage.deliveries_per_s:,.0f}",
        count(stage.delivery.lost),
        percentile(stage.latency_ms.last, "p99"),
        "yes" if stage.held else f"no: {stage.reason}",
    )


def stage_rows(found: Capacity) -> Iterator[tuple[str, ...]]:
    """The stages from the smallest load to the largest."""
    return (stage_row(stage) for stage in sorted(found.stages, key=lambda stage: stage.users))


def capacity_section(found: Capacity | None) -> Markup:
    """Empty for a run that was no search."""
    if found is None:
        return Markup("")
    table = data_table(STAGE_HEADS, list(stage_rows(found)), "stages", numeric=range(5))
    return tag("section", tag("h3", "Capacity"), table)


def best_stage(found: Capacity) -> Stage | None:
    """The stage of the largest load that held."""
    held = (stage for stage in found.stages if stage.held and stage.users == found.users)
    return next(held, None)


def limit_in_words(found: Capacity) -> str:
    """What is known of the load above it."""
    rates = f"{found.deliveries_per_s:,.0f} deliveries/s; " if found.users else ""
    beyond = (
        "no larger load was tried" if found.broken_at is None else f"{count(found.broken_at)} did not hold"
    )
    return f"{rates}{beyond}"
