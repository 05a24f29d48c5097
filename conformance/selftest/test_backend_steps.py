from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from conformance.checkers import backend_steps
from conformance.checkers.case import Case
from conformance.harness.contract import Bounds, Contract
from reports.history import RowPlanted
from reports.history_reader import FaultSpan, History
from reports.results import Step
from reports.trace import ConnectionsCall, Invocation, LifecycleStep, RowT, TableCall, Trace, TraceRow

from .story import history_of

KEY = {"connectionId": {"S": "a-id"}}


def call(operation: str, request: object, **members: Any) -> TableCall:  # noqa: ANN401 - a row's members
    given = {"function": "Send", "status": 200, **members}
    return TableCall(
        seq=1,
        started_ns=1,
        ended_ns=2,
        epoch_ms=0,
        operation=operation,
        table="t",
        request=json.dumps(request),
        **given,
    )


def steps(*lines: str) -> list[Step]:
    """What is told of `a`."""
    case = Case(history_of([*lines, "9000 lag 1"]), Contract(), Bounds())
    return backend_steps.steps(case, case.history.connections[:1], 0, case.history.end_ns)


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("DeleteItem", {"TableName": "t", "Key": KEY}),
        ("DeleteItem", {"Key": {"pk": {"S": "ROOM"}, "sk": {"S": "CONNECTION#a-id"}}}),
        ("BatchWriteItem", {"RequestItems": {"t": [{"DeleteRequest": {"Key": KEY}}]}}),
        ("TransactWriteItems", {"TransactItems": [{"Delete": {"TableName": "t", "Key": KEY}}]}),
    ],
)
def test_a_delete_is_known_by_the_id_within_its_key(operation: str, request_: object) -> None:
    assert backend_steps.deleted_ids(call(operation, request_), ["a-id", "b-id", "a-ix"]) == ["a-id"]


@pytest.mark.parametrize(
    "harmless",
    [
        call("DeleteItem", {"Key": KEY}, status=400),
        call("DeleteItem", {"Key": KEY}, function=None),
        replace(call("DeleteItem", {"Key": KEY}), request=None),
        call("UpdateItem", {"Key": KEY}),
        call("BatchWriteItem", {"RequestItems": {"t": [{"PutRequest": {"Item": KEY}}]}}),
        call("TransactWriteItems", {"TransactItems": [{"Update": {"Key": KEY}}]}),
    ],
)
def test_what_deletes_nothing_is_no_delete(harmless: TableCall) -> None:
    assert backend_steps.deleted_ids(harmless, ["a-id"]) == []


def test_the_delete_of_an_open_connection_s_row_is_wrong_and_says_by_whom() -> None:
    told = steps(
        "0 a connects stayer", "1 b connects stayer", "100 b sends m churn/main", "120 backend deletes a"
    )
    (step,) = [step for step in told if step.to == "table"]
    assert (step.mark, step.what) == ("bad", "SendMessage, invoked for b, deletes the row of a")


@pytest.mark.parametrize(
    ("whose", "why"),
    [
        ("a", ", 6 ms after its post to a was answered 410"),
        ("c", ", 6 ms after its post to c was answered 410"),
    ],
)
def test_the_delete_of_an_open_connection_s_row_tells_the_post_that_failed_before(
    whose: str, why: str
) -> None:
    told = steps(
        "0 a connects stayer",
        "1 c connects stayer",
        "50 c closes",
        "100 a sends m churn/main",
        f"120 backend posts {whose} 410",
        "140 backend deletes a",
    )
    (step,) = [step for step in told if step.to == "table"]
    assert step.what == f"SendMessage, invoked for a, deletes the row of a{why}"


def test_the_failed_post_of_another_invocation_explains_no_delete() -> None:
    told = steps(
        "0 a connects stayer",
        "1 b connects stayer",
        "100 a sends m1 churn/main",
        "110 b sends m2 churn/main",
        "120 backend posts b 500",
        "140 backend deletes a",
    )
    (step,) = [step for step in told if step.to == "table"]
    assert step.what == "SendMessage deletes the row of a"


