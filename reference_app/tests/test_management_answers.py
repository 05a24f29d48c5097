from __future__ import annotations

from typing import Literal

import pytest

from reference_app.gateway.unknowns import Unknowns
from reference_app.gateway.websocket_api import management_answers as answers
from reference_app.gateway.websocket_api.management_answers import CallIds

IDS = CallIds("6f8b", "BFHPhFe3IAMF95g=", "Root=1-a-b")
REQUEST_IDS = [("x-amzn-requestid", "6f8b"), ("x-amz-apigw-id", "BFHPhFe3IAMF95g=")]
TRACE = ("x-amzn-trace-id", "Root=1-a-b")
JSON = ("content-type", "application/json")
EMPTY = ("content-length", "0")


def test_a_post_is_answered_with_an_empty_200() -> None:
    """MG-10."""
    answer = answers.posted(IDS)
    assert (answer.status, answer.body) == (200, b"")
    assert list(answer.headers) == [JSON, EMPTY, *REQUEST_IDS, TRACE]


def test_a_get_is_answered_as_captured_byte_for_byte() -> None:
    """MG-11: two spaces of indent, ` : ` between."""
    answer = answers.described(IDS, "1.2.3.4", "Mozilla/5.0 …", 1605442994726, 1605442994972)
    assert answer.body.decode() == (
        '{\n  "identity" : {\n    "sourceIp" : "1.2.3.4",\n    "userAgent" : "Mozilla/5.0 …"\n  },\n'
        '  "connectedAt" : "2020-11-15T12:23:14.726Z",\n  "lastActiveAt" : "2020-11-15T12:23:14.972Z"\n}'
    )
    assert list(answer.headers) == [JSON, ("content-length", str(len(answer.body))), *REQUEST_IDS, TRACE]


def test_a_client_without_user_agent_has_null() -> None:
    """MG-20."""
    assert b'"userAgent" : null' in answers.described(IDS, "1.2.3.4", None, 0, 0).body


def test_a_delete_is_answered_without_content_headers() -> None:
    """MG-12."""
    answer = answers.deleted(IDS)
    assert (answer.status, answer.body, list(answer.headers)) == (204, b"", [*REQUEST_IDS, TRACE])


def test_gone_is_typed_and_empty() -> None:
    """MG-13, CL-3."""
    answer = answers.gone(IDS)
    assert (answer.status, answer.body) == (410, b"")
    assert list(answer.headers) == [JSON, EMPTY, ("x-amzn-errortype", "GoneException"), *REQUEST_IDS, TRACE]


def test_a_malformed_id_is_quoted_and_has_no_trace_id() -> None:
    """MG-14."""
    answer = answers.invalid_connection_id(IDS, "bot_1")
    assert (answer.status, answer.body) == (400, b'{"message":"Invalid connectionId: bot_1"}')
    error_type = ("x-amzn-errortype", "BadRequestException")
    assert list(answer.headers) == [JSON, ("content-length", "41"), error_type, *REQUEST_IDS]


def test_forbidden_is_typed() -> None:
    """MG-15."""
    answer = answers.forbidden(IDS, Unknowns())
    assert (answer.status, answer.body) == (403, b'{"message":"Forbidden"}')
    assert ("x-amzn-errortype", "ForbiddenException") in answer.headers


def test_too_large_is_typed() -> None:
    """MG-16."""
    answer = answers.too_large(IDS, Unknowns())
    assert answer.status == 413
    assert ("x-amzn-errortype", "PayloadTooLargeException") in answer.headers


def test_limit_exceeded_is_typed_and_empty() -> None:
    """MG-17."""
    answer = answers.limit_exceeded(IDS)
    assert (answer.status, answer.body) == (429, b"")
    assert ("x-amzn-errortype", "LimitExceededException") in answer.headers


def test_an_unsigned_call_lacks_its_token() -> None:
    """MG-18."""
    answer = answers.unsigned(IDS, Unknowns())
    assert (answer.status, answer.body) == (403, b'{"message":"Missing Authentication Token"}')
    assert ("x-amzn-errortype", "MissingAuthenticationTokenException") in answer.headers


@pytest.mark.parametrize(("named", "types"), [("named", ["ServiceUnavailableException"]), ("none", [])])
def test_a_server_error_names_its_type_unless_told_otherwise(
    named: Literal["named", "none"], types: list[str]
) -> None:
    """CL-3."""
    answer = answers.failure(503, IDS, Unknowns(server_error_type=named))
    assert [value for name, value in answer.headers if name == "x-amzn-errortype"] == types
