"""The section that tells what a further recipient costs."""

from __future__ import annotations

from dataclasses import replace

from reports.fan_out_section import cost_in_words, fan_out_section
from reports.results import FanOut

_FITTED = FanOut(
    recipients=(10.0, 20.0, 40.0),
    messages=(30, 30, 40),
    last_p50_ms=(30.0, 40.0, 60.0),
    last_p95_ms=(50.0, 60.0, 90.0),
    base_ms=20.0,
    per_recipient_ms=1.0,
    per_recipient_error_ms=0.1,
)


def test_a_cost_is_told_with_its_error_and_what_it_means_for_a_thousand() -> None:
    words = cost_in_words(_FITTED)
    assert "delays the last one by 1 ms ± 0.10 ms" in words
    assert "fitted from 10 to 40 recipients over 100 messages" in words
    assert "1.02 s" in words


def test_a_cost_within_its_error_is_noise() -> None:
    assert "lost in the noise" in cost_in_words(replace(_FITTED, per_recipient_error_ms=2.0))


def test_a_falling_line_is_no_cost() -> None:
    assert "not later when there are more" in cost_in_words(replace(_FITTED, per_recipient_ms=-1.0))


def test_what_was_not_fitted_says_why() -> None:
    unfitted = replace(_FITTED, per_recipient_ms=None, reason="3 messages, and a fit needs 20")
    assert cost_in_words(unfitted).endswith("3 messages, and a fit needs 20.")
    assert "fitted</" not in str(fan_out_section(unfitted, "run"))


def test_the_section_has_a_chart_with_its_words_and_a_table() -> None:
    page = str(fan_out_section(_FITTED, "run"))
    assert 'role="img"' in page
    assert cost_in_words(_FITTED) in page
    assert page.count("<tr>") == 1 + len(_FITTED.recipients)


def test_without_figures_there_is_no_section() -> None:
    assert str(fan_out_section(FanOut(), "run")) == ""