def test_the_delete_of_the_row_of_somebody_who_left_is_as_it_should_be() -> None:
    (step,) = [step for step in steps("0 a connects stayer", "100 a closes") if step.to == "table"]
    assert step.mark == ""


def test_posts_tell_their_answer_and_failed_ones_are_marked() -> None:
    told = steps("0 a connects stayer", "100 backend posts a 200", "200 backend posts a 410")
    posts = [(step.what, step.mark) for step in told if step.to == "a"]
    assert posts == [
        ("POST @connections of a: 200 after 14 ms", ""),
        ("POST @connections of a: 410 after 14 ms", "bad"),
    ]


def test_a_fault_is_told_to_those_whom_it_is_about() -> None:
    history = history_of(["0 a connects stayer", "1 b connects stayer", "9000 lag 1"])
    answer = {"kind": "connections-answer", "status": 429, "carried_out": False}
    for name, whom in (("post/429", "a-id"), ("post/500", "b-id")):
        rule = {"fault": answer, "where": {"connection": whom}}
        history.faults.append(FaultSpan(name, name, rule, 5_000_000, 6_000_000, injected=2))
    case = Case(history, Contract(), Bounds())
    told = backend_steps.steps(case, history.connections[:1], 0, history.end_ns)
    told = [step for step in told if step.who == "harness"]
    assert [step.what for step in told] == ["fault for a: connections-answer status 429, met 2 times"]


def test_a_run_without_a_trace_has_no_such_steps() -> None:
    history = history_of(["0 a connects stayer", "100 a closes", "9000 lag 1"])
    history.trace.rows.clear()
    case = Case(history, Contract(), Bounds())
    assert backend_steps.steps(case, history.connections, 0, history.end_ns) == []


_MS = 1_000_000
_SECOND = 1000 * _MS


def _post(began_ms: float, whom: str | None, status: int | None, **members: Any) -> ConnectionsCall:  # noqa: ANN401
    """A post of 10 ms that a function makes."""
    given = {"method": "POST", "function": "SendMessage", "connection_id": whom, **members}
    began_ns = int(began_ms * _MS)
    return ConnectionsCall(
        seq=1, started_ns=began_ns, ended_ns=began_ns + 10 * _MS, epoch_ms=0, status=status, **given
    )


def _history(*rows: TraceRow, clients: str = "ab") -> History:
    """They connect, `a` speaks at 100 ms, and the trace has its invocation until 600 ms, and these rows."""
    lines = [f"{number} {name} connects stayer" for number, name in enumerate(clients)]
    history = history_of([*lines, "100 a sends m fault/x", "9000 lag 1"])
    invoked = [row for row in history.trace.of(Invocation) if row.route == "sendmessage"]
    history.trace.rows[:] = [*invoked, *rows]
    return history


def _told(history: History, since_ns: int = 0, until_ns: int = _SECOND) -> list[Step]:
    """Of `a`, but for the invocation."""
    case = Case(history, Contract(), Bounds())
    found = backend_steps.steps(case, history.connections[:1], since_ns, until_ns)
    return [step for step in found if "(sendmessage)" not in step.what]


@pytest.mark.parametrize(
    ("post", "answer", "mark"),
    [
        (_post(120, "a-id", 200, carried_out=True), "200 after 10 ms", ""),
        (_post(120, "a-id", 399), "399 after 10 ms", ""),
        (_post(120, "a-id", 400), "400 after 10 ms", "bad"),
        (_post(120, "a-id", 410, error_type="GoneException"), "410 Gone after 10 ms", "bad"),
        (_post(120, "a-id", None), "no answer until the caller left after 10 ms", "bad"),
        (_post(120, "a-id", 400, carried_out=True), "400, delivered all the same after 10 ms", "bad"),
    ],
)
def test_a_post_is_told_with_its_answer(post: ConnectionsCall, answer: str, mark: str) -> None:
    [step] = _told(_history(post))
    assert (step.what, step.mark) == (f"POST @connections of a: {answer}", mark)


