"""What master and workers tell each other."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from conformance.harness.errors import UsageError
from loadtests._options import Pace


@pytest.fixture(scope="module")
def crew() -> Iterator[ModuleType]:
    """The module, without the patches to the standard library that importing Locust makes."""
    os.environ["LOCUST_SKIP_MONKEY_PATCH"] = "1"
    try:
        from loadtests import _crew

        yield _crew
    finally:
        del os.environ["LOCUST_SKIP_MONKEY_PATCH"]


def _order(crew: ModuleType, folder: Path) -> Any:
    from loadtests._load_run import RunPlan
    from reports.history_writer import clock_name

    plan = RunPlan(folder, "0123abcd", 7, Pace(1.0, 3.0, 1.0, 120), churn=True, receive_times="read")
    return crew.Order(plan, "wss://example.com/prod", clock_name())


def test_an_order_survives_the_wire(crew: ModuleType, tmp_path: Path) -> None:
    from locust import rpc

    message_type: Any = rpc.Message
    order = _order(crew, tmp_path)
    sent = message_type("spawn", order.to_message(), "worker").serialize()
    assert crew.Order.from_message(message_type.unserialize(sent).data) == order


def test_a_worker_on_another_machine_refuses(crew: ModuleType, tmp_path: Path) -> None:
    message = {**_order(crew, tmp_path).to_message(), "clock": "boot-of-another-machine"}
    with pytest.raises(UsageError, match="on another machine"):
        crew.Order.from_message(message)


def test_a_worker_that_does_not_see_the_run_folder_refuses(crew: ModuleType, tmp_path: Path) -> None:
    message = _order(crew, tmp_path / "elsewhere").to_message()
    with pytest.raises(UsageError, match="cannot record into"):
        crew.Order.from_message(message)
