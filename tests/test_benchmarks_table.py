"""The benchmark's tables."""

from __future__ import annotations

from benchmarks.table import Accuracy, Judged, Row, accuracies, comparison, judging, shared

_C = Row("C", 5.0, 20_000.0, 20.0, None)
_PLAIN = Row("plain", 100.0, 1_000.0, 800.0, 20_480.0)
_OURS = Row("ours", 10.0, 2_500.0, 400.0, 10_240.0)


def test_each_client_is_held_against_the_measure_and_against_plain_locust() -> None:
    head, c, ours, plain = comparison([_C, _OURS, _PLAIN], _C, _PLAIN).splitlines()
    assert head.split("  ")[0] == "client"
    assert ours.split() == ["ours", "10.0", "2.00", "1/10.0", "2,500", "400", "1/2.0", "10.0", "1/2.0"]
    assert c.split() == ["C", "5.0", "1.00", "1/20.0", "20,000", "20", "1/40.0"]
    assert plain.split()[2] == "20.00"


def test_without_plain_locust_nothing_is_held_against_it() -> None:
    _, ours = comparison([_OURS], _C, None).splitlines()
    assert ours.split() == ["ours", "10.0", "2.00", "2,500", "400", "10.0"]


def test_the_error_of_a_latency_is_a_share_of_the_true_one() -> None:
    _, line = accuracies([Accuracy("ours", "30%", {"p50": 3.3}, {"p50": 3.0}, 0.995, 0.98)]).splitlines()
    assert line.split() == ["ours", "30%", "p50", "3.30", "3.00", "+10.0%", "99.5%", "98.0%"]


def test_what_judging_took_is_told_a_run_and_a_delivery() -> None:
    _, run = judging([Judged(10_000_000, 6.0, 170_000_000)]).splitlines()
    assert run.split() == ["10,000,000", "6.0", "0.60", "170"]


def test_processes_are_worth_what_their_busiest_and_all_of_them_together_leave() -> None:
    assert shared(2, 12.0, 6.0, 10.0).endswith("1.67 x as much")
    assert shared(2, 16.0, 6.0, 10.0).endswith("1.25 x as much")
