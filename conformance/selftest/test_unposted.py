from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance.checkers.case import Case
from conformance.checkers.unposted import Starved, Unposted, failed_run
from conformance.harness.contract import Bounds, Contract
from reports.history_reader import History
from reports.trace import ConnectionsCall, Invocation, TableCall, TraceRow

from .story import history_of

_MS = 1_000_000


def _history(outcome: str) -> History:
    """One message of `a`, and an invocation for it that came to this."""
    history = history_of(["0 a connects stayer", "100 a sends m1 churn/main", "9000 lag 1"])
    history.trace.rows.append(
        Invocation(
            seq=90,
            started_ns=110 * _MS,
            ended_ns=900 * _MS,
            epoch_ms=0,
            function="SendMessage",
            route="sendmessage",
            connection_id="a-id",
            request_id="r",
            outcome=outcome,
        )
    )
    return history


def _read(took_ms: int, status: int | None, faults: tuple[str, ...] = ()) -> TableCall:
    return TableCall(
        seq=91,
        started_ns=120 * _MS,
        ended_ns=(120 + took_ms) * _MS,
        epoch_ms=0,
        operation="Scan",
        table="t",
        function="SendMessage",
        status=status,
        faults=faults,
    )


def _post(began_ms: int, took_ms: int, status: int | None, faults: tuple[str, ...] = ()) -> ConnectionsCall:
    return ConnectionsCall(
        seq=92,
        started_ns=began_ms * _MS,
        ended_ns=(began_ms + took_ms) * _MS,
        epoch_ms=0,
        method="POST",
        connection_id="b-id",
        function="SendMessage",
        status=status,
        faults=faults,
    )


def _is_starved(history: History) -> bool:
    return Starved(Case(history, Contract(), Bounds())).of(history.messages[0])


@pytest.mark.parametrize("outcome", ["function-timeout", "integration-timeout"])
def test_a_function_whose_time_ran_out_lacked_time(outcome: str) -> None:
    assert _is_starved(_history(outcome))


@pytest.mark.parametrize(
    ("read", "starved"),
    [
        (_read(300, None), True),
        (_read(700, 200), True),
        (_read(300, 200), False),
        (_read(700, None, ("fault-1",)), False),
    ],
)
def test_a_function_that_failed_lacked_time_where_its_table_was_slow_by_itself(
    read: TableCall, starved: bool
) -> None:
    history = _history("unhandled")
    history.trace.rows.append(read)
    assert _is_starved(history) is starved


def test_a_function_that_ended_well_lacked_nothing() -> None:
    history = _history("returned")
    history.trace.rows.append(_read(700, None))
    assert not _is_starved(history)


@pytest.mark.parametrize(
    ("post", "starved"),
    [
        (_post(120, 300, None), True),  # given up
        (_post(120, 700, 200), True),
        (_post(900, 700, 200), True),  # until the invocation ends
        (_post(110, 300, None), True),
        (_post(99, 300, None), False),  # before any invocation for the message
        (_post(901, 300, None), False),
        (_post(120, 500, 200), False),
        (replace(_post(120, 500, 200), ended_ns=620 * _MS + 1), True),
        (_post(120, 300, None, ("fault-1",)), False),
        (replace(_post(120, 700, 200), method="GET"), False),
    ],
)
def test_a_function_that_the_stack_kept_waiting_for_a_post_lacked_time_though_it_ended_well(
    post: ConnectionsCall, starved: bool
) -> None:
    history = _history("returned")
    history.trace.rows.append(post)
    assert _is_starved(history) is starved


def test_what_the_harness_posts_keeps_no_function_waiting() -> None:
    history = _history("returned")
    history.trace.rows.append(replace(_post(120, 700, 200), function=None))
    assert not _is_starved(history)


def _unheard(*told: str) -> History:
    """`c` hears the message, so that its function posts; nothing is posted to `b`."""
    lines = [f"0 {name} connects stayer" for name in "abc"]
    return history_of([*lines, *told, "100 a sends m1 churn/main", "110 c hears m1", "9000 lag 1"])


