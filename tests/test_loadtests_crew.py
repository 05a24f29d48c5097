"""What master and workers tell each other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from locust import rpc

from loadtests import _crew as crew
from loadtests._load_run import RunPlan
from loadtests._options import Pace
from reports.history_writer import clock_name


def _order(folder: Path) -> crew.Order:
    plan = RunPlan(folder, "0123abcd", 7, Pace(1.0, 3.0, 1.0, 120), churn=True, receive_times="read")
    return crew.Order(plan, "wss://example.com/prod", clock_name())


def test_an_order_survives_the_wire(tmp_path: Path) -> None:
    message_type: Any = rpc.Message
    order = _order(tmp_path)
    sent = message_type("spawn", order.to_message(), "worker").serialize()
    assert crew.Order.from_message(message_type.unserialize(sent).data) == order


def test_a_worker_on_the_masters_clock_that_sees_its_folder_is_near(tmp_path: Path) -> None:
    assert _order(tmp_path).is_near


def test_a_worker_on_another_machine_is_not_near(tmp_path: Path) -> None:
    assert not replace(_order(tmp_path), clock="boot-of-another-machine").is_near


def test_a_worker_that_does_not_see_the_run_folder_is_not_near(tmp_path: Path) -> None:
    assert not _order(tmp_path / "elsewhere").is_near
