"""Our tab in Locust's web UI."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator

import numpy as np
import pytest
from flask.testing import FlaskClient
from locust import User
from locust.env import Environment

from loadtests import _locust_statistics as statistics
from loadtests._bookkeeping import Standing
from loadtests._live_tab import KEY, Row, add_tab, live_rows


def row(rows: list[Row], name: str) -> str:
    (found,) = [row.value for row in rows if row.name == name]
    return found


def test_the_ratio_is_of_what_was_delivered_or_is_missing() -> None:
    rows = live_rows(Standing(connections=5, sent=2, delivered=9, missing=1), [3, 5, 8])
    assert row(rows, "Delivery ratio") == "90.0000%"
    assert row(rows, "Lost or late") == "1"
    assert row(rows, "Fan-out latency") == "3 / 5 / 8"


def test_before_anything_is_owed_there_is_no_ratio() -> None:
    rows = live_rows(Standing(), [])
    assert row(rows, "Delivery ratio") == "nothing owed yet"
    assert row(rows, "Fan-out latency") == "nothing delivered yet"


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[FlaskClient]:
    """Of a web UI with our tab."""
    monkeypatch.setattr(sys, "argv", ["locust"])  # Locust shows the command line's options in its form
    environment = Environment(user_classes=[type("Nobody", (User,), {})])
    environment.create_local_runner()
    ui = environment.create_web_ui("127.0.0.1", 0, delayed_start=True)
    latencies = np.array([4_000_000, 6_000_000], np.int64)
    statistics.deliveries(environment.stats, latencies, 120)
    entry = statistics.deliveries_of(environment.stats)
    add_tab(ui, lambda: Standing(connections=7, delivered=2), lambda: entry)
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
    assert {"name": "Connections", "value": "7", "meaning": "open now"} in rows
    assert answer["stats"], "Locust's own are still there"


def test_other_answers_stay_as_they_are(browser: FlaskClient) -> None:
    assert "extended_stats" not in browser.get("/exceptions").text
