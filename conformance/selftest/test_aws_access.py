from __future__ import annotations

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
)

from conformance.harness.access import Credentials
from conformance.harness.aws_access import code_of, explained, session_for
from conformance.harness.errors import ChurnproofError, HarnessError, UsageError


def answered(code: str, message: str = "said so") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "Scan")


def explanation(error: BotoCoreError | ClientError) -> ChurnproofError:
    with pytest.raises(ChurnproofError) as caught, explained("table connections (eu-west-1)"):
        raise error
    assert caught.value.__cause__ is error
    return caught.value


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (answered("ResourceNotFoundException"), "no such table"),
        (answered("AccessDeniedException"), "may not call Scan"),
        (answered("ForbiddenException"), "may not call Scan"),
        (answered("UnrecognizedClientException"), "does not accept the credentials"),
        (answered("ExpiredTokenException"), "does not accept the credentials"),
        (answered("ValidationException", "Invalid table name"), "Invalid table name"),
        (NoCredentialsError(), "no AWS credentials found"),
        (PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"), "incomplete"),
        (EndpointConnectionError(endpoint_url="https://dynamodb.nowhere.amazonaws.com"), "cannot be reached"),
        (ProfileNotFound(profile="work"), "work"),
    ],
)
def test_what_the_user_can_mend_is_one_sentence(error: BotoCoreError | ClientError, words: str) -> None:
    told = explanation(error)
    assert isinstance(told, UsageError)
    assert str(told).startswith("table connections (eu-west-1): ")
    assert words in str(told)


@pytest.mark.parametrize(
    "error",
    [answered("InternalServerError"), ConnectTimeoutError(endpoint_url="https://dynamodb.x.amazonaws.com")],
)
def test_other_failures_of_aws_are_errors_of_the_run(error: BotoCoreError | ClientError) -> None:
    assert isinstance(explanation(error), HarnessError)


def test_a_code_is_what_the_service_gave() -> None:
    assert code_of(answered("GoneException")) == "GoneException"
    assert code_of(ClientError({}, "Scan")) == ""


def test_given_credentials_win_over_the_ordinary_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "from-the-environment")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    chosen = session_for(Credentials("given", "secret")).get_credentials()
    assert chosen is not None
    assert chosen.access_key == "given"
    ordinary = session_for(None).get_credentials()
    assert ordinary is not None
    assert ordinary.access_key == "from-the-environment"


def test_a_profile_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    with pytest.raises(UsageError, match="no-such-profile"):
        session_for(None)
