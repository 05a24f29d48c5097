"""What a checker is given, to the nanosecond: times, groups, and when a machine was too busy."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.checkers.case import Case
from conformance.harness.contract import Bounds, Contract
from reports.history import GeneratorHealth
from reports.history_reader import History
from reports.metrics import CROWDED

from .story import history_of

_TWO_SECONDS = Bounds(deliver_s=2.0, cleanup_s=2.0, stale_s=3.0, connect_s=0.0)
_S = 1_000_000_000
_MORE = CROWDED + 0.1


def _case(*lines: str) -> Case:
    return Case(history_of([*lines, "9000 lag 1"]), Contract(), _TWO_SECONDS)


def _spoken() -> Case:
    """Three messages, from the very beginning on, that their sender alone hears."""
    lines = ["0 a connects stayer", "0 a sends first churn/main", "1500 a sends second fault/post/429"]
    return _case(*lines, "3000 a sends third limit/slow", "3900 a sends fourth churn/final")


def test_figures_are_of_all_messages_but_those_that_were_sent_while_something_was_provoked() -> None:
    case = _spoken()
    assert [message.label for message in case.figures().messages] == ["m0", "m3"]
    assert [message.label for message in case.figures(1, 3900_000_001).messages] == ["m3"]
    assert case.figures(1, 3900_000_000).messages == []


def test_figures_tell_how_long_everything_took_and_the_hearing_of_some_does_not() -> None:
    case = _spoken()
    assert case.figures().timed is not None
    assert case.pairs("churn/", ears=case.ears("stayer")).timed is None


def test_a_message_is_due_a_delivery_bound_after_it_was_sent_and_holds_until_the_next_one() -> None:
    case = _spoken()
    first, second, third, fourth = case.history.messages
    assert case.due_ns(second) == 3_500_000_000
    assert [case.until_next_ns(m) for m in (first, third, fourth)] == [
        1_500_000_000,
        3_900_000_000,
        5_900_000_000,
    ]
    assert case.until_next_ns(second) == 3_000_000_000


def test_what_is_said_at_the_same_moment_is_not_next() -> None:
    case = _case("0 a connects stayer", "100 a sends one churn/main", "100 a sends two churn/main")
    assert case.until_next_ns(case.history.messages[0]) == 2_100_000_000


def test_times_are_told_in_milliseconds_from_the_start_of_the_run() -> None:
    case = _spoken()
    case.history.headers[0] = replace(case.history.headers[0], monotonic_ns=7 * _S)
    assert case.ms(7 * _S + 1_234_567) == 1.235


def test_groups_with_other_names_are_chosen_anew() -> None:
    case = _spoken()
    assert [m.label for m in case.pairs("churn/").messages] == ["m0", "m3"]
    renamed = replace(case.history, messages=[replace(m, group="other") for m in case.history.messages])
    assert case.in_other_words(renamed).pairs("churn/").messages == []


def _busy(*samples: GeneratorHealth) -> Case:
    return Case(replace(History(), health=list(samples)), Contract(), Bounds())


def _sample(at_s: float, *, lag_ns: int = 0, load: float = 0.0, runnable: float = 0.0) -> GeneratorHealth:
    return GeneratorHealth(int(at_s * _S), lag_ns, 0.1, load_per_core=load, runnable_per_core=runnable)


@pytest.mark.parametrize(
    ("sample", "bound_s", "too_busy"),
    [
        (_sample(1, lag_ns=100_000_000), 1.0, False),  # a tenth of the bound
        (_sample(1, lag_ns=100_000_001), 1.0, True),
        (_sample(1, lag_ns=200_000_000), 2.0, False),
        (_sample(1, lag_ns=200_000_001), 2.0, True),
        (_sample(1, runnable=CROWDED), 1.0, False),
        (_sample(1, runnable=_MORE), 1.0, True),
        (_sample(1, load=CROWDED), 1.0, False),
        (_sample(1, load=_MORE), 1.0, True),
        (_sample(0, runnable=_MORE), 1.0, True),
    ],
)
def test_a_machine_is_too_busy_by_its_lag_its_runnable_threads_or_its_load(
    sample: GeneratorHealth, bound_s: float, too_busy: bool
) -> None:
    assert _busy(sample).too_busy(bound_s) is too_busy
    assert _busy(sample, _sample(2)).too_busy(bound_s) is too_busy


@pytest.mark.parametrize(
    ("since_ns", "until_ns", "too_busy"),
    [
        (0, 100 * _S, True),
        (0, 100 * _S - 1, False),
        (200 * _S, 300 * _S, True),
        (200 * _S + 1, 300 * _S, False),
    ],
)
@pytest.mark.parametrize("busy", [{"lag_ns": _S}, {"runnable": _MORE}])
def test_a_sample_speaks_of_the_time_since_the_one_before(
    busy: dict[str, int], since_ns: int, until_ns: int, too_busy: bool
) -> None:
    case = _busy(_sample(100), _sample(200, **busy), _sample(300))
    assert case.too_busy(1.0, since_ns, until_ns) is too_busy


@pytest.mark.parametrize(
    ("since_ns", "until_ns", "too_busy"),
    [
        (0, 70 * _S, True),
        (0, 70 * _S - 1, False),
        (200 * _S, 300 * _S, True),
        (200 * _S + 1, 300 * _S, False),
    ],
)
def test_a_load_average_speaks_of_half_a_minute_more(since_ns: int, until_ns: int, too_busy: bool) -> None:
    case = _busy(_sample(100), _sample(200, load=_MORE), _sample(300))
    assert case.too_busy(1.0, since_ns, until_ns) is too_busy


def test_the_first_sample_speaks_of_everything_before_it() -> None:
    assert _busy(_sample(100, lag_ns=_S)).too_busy(1.0, 0, 0)
    assert not _busy().too_busy(1.0)


def test_the_figures_of_a_load_and_all_that_it_spoke_are_judged_together() -> None:
    speaking = ("0 a connects stayer", "1000 a sends m0 churn/main", "2000 a sends m1 mischief/no-json")
    case = _case(*speaking, "3000 a sends m2 churn/final")
    assert case.figures() is case.pairs("churn/")
    assert case.pairs("churn/final") is not case.pairs("churn/")
