"""Users over time, by scenario."""

from __future__ import annotations

import pytest

from loadtests._scenarios import EXPLAINED, SCENARIOS, Extent, Scenario, curve_of


def users(scenario: Scenario, extent: Extent, *at_s: float) -> list[int | None]:
    curve = curve_of(scenario, extent)
    assert curve is not None
    found = [curve(time) for time in at_s]
    return [None if one is None else one[0] for one in found]


def test_a_ramp_is_at_the_top_for_the_last_fifth() -> None:
    assert users("ramp", Extent(100, None, 10.0), 0.0, 4.0, 8.0, 9.9, 10.0) == [1, 50, 100, 100, None]


def test_a_spike_is_in_the_middle() -> None:
    found = users("spike", Extent(100, None, 10.0), 0.0, 3.9, 4.0, 5.9, 6.0, 10.0)
    assert found == [20, 20, 100, 100, 20, None]


def test_a_soak_lasts_an_hour_unless_told_otherwise() -> None:
    assert users("soak", Extent(7, None, None), 0.0, 3599.0, 3600.0) == [7, 7, None]
    assert users("soak", Extent(7, None, 5.0), 4.9, 5.0) == [7, None]


def test_the_spawn_rate_is_the_one_given_or_all_at_once() -> None:
    for given, expected in ((5.0, 5.0), (None, 100.0)):
        curve = curve_of("spike", Extent(100, given, 10.0))
        assert curve is not None
        assert curve(0.0) == (20, expected)


@pytest.mark.parametrize("scenario", ["steady", "reconnect-storm", "idle-herd", "capacity"])
def test_other_scenarios_leave_the_users_to_locust(scenario: Scenario) -> None:
    assert curve_of(scenario, Extent(10, None, 10.0)) is None


def test_every_scenario_is_explained() -> None:
    assert set(EXPLAINED) == set(SCENARIOS)
