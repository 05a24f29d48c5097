"""Our tab in Locust's web UI."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from flask.testing import FlaskClient
from locust import User
from locust.env import Environment

from loadtests import _locust_statistics as statistics
from loadtests._bookkeeping import Standing
from loadtests._live_tab import KEY, Row, add_tab, live_rows
from loadtests._verdict import Verdict
from reports.artefacts import Written
from reports.tests.sample_runs import failing_run


def row(rows: list[Row], name: str) -> str:
    (found,) = [row.value for row in rows if row.figure == name]
    return found


def test_the_ratio_is_of_what_was_delivered_or_is_missing() -> None:
    rows = live_rows(Standing(connections=5, sent=2, delivered=9, missing=1), [3, 5, 8], None)
    assert row(rows, "Delivery ratio") == "90.0 %"
    assert row(rows, "Lost or late") == "1"
    assert row(rows, "Fan-out latency") == "3 / 5 / 8"


def test_before_anything_is_owed_there_is_no_ratio() -> None:
    rows = live_rows(Standing(), [], None)
    assert row(rows, "Delivery ratio") == "nothing owed yet"
    assert row(rows, "Fan-out latency") == "nothing delivered yet"


def test_the_verdict_is_told_when_there_is_one(verdict: Verdict) -> None:
    assert row(live_rows(Standing(), [], None), "Verdict") == "not yet"
    assert row(live_rows(Standing(), [], verdict), "Verdict") == "Violation"


@pytest.fixture
def verdict(tmp_path: Path) -> Verdict:
    page = tmp_path / "report.html"
    page.write_text("<p>all of it</p>", encoding="utf-8")
    return Verdict(failing_run(), (), Written((page,), ()))


class Judged:
    """What came of the last run."""

    verdict: Verdict | None = None

    def __call__(self) -> Verdict | None:
        return self.verdict


@pytest.fixture
def judged() -> Judged:
    return Judged()


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch, judged: Judged) -> Iterator[FlaskClient]:
    """Of a web UI with our tab."""
    monkeypatch.setattr(sys, "argv", ["locust"])  # Locust shows the command line's options in its form
    environment = Environment(user_classes=[type("Nobody", (User,), {})])
    environment.create_local_runner()
    ui = environment.create_web_ui("127.0.0.1", 0, delayed_start=True)
    latencies = np.array([4_000_000, 6_000_000], np.int64)
    statistics.deliveries(environment.stats, latencies, 120)
    entry = statistics.deliveries_of(environment.stats)
    add_tab(ui, lambda: Standing(connections=7, delivered=2), lambda: entry, judged)
    assert ui.app is not None
    yield ui.app.test_client()
    environment.runner.quit()  # type: ignore[union-attr]


def test_the_page_has_our_tab(browser: FlaskClient) -> None:
    page = browser.get("/").text
    assert re.search(r'"?key"?: *"?' + KEY, page)
    assert "Deliveries" in page


def test_our_rows_travel_with_locusts_statistics(browser: FlaskClient) -> None:
    answer = json.loads(browser.get("/stats/requests").text)
    ((key, rows),) = [(table["key"], table["data"]) for table in answer["extended_stats"]]
    assert key == KEY
    assert {"figure": "Connections", "value": "7", "meaning": "open now"} in rows
    assert answer["stats"], "Locust's own are still there"


def test_the_report_of_the_last_run_is_served(browser: FlaskClient, judged: Judged, verdict: Verdict) -> None:
    assert "/churnproof/report" in browser.get("/").text
    early = browser.get("/churnproof/report")
    assert (early.status_code, early.text[:24]) == (404, "There is no report yet: ")
    judged.verdict = verdict
    with browser.get("/churnproof/report") as late:
        assert (late.status_code, late.get_data()) == (200, b"<p>all of it</p>")


def test_other_answers_stay_as_they_are(browser: FlaskClient) -> None:
    assert "extended_stats" not in browser.get("/exceptions").text
