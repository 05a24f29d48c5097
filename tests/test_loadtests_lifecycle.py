"""How a load test begins where nothing else is at fault than this project."""

from __future__ import annotations

from typing import Any

import pytest
from locust.argument_parser import parse_options
from locust.env import Environment

from loadtests import _lifecycle
from reports.results import Exit


def test_an_error_of_ours_before_the_load_is_not_a_violation_of_the_target(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_: Any) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(_lifecycle, "load_options", broken)
    environment = Environment(parsed_options=parse_options(["--headless"]))
    with pytest.raises(SystemExit) as ended:
        _lifecycle._decider(environment, environment.create_local_runner())
    assert ended.value.code == Exit.HARNESS_ERROR
    assert "division by zero" in capsys.readouterr().err
