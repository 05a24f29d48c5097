"""Lambda's Invoke on the wire: LI-1, LI-2, LI-5, LI-6, LI-8."""

from __future__ import annotations

import base64
import json

import pytest

from reference_app.gateway.functions.invocation import Failed, Returned
from reference_app.gateway.functions.invoke_call import (
    InvokeCall,
    accepted,
    answered,
    invoke_call,
    is_invoke,
    no_such_function,
)
from reference_app.gateway.http_server import Request, Response


def call(function: str = "send", body: bytes = b"{}", kind: str | None = None) -> InvokeCall | Response:
    headers = {} if kind is None else {"x-amz-invocation-type": kind}
    return invoke_call(Request("POST", f"/2015-03-31/functions/{function}/invocations", headers, body))


def error_type(answer: InvokeCall | Response) -> tuple[int, str]:
    assert isinstance(answer, Response)
    return answer.status, answer.headers["x-amzn-ErrorType"]


@pytest.mark.parametrize(
    "function",
    [
        "send",
        "send:$LATEST",
        "send:live",
        "arn:aws:lambda:eu-west-1:123456789012:function:send",
        "arn%3Aaws%3Alambda%3Aeu-west-1%3A123456789012%3Afunction%3Asend%3A1",
        "123456789012:function:send",
    ],
)
def test_a_function_is_called_by_name_or_arn_with_or_without_a_version(function: str) -> None:
    assert call(function) == InvokeCall("send", "RequestResponse", b"{}")


def test_an_event_left_out_is_an_empty_one() -> None:
    assert call(body=b"", kind="Event") == InvokeCall("send", "Event", b"{}")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (call("no/name"), (400, "ValidationException")),
        (call(kind="Sometimes"), (400, "InvalidParameterValueException")),
        (call(body=b"{"), (400, "InvalidRequestContentException")),
        (call(body=b'"' + b"x" * 1_048_575 + b'"', kind="Event"), (413, "RequestTooLargeException")),
        (call(body=b'"' + b"x" * 6_291_455 + b'"'), (413, "RequestTooLargeException")),
        (no_such_function("arn:aws:lambda:eu-west-1:1:function:gone"), (404, "ResourceNotFoundException")),
        (
            answered(Failed("throttled", "TooManyRequestsException", "Rate Exceeded.")),
            (429, "TooManyRequestsException"),
        ),
    ],
)
def test_a_call_that_cannot_be_carried_out_is_refused_by_type(
    answer: InvokeCall | Response, told: tuple[int, str]
) -> None:
    assert error_type(answer) == told


def test_events_up_to_the_limit_are_taken() -> None:
    assert isinstance(call(body=b'"' + b"x" * 1_048_574 + b'"', kind="Event"), InvokeCall)


def test_a_result_is_passed_on_as_it_is() -> None:
    answer = answered(Returned(b'{"a": 1}'))

    assert (answer.status, answer.body) == (200, b'{"a": 1}')
    assert answer.headers["X-Amz-Executed-Version"] == "$LATEST"
    assert "X-Amz-Function-Error" not in answer.headers


def test_a_function_that_fails_is_no_failure_of_the_call() -> None:
    answer = answered(Failed("unhandled", "ValueError", "no"))

    assert (answer.status, answer.headers["X-Amz-Function-Error"]) == (200, "Unhandled")
    assert json.loads(answer.body) == {"errorMessage": "no", "errorType": "ValueError"}


@pytest.mark.parametrize("outcome", [Returned(b"1", log=b"END"), Failed("unhandled", "E", "no", log=b"END")])
def test_the_log_is_in_the_answer_where_it_is_asked_for(outcome: Returned | Failed) -> None:
    answer = answered(outcome, with_log=True)

    assert base64.b64decode(answer.headers["X-Amz-Log-Result"]) == b"END"
    assert "X-Amz-Log-Result" not in answered(outcome).headers


def test_a_log_type_is_tail_or_none() -> None:
    def asking(log_type: str) -> InvokeCall | Response:
        target = "/2015-03-31/functions/send/invocations"
        return invoke_call(Request("POST", target, {"x-amz-log-type": log_type}, b"{}"))

    assert asking("Tail") == InvokeCall("send", "RequestResponse", b"{}", wants_log=True)
    assert asking("None") == call()
    assert error_type(asking("Head")) == (400, "InvalidParameterValueException")


def test_nobody_waits_for_events_and_dry_runs() -> None:
    assert (accepted("Event").status, accepted("DryRun").status) == (202, 204)


def test_other_calls_of_lambda_are_not_invoke() -> None:
    assert not is_invoke(Request("GET", "/2015-03-31/functions/send", {}, b""))
    assert not is_invoke(Request("POST", "/2015-03-31/functions/", {}, b""))