def _is_unposted(history: History) -> bool:
    """For certain."""
    return Unposted(Case(history, Contract(), Bounds())).to(history.messages[0], 1)


@pytest.mark.parametrize(
    ("waited", "proven"), [([], True), ([_post(101, 300, None)], False), ([_post(50, 300, None)], True)]
)
def test_a_function_that_the_stack_kept_waiting_does_not_prove_that_nothing_was_posted(
    waited: list[ConnectionsCall], proven: bool
) -> None:
    history = _unheard()
    history.trace.rows += [replace(post, connection_id="c-id") for post in waited]
    assert _is_unposted(history) is proven


@pytest.mark.parametrize(
    ("other", "proven"),
    [({}, False), ({"function": None}, True), ({"method": "GET"}, True), ({"carried_out": False}, True)],
    ids=["a post", "of the harness", "a question", "in vain"],
)
def test_only_a_post_of_the_application_that_is_carried_out_gets_anything_through(
    other: dict[str, Any], proven: bool
) -> None:
    history = _unheard()
    history.trace.rows.append(replace(_post(120, 10, 200), **({"carried_out": True} | other)))
    assert _is_unposted(history) is proven


def test_a_function_that_failed_for_another_message_proves_nothing_of_this_one() -> None:
    assert _is_unposted(_unheard("50 backend fails a"))
    assert not _is_unposted(_unheard("101 backend fails a"))


@pytest.mark.parametrize(("late_ns", "proven"), [(0, True), (1, False)])
def test_a_function_may_end_until_the_message_was_due(late_ns: int, proven: bool) -> None:
    history = _unheard()
    due_ns = Case(history, Contract(), Bounds()).due_ns(history.messages[0])
    rows = history.trace.rows
    rows[:] = [_ending(row, due_ns + late_ns) if _is_of_the_message(row) else row for row in rows]
    assert _is_unposted(history) is proven


def _is_of_the_message(row: TraceRow) -> bool:
    return isinstance(row, Invocation) and row.route == "sendmessage"


def _ending(row: TraceRow, at_ns: int) -> TraceRow:
    assert isinstance(row, Invocation)
    return replace(row, ended_ns=at_ns)


@pytest.mark.parametrize(
    ("result", "failed"),
    [
        ('{"statusCode": 400}', True),
        ('{"statusCode": 399}', False),
        ('{"body": "done"}', False),
        ("[500]", False),
        ("null", False),
        ('{"statusCode": 500, "body": "cut of', False),
    ],
)
def test_a_function_fails_by_the_status_of_its_result_as_far_as_that_is_known(
    result: str, failed: bool
) -> None:
    [run] = [row for row in _history("returned").trace.of(Invocation) if row.request_id == "r"]
    assert failed_run(replace(run, detail=result)) is failed


def _handed_on(history: History, **given: Any) -> History:  # noqa: ANN401 - members of an invocation
    """With a run of the function that posts, for nobody in particular, as an event source starts it."""
    (run,) = [row for row in history.trace.rows if _is_of_the_message(row)]
    assert isinstance(run, Invocation)
    history.trace.rows.append(replace(run, **{"connection_id": "", "cause": "stream of t", **given}))
    return history


def test_where_a_function_hands_on_to_one_that_posts_the_sender_s_run_tells_nothing() -> None:
    assert not _is_unposted(_handed_on(_unheard()))
    assert _is_unposted(_handed_on(_unheard(), function="Another"))
    assert _is_unposted(_handed_on(_unheard(), cause=""))


@pytest.mark.parametrize(
    ("given", "starved"),
    [
        ({"outcome": "function-timeout"}, True),
        ({"outcome": "returned"}, False),
        ({"outcome": "function-timeout", "started_ns": 99 * _MS}, False),
        ({"outcome": "function-timeout", "connection_id": "b-id"}, False),
    ],
)
def test_a_run_for_nobody_in_particular_may_have_been_for_the_message(
    given: dict[str, Any], starved: bool
) -> None:
    assert _is_starved(_handed_on(_history_without_failure(), **given)) is starved


def _history_without_failure() -> History:
    return history_of(["0 a connects stayer", "100 a sends m1 churn/main", "9000 lag 1"])
