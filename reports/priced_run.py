"""Adds to a run what it costs, from the record in its folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from .billing import Traffic
from .cost import Assumptions, cost_of
from .history_reader import HistoryError, read_history
from .prices import Prices, read_prices
from .results import Results
from .run_folder import STACK_LOG
from .traffic import traffic_of, with_invocations


def priced(results: Results, folder: Path, prices: Prices, assumed: Assumptions) -> Results:
    """`results` with traffic and cost, as far as the folder holds what they are reckoned from.

    A run of a time before traffic was counted is counted again from its history.
    """
    traffic = results.traffic or _counted(folder)
    if traffic is None:
        return results
    with_traffic = replace(results, traffic=with_invocations(traffic, _log_lines(folder)))
    return replace(with_traffic, cost=cost_of(with_traffic, prices, assumed))


def at_list_prices(results: Results, folder: Path) -> Results:
    """`results` with traffic and cost by the table that comes with churnproof, nothing assumed otherwise."""
    return priced(results, folder, read_prices(), Assumptions())


def _counted(folder: Path) -> Traffic | None:
    try:
        return traffic_of(read_history(folder))
    except HistoryError:
        return None


def _log_lines(folder: Path) -> Iterator[str]:
    try:
        with (folder / STACK_LOG).open(encoding="utf-8", errors="replace") as log:
            yield from log
    except OSError:
        return
