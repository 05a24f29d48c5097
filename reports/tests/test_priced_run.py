from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from reports.cost import Assumptions
from reports.history import ConnectEnded, ConnectStarted
from reports.history_writer import HistoryWriter
from reports.priced_run import at_list_prices, priced
from reports.prices import read_prices
from reports.tests.sample_runs import passing_run

OLD = replace(passing_run(), traffic=None, cost=None)


def test_a_run_that_did_not_count_its_traffic_is_counted_from_its_history(tmp_path: Path) -> None:
    writer = HistoryWriter(tmp_path)
    writer.write(ConnectStarted(1, 0, "stayer"))
    writer.write(ConnectEnded(2, 0, "ok", 101))
    writer.close()
    found = priced(OLD, tmp_path, read_prices(), Assumptions())
    assert found.traffic is not None
    assert found.traffic.connects == 1
    assert found.cost is not None


def test_a_folder_without_a_history_leaves_the_run_as_it_is(tmp_path: Path) -> None:
    assert priced(OLD, tmp_path, read_prices(), Assumptions()) == OLD


def test_invocations_come_from_the_log_beside_it(tmp_path: Path) -> None:
    (tmp_path / "stack.log").write_text("[Connect f6] REPORT RequestId: f6f7de32  Duration: 11.25 ms\n")
    found = priced(passing_run(), tmp_path, read_prices(), Assumptions())
    assert found.traffic is not None
    assert (found.traffic.lambda_requests, found.traffic.lambda_billed_ms) == (1, 12)


def test_at_list_prices_nothing_is_assumed_otherwise(tmp_path: Path) -> None:
    assert at_list_prices(passing_run(), tmp_path) == priced(
        passing_run(), tmp_path, read_prices(), Assumptions()
    )
