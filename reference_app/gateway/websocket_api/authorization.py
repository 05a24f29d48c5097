"""What a REQUEST authorizer is for, and what its answer means to the client (HS-17 to HS-21)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, TypeAlias
from urllib.parse import parse_qs

from reference_app.gateway.websocket_api.proxy_event import ApiKey

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reference_app.gateway.http_message import HttpRequest
    from reference_app.gateway.template.application import ApiKeys, Authorizer

_ACTION = "execute-api:Invoke"
_LONGEST_RESULT = 8 * 1024  # LM-10


@dataclass(frozen=True, slots=True)
class Allowed:
    """The policy allows the call; `context` is what events carry from now on (EV-23)."""

    context: Mapping[str, object]
    usage_identifier_key: str | None = None
    """The API key that the authorizer says the client has (HS-23)."""


Verdict: TypeAlias = Allowed | Literal["unauthorized", "denied", "failed"]
"""`failed`: the authorizer gave no answer that could be used (HS-21)."""


def has_identity(authorizer: Authorizer, request: HttpRequest, stage_variables: Mapping[str, str]) -> bool:
    """Return whether every identity source is in the request; one that is not means 401 (HS-18)."""
    return all(_present(source, request, stage_variables) for source in authorizer.identity_sources)


def method_arn(execute_api: str, api_id: str, stage: str) -> str:
    """Return the ARN that is asked for; `execute_api` is `arn:aws:execute-api:{region}:{account}` (HS-20)."""
    return f"{execute_api}:{api_id}/{stage}/$connect"


def verdict_of_error(message: str) -> Verdict:
    """Return what it means that the authorizer failed: `Unauthorized` is an answer (HS-19)."""
    return "unauthorized" if message == "Unauthorized" else "failed"


def verdict_of_result(payload: bytes, arn: str) -> Verdict:
    """Return what the authorizer's result means for a client that asks for `arn`."""
    if len(payload) > _LONGEST_RESULT:
        return "failed"
    try:
        result = json.loads(payload)
        principal, statements = result["principalId"], result["policyDocument"]["Statement"]
        effects = {effect for statement in _listed(statements) if (effect := _effect(statement, arn))}
        usage_key = result.get("usageIdentifierKey")
        context = {name: _text(value) for name, value in (result.get("context") or {}).items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return "failed"
    if "Deny" in effects or "Allow" not in effects:
        return "denied"
    return Allowed({"principalId": str(principal), **context}, None if usage_key is None else str(usage_key))


def api_key(keys: ApiKeys, request: HttpRequest, allowed: Allowed | None) -> ApiKey | None:
    """Return the API key that the client presents; None for none, or for one that the API has not (HS-23)."""
    if keys.source == "header":
        value = request.header("x-api-key")
    else:
        value = allowed.usage_identifier_key if allowed is not None else None
    return ApiKey(value, keys.ids[value]) if value is not None and value in keys.ids else None


def _present(source: str, request: HttpRequest, stage_variables: Mapping[str, str]) -> bool:
    place, _, name = source.rpartition(".")
    match place:
        case "route.request.header":
            return bool(request.header(name.lower()))
        case "route.request.querystring":
            return name in parse_qs(request.query)
        case "stageVariables":
            return bool(stage_variables.get(name))
        case _:
            return True  # `context.*` is always there


def _effect(statement: Mapping[str, Any], arn: str) -> str | None:
    """`Allow` or `Deny` if the statement is about this call."""
    is_about = _matches(_listed(statement["Action"]), _ACTION) and _matches(
        _listed(statement["Resource"]), arn
    )
    return str(statement["Effect"]) if is_about else None


def _matches(patterns: list[Any], text: str) -> bool:
    return any(_wildcards(str(pattern)).fullmatch(text) for pattern in patterns)


@lru_cache(maxsize=256)
def _wildcards(pattern: str) -> re.Pattern[str]:
    """An IAM pattern: `*` is any text, `?` any character."""
    return re.compile(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), re.IGNORECASE)


def _text(value: object) -> str:
    """A value of the context as events carry it (EV-23). Raises TypeError for a list or an object."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        raise TypeError("an authorizer's context holds text, numbers and booleans only")
    return str(value)


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]
