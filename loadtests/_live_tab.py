"""A tab of ours in Locust's web UI: what Locust's own tables do not know of a broadcast."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from flask import Response, request, send_file
from locust.stats import StatsEntry
from locust.web import WebUI

from reports.figures import share
from reports.verdict import standing as standing_of

from ._bookkeeping import Standing
from ._verdict import Verdict

KEY = "churnproof"
_STATISTICS = "/stats/requests"
"""What the page asks for every two seconds; tables of extensions travel with the answer."""
_PERCENTILES = (0.5, 0.95, 0.99)
_REPORT = "/churnproof/report"
_LINK = {"title": "churnproof report of the last run: its verdict and every loss", "href": _REPORT}
_TAB = {"title": "Deliveries", "key": KEY}
_TABLE = {
    "key": KEY,
    "structure": [
        # Not `name`: Locust would sort by that.
        {"key": "figure", "title": "So far"},
        {"key": "value", "title": ""},
        {"key": "meaning", "title": "What it is"},
    ],
}


@dataclass(frozen=True)
class Row:
    """One line of the tab."""

    figure: str
    value: str
    meaning: str


def live_rows(standing: Standing, latency_ms: Sequence[int], verdict: Verdict | None) -> list[Row]:
    """The tab; `latency_ms` are p50, p95 and p99 of what was delivered, empty while nothing was."""
    owed = standing.delivered + standing.missing
    ratio = share(standing.delivered, owed) if owed else "nothing owed yet"
    latency = " / ".join(f"{ms:,}" for ms in latency_ms) if latency_ms else "nothing delivered yet"
    return [
        Row("Connections", f"{standing.connections:,}", "open now"),
        Row("Messages", f"{standing.sent:,}", "sent by talkers"),
        Row("Deliveries", f"{standing.delivered:,}", "copies heard, byte for byte as sent"),
        Row("Delivery ratio", ratio, "of those that were owed and due, at the most: the report is exact"),
        Row("Lost or late", f"{standing.missing:,}", "owed, and not there within the bound; at the least"),
        Row("Damaged", f"{standing.corrupted:,}", "copies whose bytes are not those that were sent"),
        Row("Fan-out latency", latency, "ms from the intended send to each recipient: p50 / p95 / p99"),
        _judged(verdict),
    ]


def _judged(verdict: Verdict | None) -> Row:
    if verdict is None:
        return Row(
            "Verdict", "not yet", "every delivery is judged when the test has stopped; then reload this page"
        )
    found = standing_of(verdict.results, verdict.gates)
    return Row("Verdict", found.headline, f"{found.sentence}; the report is under Download Data")


def add_tab(
    web_ui: WebUI,
    standing: Callable[[], Standing],
    deliveries: Callable[[], StatsEntry],
    judged: Callable[[], Verdict | None],
) -> None:
    """Show the tab, and serve the report of the last run; `deliveries` are Locust's statistics of them.

    `judged` says what came of that run, None while there is none or another is under way.
    """
    assert web_ui.app is not None, "the web UI has been made"
    update = web_ui.update_template_args

    def update_with_ours() -> None:
        update()  # type: ignore[no-untyped-call]
        web_ui.template_args |= {
            "extended_tabs": [_TAB],
            "extended_tables": [_TABLE],
            "extended_csv_files": [_LINK],
        }

    web_ui.update_template_args = update_with_ours  # type: ignore[method-assign]

    def with_our_rows(response: Response) -> Response:
        answer = response.get_json(silent=True) if request.path.endswith(_STATISTICS) else None
        if answer is not None:
            found = live_rows(standing(), _latency_ms(deliveries()), judged())
            rows = [asdict(row) for row in found]
            response.set_data(json.dumps({**answer, "extended_stats": [{"key": KEY, "data": rows}]}))
        return response

    def report() -> Response | tuple[str, int]:
        verdict = judged()
        if verdict is None or verdict.written.page is None:
            return "There is no report yet: every delivery is judged when the test has stopped.\n", 404
        return send_file(verdict.written.page.resolve())

    web_ui.app.after_request(with_our_rows)
    guarded = web_ui.auth_required_if_enabled(report)  # type: ignore[no-untyped-call]
    web_ui.app.add_url_rule(_REPORT, view_func=guarded)


def _latency_ms(entry: StatsEntry) -> list[int]:
    if not entry.response_times:
        return []
    return [entry.get_response_time_percentile(percentile) for percentile in _PERCENTILES]
