"""The page in a real browser: no console message, no request, and the script does its work."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from reports.across import Across
from reports.html import render_page
from reports.tests.sample_history_of_runs import daily_runs
from reports.tests.sample_runs import failing_run, passing_run
from reports.tests.test_hostile_text import HOSTILE, poisoned_run
from reports.trend import trends_of

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no chromium or google-chrome on this machine")

PROBE = """<script>
const plot = document.querySelector(".plot");
plot.focus();
plot.dispatchEvent(new KeyboardEvent("keydown", { key: "End" }));
document.querySelector(".legend .key").click();
const found = document.body.dataset;
found.resources = performance.getEntriesByType("resource").length;
found.charts = document.querySelectorAll("figure.chart svg").length;
found.tip = document.getElementById("tip").textContent.replaceAll("\\n", "; ");
const point = document.querySelector(".plot[data-at]");
if (point) point.dispatchEvent(new KeyboardEvent("keydown", { key: "End" }));
found.point = document.getElementById("tip").textContent.replaceAll("\\n", "; ");
found.off = document.querySelectorAll(".layer.off").length;
const charts = document.querySelector(".charts");
const views = () => [...charts.querySelectorAll(".plot svg")].map((svg) => svg.getAttribute("viewBox"));
const boxes = views();
charts.querySelector(".tools button").click();
found.zoomed = new Set(views()).size + " " + views()[0];
const labels = () => [...charts.querySelectorAll(".xs")].map((xs) => xs.textContent);
found.labels = new Set(labels()).size + " " + labels()[0];
charts.querySelectorAll(".tools button")[2].click();
found.whole = String(boxes.join() === views().join());
found.wide = document.documentElement.scrollWidth > innerWidth;
new ResizeObserver(() => {
  const shown = [...document.querySelectorAll(".scroll")].filter((box) => box.checkVisibility());
  const scrolling = shown.filter((box) => box.scrollWidth > box.clientWidth);
  found.scrolling = scrolling.length;
  found.unreachable = scrolling.filter((box) => box.tabIndex !== 0).length;
}).observe(document.body);
</script></body>"""


def visited(page: str, folder: Path, width: int = 1280) -> tuple[dict[str, str], list[str]]:
    """What the probe found in the page, and what the browser's console said."""
    path = folder / "page.html"
    path.write_text(page.replace("</body>", PROBE), encoding="utf-8")
    assert BROWSER is not None
    options = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--dump-dom")
    done = subprocess.run(
        [
            BROWSER,
            *options,
            "--enable-logging=stderr",
            f"--user-data-dir={folder / 'profile'}",
            f"--window-size={width},900",
            path.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    (body,) = re.findall(r"<body ([^>]*)>", done.stdout) or [""]
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    return dict(re.findall(r'data-([a-z]+)="([^"]*)"', body)), console


def test_it_works_without_a_console_message_or_a_request(tmp_path: Path) -> None:
    found, console = visited(render_page([("one", failing_run(), ()), ("two", passing_run(), ())]), tmp_path)
    assert console == []
    assert (found["resources"], found["charts"], found["off"], found["wide"]) == ("0", "12", "1", "false")
    assert found["tip"] == "at 41.4 s; delivered / owed  —; lost  0"


def test_all_charts_of_a_run_zoom_together_and_back(tmp_path: Path) -> None:
    found, console = visited(render_page([("", failing_run(), ())]), tmp_path)
    assert console == []
    assert found["zoomed"] == "1 500 0 500 100"
    assert found["labels"] == "1 20.8 s26 s31.2 s36.4 s"
    assert found["whole"] == "true"
    assert found["point"] == "recipients  29; messages  28; last recipient p50  41.1 ms; p95  69.9 ms"


def test_a_trend_is_drawn_and_read_by_keyboard(tmp_path: Path) -> None:
    trends = trends_of(daily_runs(12, 6))
    page = render_page([("", passing_run("load"), ())], across=Across(trends=trends))
    found, console = visited(page, tmp_path)
    assert console == []
    assert found["charts"] == "9"
    assert found["point"] == "run  run-11; started  2026-03-12 09:00:00; latency_ms.last.p50  104 ms"


def test_it_fits_a_phone(tmp_path: Path) -> None:
    found, _ = visited(render_page([("", failing_run(), ())]), tmp_path, width=500)
    assert found["wide"] == "false"
    assert int(found["scrolling"]) > 0
    assert found["unreachable"] == "0"


def test_hostile_text_runs_no_script_and_asks_for_nothing(tmp_path: Path) -> None:
    found, console = visited(render_page(poisoned_run("".join(HOSTILE))), tmp_path)
    assert console == []
    assert found["resources"] == "0"


def test_a_request_and_an_error_would_be_seen(tmp_path: Path) -> None:
    page = render_page([("", failing_run(), ())]).replace(
        "</main>", "</main><img src='http://127.0.0.1:9/x.png'><script>throw new Error('seen')</script>"
    )
    _, console = visited(page, tmp_path)
    assert any("seen" in line for line in console)
    assert any("Content Security Policy" in line for line in console)
