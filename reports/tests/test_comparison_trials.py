"""The claim of the comparison, at the size that a test can afford; the module itself prints the table."""

from __future__ import annotations

import pytest

from reports.comparison_trials import SETTINGS, Setting, rates_of


@pytest.mark.parametrize("setting", [Setting(5, 0.05, own_runners=False), Setting(8, 0.05, own_runners=True)])
def test_it_does_not_cry_wolf_and_catches_a_slowdown_of_40_percent(setting: Setting) -> None:
    rates = rates_of(setting, jobs=60)
    assert rates.false_alarms < 0.02
    assert rates.false_praise < 0.02
    assert rates.caught >= 0.9


def test_too_much_noise_is_no_alarm_either() -> None:
    assert rates_of(Setting(5, 0.3, own_runners=True), jobs=40).false_alarms <= 0.05


def test_the_table_covers_both_kinds_of_runners() -> None:
    assert {setting.own_runners for setting in SETTINGS} == {False, True}
