"""Calls of AWS services that are not here: refused in a sentence that every SDK shows its caller."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from urllib.parse import parse_qs

from reference_app.gateway.http_server import Request, Response

ERROR = "ServiceNotOnThisMachine"
"""The error's code."""
HERE = "Lambda's Invoke, sending to SQS, DynamoDB and @connections"
"""What is served of AWS."""

_SIGNED_FOR = re.compile(r"Credential=[^/]+/\d{8}/[^/]+/([^/]+)/aws4_request")
_RPC_PATH = re.compile(r"/service/[^/]+/operation/(\w+)")
_REFUSED = 400  # SDKs do not try again what the caller has done wrong


@dataclass(frozen=True)
class AbsentCall:
    """A call as far as it can be told from outside."""

    service: str
    """As it stands in a signature's scope: `sns`, `secretsmanager`; empty for an unsigned call."""
    operation: str
    """`Publish`; for services whose operations are paths, method and path."""

    def __str__(self) -> str:
        return f"{self.service}:{self.operation}" if self.service else self.operation


def absent_call(request: Request) -> AbsentCall:
    """Read a call of AWS's JSON, query, RPC or REST protocols."""
    signed = _SIGNED_FOR.search(request.headers.get("authorization", ""))
    return AbsentCall(signed[1] if signed is not None else "", _operation(request))


def refusal(call: AbsentCall, request: Request) -> Response:
    """The answer, JSON to who speaks JSON and XML to all others."""
    message = f"{call} is not on this machine: of AWS the local stack has {HERE}"
    if "json" in request.headers.get("content-type", ""):
        body = json.dumps({"__type": ERROR, "message": message}).encode()
        return Response(
            _REFUSED, body, {"Content-Type": "application/x-amz-json-1.0", "x-amzn-ErrorType": ERROR}
        )
    # Service and operation may hold nothing that XML would take for its own.
    escaped = message.replace("&", "&amp;").replace("<", "&lt;")
    error = f"<Error><Type>Sender</Type><Code>{ERROR}</Code><Message>{escaped}</Message></Error>"
    document = error if call.service == "s3" else f"<ErrorResponse>{error}</ErrorResponse>"
    return Response(_REFUSED, document.encode(), {"Content-Type": "text/xml", "x-amzn-ErrorType": ERROR})


def _operation(request: Request) -> str:
    if target := request.headers.get("x-amz-target"):
        return target.rpartition(".")[2]
    path = request.target.partition("?")[0]
    if rpc := _RPC_PATH.search(path):
        return rpc[1]
    if "x-www-form-urlencoded" in request.headers.get("content-type", ""):
        actions = parse_qs(request.body.decode("utf-8", "replace")).get("Action")
        if actions:
            return actions[0]
    return f"{request.method} {path}"
