"""What a function did wrong by itself is told, what a fault of ours did to it is not."""

from __future__ import annotations

import json

from conformance.function_failures import failures_in_words, why_failed
from reports.trace import FaultSwitched, Invocation, Trace, TraceRow


def invocation(
    at: int, detail: str = "", *, outcome: str = "unhandled", faults: tuple[str, ...] = ()
) -> Invocation:
    return Invocation(
        seq=at,
        started_ns=at,
        ended_ns=at + 5,
        epoch_ms=0,
        faults=faults,
        function="Say",
        route="say",
        connection_id="A",
        request_id="r",
        outcome=outcome,
        detail=detail,
    )


def switched(at: int, *, on: bool) -> FaultSwitched:
    return FaultSwitched(seq=at, started_ns=at, ended_ns=at, epoch_ms=0, rule_id="1", on=on)


KEY_ERROR = json.dumps(["KeyError", "'data'"])


def test_failures_of_one_kind_are_one_sentence() -> None:
    told = failures_in_words(Trace([invocation(1, KEY_ERROR), invocation(2, KEY_ERROR)]))
    assert told == ("function Say failed 2 times: KeyError: 'data' (see stack.log)",)


def test_a_package_that_is_missing_leads_to_sam_build() -> None:
    detail = json.dumps(["Runtime.ImportModuleError", "Unable to import module 'chat': No module named 'x'"])
    (told,) = failures_in_words(Trace([invocation(1, detail, outcome="init")]))
    assert "No module named 'x'; packages of its own come with `sam build`" in told


def test_a_failure_without_a_message_is_told_by_its_outcome() -> None:
    (told,) = failures_in_words(Trace([invocation(1, outcome="function-timeout")]))
    assert told == "function Say failed: function-timeout (see stack.log)"


def test_what_returned_is_no_failure() -> None:
    assert failures_in_words(Trace([invocation(1, "{}", outcome="returned")])) == ()


def test_what_a_rule_made_fail_is_not_the_functions_own() -> None:
    assert failures_in_words(Trace([invocation(1, KEY_ERROR, faults=("1",))])) == ()


def test_a_failure_while_a_rule_was_in_force_is_not_the_functions_own() -> None:
    rows: list[TraceRow] = [switched(10, on=True), invocation(12, KEY_ERROR), switched(20, on=False)]
    assert failures_in_words(Trace([*rows])) == ()
    assert failures_in_words(Trace([*rows, invocation(30, KEY_ERROR)]))
    assert failures_in_words(Trace([switched(10, on=True), invocation(30, KEY_ERROR)])) == ()


def test_kinds_beyond_three_are_counted() -> None:
    rows: list[TraceRow] = [invocation(n, json.dumps([f"Error{n}", ""])) for n in range(5)]
    assert failures_in_words(Trace([*rows]))[3:] == ("and functions failed in 2 other ways (see stack.log)",)


def test_a_failure_that_the_function_told_itself_is_what_it_returned() -> None:
    answer = json.dumps({"statusCode": 500, "body": "no room"})
    assert why_failed(invocation(1, answer, outcome="returned")) == answer
