"""What a REQUEST authorizer's answer means."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_app.gateway.http_message import HttpRequest
from reference_app.gateway.template.application import Authorizer
from reference_app.gateway.websocket_api.authorization import (
    Allowed,
    has_identity,
    method_arn,
    verdict_of_error,
    verdict_of_result,
)

ARN = "arn:aws:execute-api:eu-west-1:123456789012:abcdefghij/prod/$connect"


def statement(effect: str = "Allow", action: object = "execute-api:Invoke", resource: object = ARN) -> object:
    return {"Effect": effect, "Action": action, "Resource": resource}


def result(*statements: object, **more: object) -> bytes:
    policy = {"Version": "2012-10-17", "Statement": list(statements)}
    return json.dumps({"principalId": "user", "policyDocument": policy, **more}).encode()


def test_the_arn_names_the_connect_route() -> None:
    """HS-20."""
    assert method_arn("arn:aws:execute-api:eu-west-1:123456789012", "abcdefghij", "prod") == ARN


@pytest.mark.parametrize(
    "allowing",
    [
        statement(),
        statement(action="execute-api:*"),
        statement(action=["execute-api:ManageConnections", "execute-api:Invoke"]),
        statement(resource="*"),
        statement(resource=["other", "arn:aws:execute-api:*:*:abcdefghij/*"]),
        statement(resource=ARN.replace("prod", "pr?d")),
    ],
)
def test_a_policy_that_allows_the_call_lets_in(allowing: object) -> None:
    assert verdict_of_result(result(allowing), ARN) == Allowed({"principalId": "user"})


def test_a_single_statement_need_not_be_in_a_list() -> None:
    payload = json.dumps({"principalId": "user", "policyDocument": {"Statement": statement()}}).encode()

    assert isinstance(verdict_of_result(payload, ARN), Allowed)


@pytest.mark.parametrize(
    "statements",
    [
        [],
        [statement("Deny")],
        [statement(), statement("Deny", resource="*")],
        [statement(resource=ARN.replace("prod", "dev"))],
        [statement(action="execute-api:ManageConnections")],
    ],
)
def test_a_policy_that_denies_or_does_not_allow_refuses(statements: list[object]) -> None:
    """HS-19."""
    assert verdict_of_result(result(*statements), ARN) == "denied"


def test_the_context_becomes_text() -> None:
    """EV-23."""
    verdict = verdict_of_result(result(statement(), context={"n": 1, "yes": True, "name": "x"}), ARN)

    assert verdict == Allowed({"principalId": "user", "n": "1", "yes": "true", "name": "x"})


@pytest.mark.parametrize(
    "payload",
    [
        b"no json",
        b"null",
        b"{}",
        b'{"principalId": "user"}',
        b'{"principalId": "user", "policyDocument": {"Statement": ["x"]}}',
        result(statement(), context={"list": [1]}),
        result(statement(), context={"long": "x" * 9000}),
    ],
)
def test_a_result_that_cannot_be_used_is_a_failure(payload: bytes) -> None:
    """HS-21, LM-10."""
    assert verdict_of_result(payload, ARN) == "failed"


def test_the_error_unauthorized_is_an_answer() -> None:
    """HS-19."""
    assert verdict_of_error("Unauthorized") == "unauthorized"
    assert verdict_of_error("unauthorised, I think") == "failed"


@pytest.mark.parametrize(
    ("source", "is_there"),
    [
        ("route.request.header.Auth", True),
        ("route.request.header.Empty", False),
        ("route.request.header.Missing", False),
        ("route.request.querystring.token", True),
        ("route.request.querystring.missing", False),
        ("stageVariables.tier", True),
        ("stageVariables.missing", False),
        ("context.identity.sourceIp", True),
    ],
)
def test_an_identity_source_is_looked_for_where_it_says(source: str, *, is_there: bool) -> None:
    """HS-18."""
    request = HttpRequest("GET", "/prod?token=x", (("auth", "secret"), ("Empty", "")))
    variables: dict[str, Any] = {"tier": "gold"}

    assert has_identity(Authorizer("auth", (source,)), request, variables) is is_there
    assert has_identity(Authorizer("auth", ("context.requestId", source)), request, variables) is is_there


SCRAPS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from([ARN, "Allow", "*"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["principalId", "policyDocument", "Statement", "Effect", "Action", "Resource", "context"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.fixed_dictionaries({"principalId": SCRAPS, "policyDocument": SCRAPS, "context": SCRAPS}) | SCRAPS)
def test_whatever_an_authorizer_returns_there_is_a_verdict(result: object) -> None:
    verdict = verdict_of_result(json.dumps(result).encode(), ARN)

    assert verdict in ("denied", "failed") or isinstance(verdict, Allowed)
