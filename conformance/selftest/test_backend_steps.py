from __future__ import annotations

import json
from typing import Any

import pytest

from conformance.checkers import backend_steps
from conformance.checkers.case import Case
from conformance.harness.contract import Bounds, Contract
from reports.history_reader import FaultSpan
from reports.results import Step
from reports.trace import TableCall

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
    assert backend_steps.deleted_ids(call(operation, request_), ["a-id", "b-id"]) == ["a-id"]


@pytest.mark.parametrize(
    "harmless",
    [
        call("DeleteItem", {"Key": KEY}, status=400),
        call("DeleteItem", {"Key": KEY}, function=None),
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