@pytest.mark.parametrize(
    "other",
    [
        {"function": None},
        {"method": "GET"},
        {"connection_id": "b-id"},
        {"started_ns": 119 * _MS},
        {"started_ns": 901 * _MS},
    ],
)
def test_what_is_no_post_of_a_function_to_the_connection_at_that_time_is_not_told(
    other: dict[str, Any],
) -> None:
    post = replace(_post(120, "a-id", 200), ended_ns=902 * _MS)
    assert _told(_history(post), 120 * _MS, 900 * _MS)
    assert not _told(_history(replace(post, **other)), 120 * _MS, 900 * _MS)


def test_nothing_is_told_of_a_connection_whose_id_is_not_known() -> None:
    history = _history(_post(120, None, 410), call("DeleteItem", {"Key": {"pk": {"S": "null"}}}))
    history.connections[0].connection_id = None
    assert _told(history) == []


@pytest.mark.parametrize(
    ("began_ns", "ended_ns", "about", "told"),
    [
        (10, 20, "a-id", True),
        (5, 9, "a-id", False),
        (5, 10, "a-id", True),
        (20, None, "a-id", True),
        (21, 30, "a-id", False),
        (10, 20, None, True),
        (10, 20, "b-id", False),
    ],
)
def test_a_fault_is_told_that_was_in_force_at_the_time(
    began_ns: int, ended_ns: int | None, about: str | None, told: bool
) -> None:
    history = _history()
    rule = {} if about is None else {"where": {"connection": about}}
    history.faults.append(FaultSpan("1", "post/429", rule, began_ns, ended_ns))
    whom = "all" if about is None else "a"
    expected = [f"fault for {whom}: post/429, met 0 times"] if told else []
    assert [step.what for step in _told(history, 10, 20)] == expected


def _delete(at_ms: float, **members: Any) -> TableCall:  # noqa: ANN401
    row = call("DeleteItem", {"Key": KEY}, **{"function": "SendMessage", **members})
    return replace(row, started_ns=int(at_ms * _MS), ended_ns=int(at_ms * _MS) + 1)


@pytest.mark.parametrize(
    ("posts", "why"),
    [
        ([_post(120, "a-id", 400)], ", 10 ms after its post to a was answered 400"),
        (
            [_post(130, "a-id", None)],
            ", 0 ms after its post to a was answered no answer until the caller left",
        ),
        ([_post(131, "a-id", 410)], ""),  # which had not ended yet
        ([_post(120, "a-id", 399)], ""),
        ([_post(120, "a-id", 410, method="GET")], ""),
        ([_post(120, "a-id", 410, function="Other")], ""),
        ([_post(120, "b-id", 410)], ", 10 ms after its post to b was answered 410"),
        ([_post(100, "b-id", 410)], ", 30 ms after its post to b was answered 410"),
        ([_post(99, "b-id", 410)], ""),  # before the invocation began
        ([_post(99, "a-id", 410)], ", 31 ms after its post to a was answered 410"),
        ([_post(110, "a-id", 410), _post(120, "b-id", 500)], ", 20 ms after its post to a was answered 410"),
        ([_post(105, "a-id", 500), _post(115, "a-id", 410)], ", 15 ms after its post to a was answered 410"),
    ],
)
def test_the_failed_post_that_led_to_a_delete_is_the_last_one_to_the_connection_or_of_the_invocation(
    posts: list[ConnectionsCall], why: str
) -> None:
    [step] = [step for step in _told(_history(*posts, _delete(140))) if step.to == "table"]
    assert step.what == f"SendMessage, invoked for a, deletes the row of a{why}"


@pytest.mark.parametrize(("left_ms", "mark"), [(140, ""), (141, "bad")])
def test_a_delete_is_right_from_the_moment_on_at_which_the_connection_left(left_ms: int, mark: str) -> None:
    history = _history(_post(120, "a-id", 410), _delete(140))
    history.connections[0].leaving_ns = left_ms * _MS
    [step] = [step for step in _told(history) if step.to == "table"]
    assert (step.mark, "after its post" in step.what) == (mark, mark == "bad")


