"""A tab of ours in Locust's web UI: what Locust's own tables do not know of a broadcast."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from flask import Response, request
from locust.stats import StatsEntry
from locust.web import WebUI

from ._bookkeeping import Standing

KEY = "churnproof"
_STATISTICS = "/stats/requests"
"""What the page asks for every two seconds; tables of extensions travel with the answer."""
_PERCENTILES = (0.5, 0.95, 0.99)
_TAB = {"title": "Deliveries", "key": KEY}
_TABLE = {
    "key": KEY,
    "structure": [
        {"key": "name", "title": "So far"},
        {"key": "value", "title": ""},
        {"key": "meaning", "title": "What it is"},
    ],
}


@dataclass(frozen=True)
class Row:
    """One line of the tab."""

    name: str
    value: str
    meaning: str


def live_rows(standing: Standing, latency_ms: Sequence[int]) -> list[Row]:
    """The tab; `latency_ms` are p50, p95 and p99 of what was delivered, empty while nothing was."""
    owed = standing.delivered + standing.missing
    ratio = f"{standing.delivered / owed:.4%}" if owed else "nothing owed yet"
    latency = " / ".join(f"{ms:,}" for ms in latency_ms) if latency_ms else "nothing delivered yet"
    return [
        Row("Connections", f"{standing.connections:,}", "open now"),
        Row("Messages", f"{standing.sent:,}", "sent by talkers"),
        Row("Deliveries", f"{standing.delivered:,}", "copies heard, byte for byte as sent"),
        Row("Delivery ratio", ratio, "of those that were owed and due, at the most: the report is exact"),
        Row("Lost or late", f"{standing.missing:,}", "owed, and not there within the bound; at the least"),
        Row("Damaged", f"{standing.corrupted:,}", "copies whose bytes are not those that were sent"),
        Row("Fan-out latency", latency, "ms from the intended send to each recipient: p50 / p95 / p99"),
    ]


def add_tab(web_ui: WebUI, standing: Callable[[], Standing], deliveries: Callable[[], StatsEntry]) -> None:
    """Show the tab; `deliveries` are Locust's statistics of them."""
    update = web_ui.update_template_args

    def update_with_ours() -> None:
        update()  # type: ignore[no-untyped-call]
        web_ui.template_args |= {"extended_tabs": [_TAB], "extended_tables": [_TABLE]}

    web_ui.update_template_args = update_with_ours  # type: ignore[method-assign]

    def with_our_rows(response: Response) -> Response:
        answer = response.get_json(silent=True) if request.path.endswith(_STATISTICS) else None
        if answer is not None:
            rows = [asdict(row) for row in live_rows(standing(), _latency_ms(deliveries()))]
            response.set_data(json.dumps({**answer, "extended_stats": [{"key": KEY, "data": rows}]}))
        return response

    assert web_ui.app is not None, "the web UI has been made"
    web_ui.app.after_request(with_our_rows)


def _latency_ms(entry: StatsEntry) -> list[int]:
    if not entry.response_times:
        return []
    return [entry.get_response_time_percentile(percentile) for percentile in _PERCENTILES]
