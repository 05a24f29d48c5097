"""The session token of a function's credentials: AWS SDKs send it along, and so it tells who calls."""

from __future__ import annotations

_PREFIX = "local-session-token."


def session_token(logical_id: str) -> str:
    """The value of a function's `AWS_SESSION_TOKEN`."""
    return _PREFIX + logical_id


def calling_function(token: str | None) -> str | None:
    """Logical id of the function that an `X-Amz-Security-Token` belongs to; None for any other caller."""
    return token.removeprefix(_PREFIX) if token is not None and token.startswith(_PREFIX) else None
