from __future__ import annotations

from dataclasses import replace

from reports.capacity_section import best_stage, capacity_section, limit_in_words
from reports.tests.plain_text import plain
from reports.tests.sample_runs import sample_capacity


def test_stages_rise_and_say_why_they_broke() -> None:
    shown = plain(capacity_section(sample_capacity()))
    assert "Held 30 30.0 900 0 88.1 ms yes 32 32.0 412 512 lost no: 512 owed deliveries lost" in shown


def test_a_run_that_was_no_search_has_no_section() -> None:
    assert capacity_section(None) == ""


def test_the_best_stage_is_the_largest_that_held() -> None:
    found = sample_capacity()
    best = best_stage(found)
    assert best is not None
    assert best.users == 30
    assert best_stage(replace(found, users=0)) is None


def test_what_is_known_beyond_the_best_is_said() -> None:
    assert limit_in_words(sample_capacity()) == "900 deliveries/s; 32 did not hold"
    assert limit_in_words(replace(sample_capacity(), broken_at=None)).endswith("no larger load was tried")
