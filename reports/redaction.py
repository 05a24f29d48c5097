"""Takes secrets out of text before it is written.

Two nets: the secrets that the user named (exactly, in any of the encodings in which they travel),
and shapes that are secret wherever they occur: credentials headers, bearer tokens, JWTs, AWS keys,
signatures, passwords in URLs.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar
from urllib.parse import parse_qsl, quote, quote_plus, urlsplit, urlunsplit

REDACTED = "[redacted]"

SENSITIVE_HEADERS = frozenset(
    (
        "authorization",
        "cookie",
        "proxy-authorization",
        "set-cookie",
        "x-amz-security-token",
        "x-amzn-remapped-authorization",
        "x-api-key",
        "x-auth-token",
    )
)

_SHORTEST = 4
"""Anything shorter cannot be a secret, and taking it out would shred the text."""
_WHOLE_WORD_BELOW = 8

_SENSITIVE_KEY = (
    r"(?:access[-_]?token|api[-_]?key|auth|auth[-_]?token|authorization|client[-_]?secret|id[-_]?token|jwt|key"
    r"|passw(?:or)?d|pwd|refresh[-_]?token|secret|session[-_]?token|sig|signature|token|x-api-key"
    r"|x-amz-(?:credential|security-token|signature))"
)
_HEADER = "|".join(sorted(SENSITIVE_HEADERS))

_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = (
    # "Authorization": "…" in JSON, then Authorization: … in a header block
    (
        re.compile(rf"""(["'](?:{_HEADER})["']\s*[:=]\s*)(["'])(?:\\.|(?!\2).)*\2""", re.I),
        rf"\1\2{REDACTED}\2",
    ),
    (re.compile(rf"\b((?:{_HEADER})\s*:\s*)[^\r\n]+", re.I), rf"\1{REDACTED}"),
    (re.compile(rf"([?&;]{_SENSITIVE_KEY}=)[^&;#\s\"'<>]+", re.I), rf"\1{REDACTED}"),
    (
        re.compile(r"\b(aws_?(?:secret_?access_?key|session_?token)\W{1,4})[A-Za-z0-9/+=]{16,}", re.I),
        rf"\1{REDACTED}",
    ),
    (re.compile(r"\b(Bearer\s+)[A-Za-z0-9\-._~+/]{8,}=*", re.I), rf"\1{REDACTED}"),
    (re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"), REDACTED),
    (re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"), REDACTED),
    (
        re.compile(r"\b(Credential=)[^,\s]+(,\s*SignedHeaders=[^,\s]+,\s*Signature=)[0-9a-f]+"),
        rf"\1{REDACTED}\2{REDACTED}",
    ),
    (re.compile(r"\b([a-z][a-z0-9+.-]*://)[^/\s@\"'<>]+@", re.I), rf"\1{REDACTED}@"),
)

T = TypeVar("T")


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` without the secrets, and without anything that has the shape of one.

    Each secret is found as it is, URL-encoded, in base64 and as JSON writes it. Secrets below 8
    characters are replaced as whole words only, below 4 not at all.
    """
    for pattern, replacement in _SHAPES:
        text = pattern.sub(replacement, text)
    return redact_named(text, secrets)


def redact_named(text: str, secrets: Iterable[str]) -> str:
    """`text` without these secrets; what merely looks like one stays."""
    # The longest first: a secret that contains another must not leave its rest behind.
    for form in encodings(secrets):
        if len(form) < _WHOLE_WORD_BELOW:
            text = re.sub(rf"(?<![A-Za-z0-9]){re.escape(form)}(?![A-Za-z0-9])", REDACTED, text)
        else:
            text = text.replace(form, REDACTED)
    return text


def encodings(secrets: Iterable[str]) -> list[str]:
    """Every text in which one of the secrets travels, the longest first."""
    return sorted({form for secret in secrets for form in _forms(secret)}, key=len, reverse=True)


def redact_url(url: str, secrets: Iterable[str] = ()) -> str:
    """`url` without user, password and fragment, and without the value of any query parameter.

    Names of query parameters stay; which of them carry a token is not ours to guess.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port is not None else ""
    except ValueError:
        return redact(url, secrets)
    user = f"{REDACTED}@" if "@" in parts.netloc else ""
    host = f"[{host}]" if ":" in host else host
    query = "&".join(f"{name}={REDACTED}" for name, _ in parse_qsl(parts.query, keep_blank_values=True))
    return redact(urlunsplit((parts.scheme, f"{user}{host}{port}", parts.path, query, "")), secrets)


def redact_all(value: T, secrets: Iterable[str] = ()) -> T:
    """`value`, a tree of dataclasses, mappings, tuples, lists and scalars, with every text redacted."""
    named = tuple(secrets)
    result: T = _redact_tree(value, named)
    return result


def environment_secrets(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The AWS credentials in `environment`; stand-ins for local emulators, such as `test`, are none."""
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    return tuple(value for name in names if len(value := environment.get(name, "")) >= 16)


def _redact_tree(value: Any, secrets: tuple[str, ...]) -> Any:  # noqa: ANN401 - a tree of anything
    if type(value) is str:  # not an enum's value
        return redact(value, secrets)
    if is_dataclass(value) and not isinstance(value, type):
        changes = {f.name: _redact_tree(getattr(value, f.name), secrets) for f in fields(value)}
        return replace(value, **changes)
    if isinstance(value, Mapping):
        return {_redact_tree(k, secrets): _redact_entry(k, v, secrets) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_redact_tree(item, secrets) for item in value)
    return value


def _redact_entry(key: object, value: object, secrets: tuple[str, ...]) -> object:
    sensitive = str(key).lower() in SENSITIVE_HEADERS or re.fullmatch(_SENSITIVE_NAME, str(key), re.I)
    return REDACTED if sensitive and isinstance(value, str) and value else _redact_tree(value, secrets)


_SENSITIVE_NAME = _SENSITIVE_KEY.replace("|key", "")
"""As the name of an entry, `key` is the table's key attribute, not a secret."""


def _forms(secret: str) -> Iterable[str]:
    if len(secret) < _SHORTEST:
        return
    yield secret
    yield quote(secret, safe="", errors="replace")
    yield quote_plus(secret, errors="replace")
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    raw = secret.encode(errors="replace")
    if len(raw) >= _WHOLE_WORD_BELOW:
        yield base64.b64encode(raw).decode().rstrip("=")
        yield base64.urlsafe_b64encode(raw).decode().rstrip("=")
