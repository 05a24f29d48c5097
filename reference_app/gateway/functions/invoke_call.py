"""Lambda's Invoke as it stands on the wire (API version 2015-03-31): what is asked for, what is answered.

https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast, get_args
from urllib.parse import unquote

from reference_app.gateway.functions.invocation import Failed, Returned
from reference_app.gateway.http_server import Request, Response

InvocationType = Literal["RequestResponse", "Event", "DryRun"]

_PATH = re.compile(r"/2015-03-31/functions/([^/?]+)/invocations/?(?:\?.*)?")
_FUNCTION = re.compile(
    r"(?:arn:aws[a-z-]*:lambda:[a-z0-9-]+:)?(?:\d{12}:)?(?:function:)?"
    r"(?P<name>[A-Za-z0-9_-]{1,140})(?::(?P<qualifier>\$LATEST|[A-Za-z0-9_-]+))?"
)
LONGEST_PAYLOAD: Mapping[InvocationType, int] = {
    "RequestResponse": 6_291_456,
    "DryRun": 6_291_456,
    "Event": 1_048_576,
}
"""Bytes (LI-5)."""
_LOG_TYPES = frozenset({"None", "Tail"})
_EXECUTED_VERSION = {"X-Amz-Executed-Version": "$LATEST"}


@dataclass(frozen=True)
class InvokeCall:
    """A call that can be carried out if there is such a function."""

    function: str
    """Its name; versions and aliases all lead to the code that is here."""
    kind: InvocationType
    payload: bytes
    wants_log: bool = False
    """Whether the answer is to carry the end of the log (LI-8)."""


def is_invoke(request: Request) -> bool:
    """Whether the request is a call of Invoke at all."""
    return request.method == "POST" and _PATH.fullmatch(request.target) is not None


def invoke_call(request: Request) -> InvokeCall | Response:
    """What a request asks for, or how it is refused (LI-5, LI-6, LI-8)."""
    path = _PATH.fullmatch(request.target)
    function = _FUNCTION.fullmatch(unquote(path[1])) if path is not None else None
    kind = request.headers.get("x-amz-invocation-type", "RequestResponse")
    if function is None:
        return refusal(400, "ValidationException", "functionName is neither a name nor an ARN of a function")
    if kind not in get_args(InvocationType):
        return refusal(400, "InvalidParameterValueException", f"InvocationType {kind} is not supported")
    kind = cast("InvocationType", kind)
    log_type = request.headers.get("x-amz-log-type", "None")
    if log_type not in _LOG_TYPES:
        return refusal(400, "InvalidParameterValueException", f"LogType {log_type} is not supported")
    limit = LONGEST_PAYLOAD[kind]
    if len(request.body) > limit:
        return refusal(
            413,
            "RequestTooLargeException",
            f"{len(request.body)} byte payload is too large for the {kind} invocation type "
            f"(limit {limit} bytes)",
        )
    try:
        json.loads(request.body or b"{}")
    except ValueError as wrong:
        return refusal(
            400, "InvalidRequestContentException", f"Could not parse request body into json: {wrong}"
        )
    return InvokeCall(function["name"], kind, request.body or b"{}", wants_log=log_type == "Tail")


def no_such_function(arn: str) -> Response:
    """LI-6."""
    return refusal(404, "ResourceNotFoundException", f"Function not found: {arn}")


def accepted(kind: InvocationType) -> Response:
    """The answer to a call whose outcome nobody waits for (LI-2)."""
    return Response(202 if kind == "Event" else 204)


def answered(outcome: Returned | Failed, *, with_log: bool = False) -> Response:
    """The answer to a call that waited for the outcome (LI-1), with the end of its log if that is wanted."""
    log = {"X-Amz-Log-Result": base64.b64encode(outcome.log).decode()} if with_log else {}
    told = {"Content-Type": "application/json", **_EXECUTED_VERSION, **log}
    match outcome:
        case Returned(payload):
            return Response(200, payload, told)
        case Failed("throttled", error_type, message):
            return refusal(
                429, error_type, message, Reason="ReservedFunctionConcurrentInvocationLimitExceeded"
            )
        case Failed(_, error_type, message):
            body = json.dumps({"errorMessage": message, "errorType": error_type}).encode()
            return Response(200, body, {**told, "X-Amz-Function-Error": "Unhandled"})


def refusal(status: int, error_type: str, message: str, **members: str) -> Response:
    """An error as Lambda's API tells it."""
    body = {"Type": "User", **members, "message": message, "Message": message}
    headers = {"Content-Type": "application/json", "x-amzn-ErrorType": error_type}
    return Response(status, json.dumps(body).encode(), headers)