def test_a_delete_is_told_until_the_end_of_the_time() -> None:
    assert _told(_history(_delete(140)), 0, 140 * _MS)
    assert not _told(_history(_delete(140)), 0, 140 * _MS - 1)


def test_what_another_function_does_meanwhile_or_the_same_one_at_another_time_made_no_delete() -> None:
    history = _history(_delete(140))
    invoked = history.trace.rows[0]
    assert isinstance(invoked, Invocation)
    another = replace(invoked, connection_id="b-id", function="Other")
    later = replace(invoked, connection_id="b-id", started_ns=141 * _MS)
    history.trace.rows += [another, later]
    [step] = [step for step in _told(history) if step.to == "table"]
    assert step.what == "SendMessage, invoked for a, deletes the row of a"


def test_a_delete_of_an_invocation_for_nobody_in_particular_names_nobody() -> None:
    history = _history(_delete(140))
    history.trace.rows[0] = replace(history.trace.of(Invocation)[0], connection_id="")
    assert [step.what for step in _told(history)] == ["SendMessage deletes the row of a"]


@pytest.mark.parametrize(
    ("row", "what", "mark"),
    [
        ({}, 'SendMessage (sendmessage) for a: returned {"statusCode": 200}', ""),
        ({"route": "", "cause": "queue Q", "detail": ""}, "SendMessage (queue Q) for a: returned", ""),
        (
            {"outcome": "unhandled", "detail": "x" * 99},
            f"SendMessage (sendmessage) for a: unhandled {'x' * 57}",
            "bad",
        ),
    ],
)
def test_an_invocation_is_told_in_a_hundred_characters(row: dict[str, Any], what: str, mark: str) -> None:
    history = _history()
    history.trace.rows[0] = replace(history.trace.of(Invocation)[0], **row)
    case = Case(history, Contract(), Bounds())
    [step] = backend_steps.steps(case, history.connections[:1], 0, _SECOND)
    assert (step.what, step.mark) == (what, mark)
    assert backend_steps.steps(case, history.connections[1:], 0, _SECOND) == []
    assert backend_steps.steps(case, history.connections[:1], 0, 599 * _MS) == []


@pytest.mark.parametrize(
    ("step", "whom", "told"),
    [
        ("held", "a-id", True),
        ("disconnect-late", "a-id", True),
        ("established", "a-id", False),
        ("held", "b-id", False),
    ],
)
def test_a_turn_in_the_connection_s_life_is_told_that_a_fault_made(step: str, whom: str, told: bool) -> None:
    row = LifecycleStep(
        seq=1, started_ns=_SECOND, ended_ns=_SECOND, epoch_ms=0, step=step, connection_id=whom
    )
    assert [step.what for step in _told(_history(row))] == ([f"a: {step}"] if told else [])
    assert not _told(_history(row), 0, _SECOND - 1)


@pytest.mark.parametrize(
    ("others", "told", "more"), [(12, 12, ""), (14, 12, " and 2 more")], ids=["as many as fit", "more"]
)
def test_posts_of_a_broadcast_to_others_are_one_step(others: int, told: int, more: str) -> None:
    names = "abcdefghijklmno"[: others + 1]
    history = _history(*(_post(120, f"{name}-id", 200) for name in names), clients=names)
    case = Case(history, Contract(), Bounds())
    found = backend_steps.broadcast_steps(case, history.messages[0], history.connections[:1])
    [text] = [step.what for step in found if step.what.startswith("posts to others")]
    listed = ", ".join(f"{name} 200 after 30 ms" for name in names[1 : told + 1])
    assert text == f"posts to others: {listed}{more}"


def test_posts_of_a_broadcast_to_the_concerned_are_not_told_twice() -> None:
    history = _history(_post(120, "a-id", 200))
    case = Case(history, Contract(), Bounds())
    found = backend_steps.broadcast_steps(case, history.messages[0], history.connections[:1])
    assert not [step for step in found if step.what.startswith("posts to others")]


