"""The section of the page that tells what a run costs."""

from __future__ import annotations

from collections.abc import Iterator

from .billing import Cost, CostItem
from .figures import NONE, count, quantity, usd
from .markup import Markup, tag
from .table import data_table


def cost_section(cost: Cost | None) -> Markup:
    """The bill, item by item, with what was assumed; empty for a run that was not counted."""
    if cost is None:
        return Markup("")
    assumed = tag("ul", *(tag("li", sentence) for sentence in cost.assumptions), class_="assumptions")
    return tag(
        "section",
        tag("h3", "Cost"),
        tag("p", total_in_words(cost), class_="cost"),
        *(tag("p", warning, class_="warning") for warning in cost.warnings),
        _items(cost),
        *_per_message(cost),
        tag("details", tag("summary", "What was assumed"), assumed),
    )


def total_in_words(cost: Cost) -> str:
    """The sums, with region and date of the prices."""
    month = "" if cost.month_usd is None else f", and {usd(cost.month_usd)} a month if its load goes on"
    return (
        f"This run costs {usd(cost.run_usd)}{month}, at AWS list prices of {cost.region} as of {cost.as_of}."
    )


def item_row(item: CostItem) -> tuple[str, ...]:
    """A line of the bill as texts."""
    month = NONE if item.month_usd is None else usd(item.month_usd)
    return (
        f"{item.service}: {item.name}",
        f"{quantity(item.amount)} {item.unit}",
        item.basis,
        usd(item.run_usd),
        month,
    )


ITEM_HEADS = ("Item", "Amount", "Basis", "This run", "A month")


def _items(cost: Cost) -> Markup:
    rows = [item_row(item) for item in cost.items]
    month = NONE if cost.month_usd is None else usd(cost.month_usd)
    rows.append(("Sum", "", "", usd(cost.run_usd), month))
    return data_table(ITEM_HEADS, rows, "bill", numeric=(1, 3, 4))


def _per_message(cost: Cost) -> Iterator[Markup]:
    if cost.per_message:
        rows = [
            (count(each.connections), usd(each.usd), usd(1e6 * each.usd / each.connections))
            for each in cost.per_message
        ]
        yield tag("h4", "One broadcast to so many connections")
        yield data_table(("Connections", "A message", "A million deliveries"), rows, numeric=(0, 1, 2))
