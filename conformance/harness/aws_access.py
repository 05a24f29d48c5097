"""boto3 clients for the target's AWS side, and what their errors mean to the user."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's own name
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
)

from .access import Credentials
from .errors import ChurnproofError, HarnessError, UsageError

_BAD_CREDENTIALS = frozenset(
    {
        "UnrecognizedClientException",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
        "ExpiredTokenException",
        "ExpiredToken",
        "MissingAuthenticationTokenException",
        "IncompleteSignatureException",
    }
)
_NO_ACCESS = frozenset({"AccessDeniedException", "AccessDenied", "ForbiddenException", "403"})


def session_for(credentials: Credentials | None) -> boto3.session.Session:
    """A session with these credentials, or with those of the ordinary AWS chain."""
    with explained("the AWS credentials"):
        if credentials is None:
            return boto3.session.Session()
        return boto3.session.Session(
            credentials.access_key_id, credentials.secret_access_key, credentials.session_token
        )


def client_config(connections: int = 10) -> Config:
    """Bounded waiting; a few retries, so that throttling is not taken for an answer."""
    return Config(
        connect_timeout=5,
        read_timeout=15,
        retries={"mode": "standard", "total_max_attempts": 4},
        max_pool_connections=connections,
    )


@contextmanager
def explained(what: str) -> Iterator[None]:
    """Raise what botocore raises as one sentence about `what`: UsageError where the user can mend it."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise _explanation(error, what) from error


def code_of(error: ClientError) -> str:
    """The error code that the service gave; its HTTP status as text where it gave none (CL-3)."""
    return str(error.response.get("Error", {}).get("Code", ""))


def _explanation(error: BotoCoreError | ClientError, what: str) -> ChurnproofError:
    if isinstance(error, ClientError):
        return _answered(error, what)
    match error:
        case NoCredentialsError():
            return UsageError(
                f"{what}: no AWS credentials found; set AWS_PROFILE or AWS_ACCESS_KEY_ID and "
                "AWS_SECRET_ACCESS_KEY, or log in"
            )
        case PartialCredentialsError():
            return UsageError(f"{what}: the AWS credentials are incomplete: {error}")
        case EndpointConnectionError():
            return UsageError(f"{what}: cannot be reached; check region and endpoint ({error})")
        case HTTPClientError() | ConnectionError():
            return HarnessError(f"{what}: the connection failed: {error}")
    return UsageError(f"{what}: {error}")


def _answered(error: ClientError, what: str) -> ChurnproofError:
    code, said = code_of(error), error.response.get("Error", {}).get("Message", "")
    if code == "ResourceNotFoundException":
        return UsageError(f"{what}: there is no such table in that region; check --table and --region")
    if code in _BAD_CREDENTIALS:
        return UsageError(f"{what}: AWS does not accept the credentials ({code}: {said})")
    if code in _NO_ACCESS:
        operation = error.operation_name
        return UsageError(f"{what}: these credentials may not call {operation} ({code}: {said})")
    if code == "ValidationException":
        return UsageError(f"{what}: {said}")
    return HarnessError(f"{what}: {error}")