def _refusals(history: History) -> list[tuple[float, str]]:
    """Of the broadcast of `a`, who is concerned with `b`."""
    case = Case(history, Contract(), Bounds(deliver_s=1))
    found = backend_steps.refusals(case, history.messages[0], history.connections[:2])
    return [(step.at_ms, step.what) for step in found]


@pytest.mark.parametrize(
    ("posts", "told"),
    [
        ([_post(120, "c-id", 410, error_type="GoneException")], "SendMessage's post to c: 410 Gone"),
        ([_post(120, "c-id", 400)], "SendMessage's post to c: 400"),
        ([_post(120, "c-id", None)], "SendMessage's post to c: no answer until the caller left"),
        ([_post(120, "nobody-known", 410)], "SendMessage's post to nobody-known: 410"),
        ([_post(120, None, 400)], "SendMessage's post to a malformed id: 400"),
        (
            [_post(130, "d-id", 500), _post(120, "c-id", 403)],
            "SendMessage's post to c: 403; 1 more to others failed",
        ),
    ],
)
def test_a_post_to_somebody_else_that_failed_is_told_of_a_broadcast(
    posts: list[ConnectionsCall], told: str
) -> None:
    assert _refusals(_history(*posts, clients="abcd")) == [(130.0, told)]


def test_a_post_to_a_planted_row_is_said_to_be_that() -> None:
    history = _history(_post(120, "stale-id", 410))
    history.planted.append(RowPlanted(1, "stale-id", "gone", "first"))
    assert _refusals(history) == [(130.0, "SendMessage's post to a planted row: 410")]


@pytest.mark.parametrize(
    "post",
    [
        _post(120, "c-id", 399),
        _post(120, "b-id", 410),
        _post(90, "c-id", 410),
        _post(700, "c-id", 410),
        _post(120, "c-id", 410, function="Another"),
        _post(120, "c-id", 410, function=None),
    ],
    ids=["succeeded", "of the concerned", "before", "after", "another function", "from outside"],
)
def test_what_is_no_refusal_of_another_in_that_invocation_is_not_told(post: ConnectionsCall) -> None:
    assert not _refusals(_history(post, clients="abc"))


def test_a_refusal_is_not_told_where_it_may_be_of_another_broadcast() -> None:
    history = _history(_post(120, "c-id", 410), clients="abc")
    (invoked,) = history.trace.of(Invocation)
    history.trace.rows.append(replace(invoked, connection_id="b-id"))
    assert not _refusals(history)


@pytest.mark.parametrize(("began_ms", "told"), [(99, 0), (100, 1), (1100, 1), (1101, 0)])
def test_only_an_invocation_that_began_until_the_message_was_due_is_of_it(began_ms: int, told: int) -> None:
    history = _history(_post(1150, "c-id", 410), clients="abc")
    (invoked,) = history.trace.of(Invocation)
    history.trace.rows[0] = replace(invoked, started_ns=began_ms * _MS, ended_ns=1200 * _MS)
    assert len(_refusals(history)) == told


def test_an_invocation_for_somebody_else_is_not_of_the_message() -> None:
    history = _history(_post(120, "c-id", 410), clients="abc")
    (invoked,) = history.trace.of(Invocation)
    history.trace.rows[0] = replace(invoked, connection_id="c-id")
    assert not _refusals(history)


def test_a_hundred_times_the_refusals_are_found_without_reading_the_trace_a_hundred_times() -> None:
    assert _looks_at_the_trace(refused=2) == _looks_at_the_trace(refused=200)


def _looks_at_the_trace(refused: int) -> int:
    history = _history(*(_post(120, "c-id", 410) for _ in range(refused)), clients="abc")
    history.trace = trace = _CountingTrace(history.trace.rows)
    assert _refusals(history)
    return trace.looks


class _CountingTrace(Trace):
    looks = 0

    def of(self, kind: type[RowT]) -> list[RowT]:
        self.looks += 1
        return super().of(kind)
