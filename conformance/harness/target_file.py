"""Reads a target file: the TOML that says how a backend is reached, spoken to and judged."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeAlias, TypeVar, get_args

from reports.redaction import redact_named

from .access import Credentials, ManagementAccess, TableAccess
from .contract import Bounds, Guarantee, Order, Throttled, UnknownAction
from .errors import UsageError
from .message_format import ReceiveFormat, SendFormat

Section: TypeAlias = dict[str, Any]
T = TypeVar("T")

KEYS: Mapping[str, tuple[str, ...]] = {
    "handshake": ("headers", "query", "subprotocols"),
    "message": ("send", "receive", "unknown_action"),
    "contract": ("echo_to_sender", "delivery", "order", "on_throttle"),
    "bounds": tuple(bound.name for bound in fields(Bounds)),
    "management": ("endpoint", "region"),
    "table": ("name", "key", "region", "endpoint"),
    "credentials": ("access_key_id", "secret_access_key", "session_token"),
    "control": ("url",),
    "routing": ("expression", "routes"),
}
"""Sections of a target file and what each may hold."""

_LOOPBACK = re.compile(r"https?://(localhost|127\.|\[::1\])")
_ANY_REGION = "us-east-1"
"""Signs requests to a stack on this machine, which is in no region."""
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True, slots=True)
class Routing:
    """How the API chooses a route (RT-1), where that is known, as a local stack knows it."""

    expression: str
    routes: tuple[str, ...]
    """Route keys, those of `$connect` and `$disconnect` among them."""


@dataclass(frozen=True, slots=True)
class TargetFile:
    """What a target file says; None where it says nothing."""

    path: Path
    url: str | None = None
    headers: Mapping[str, str] | None = None
    query: Mapping[str, str] | None = None
    subprotocols: tuple[str, ...] | None = None
    send: SendFormat | None = None
    receive: ReceiveFormat | None = None
    contract: Mapping[str, Any] | None = None
    """Fields of `Contract` by name, `unknown_action` of `[message]` among them."""
    bounds: Mapping[str, float] | None = None
    management: ManagementAccess | None = None
    table: TableAccess | None = None
    credentials: Credentials | None = None
    control_url: str | None = None
    routing: Routing | None = None
    secrets: tuple[str, ...] = ()
    """Values that came from the environment; never to be shown."""


def read_target_file(path: Path) -> TargetFile:
    """Read and check a target file. Raises UsageError that names the line, and what is accepted."""
    return _Reading(path).file()


def near(name: str, accepted: Collection[str]) -> str:
    """` (did you mean …?)` for a misspelt name, or nothing."""
    close = difflib.get_close_matches(name, accepted, n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


class _Reading:
    """One file while it is read: knows where things stand, for messages."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.secrets: list[str] = []
        try:
            self.text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise UsageError(f"cannot read the target file {path}: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise UsageError(f"the target file {path} is not UTF-8 text") from error
        try:
            self.data: Section = tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            raise UsageError(f"the target file {path} is not TOML: {error}") from error

    def file(self) -> TargetFile:
        for name, value in self.data.items():
            if name != "url" and name not in KEYS:
                raise self.wrong("", name, f"no such section{near(name, ['url', *KEYS])}", ("url", *KEYS))
            if name in KEYS and not isinstance(value, dict):
                raise self.wrong("", name, f"is a section: write [{name}]")
            for key in value if name in KEYS else ():
                if key not in KEYS[name]:
                    raise self.wrong(name, key, f"no such key{near(key, KEYS[name])}", KEYS[name])
        region = self.string("table", "region") or self.string("management", "region")
        return TargetFile(
            path=self.path,
            url=self.string("", "url"),
            headers=self.value("handshake", "headers", self._strings),
            query=self.value("handshake", "query", self._strings),
            subprotocols=self.value("handshake", "subprotocols", self._list),
            send=self.value("message", "send", SendFormat),
            receive=self.value("message", "receive", ReceiveFormat),
            contract=self._contract(),
            bounds=self._bounds(),
            management=self._management(region),
            table=self._table(),
            credentials=self._credentials(),
            control_url=self.string("control", "url"),
            routing=self._routing(),
            secrets=tuple(self.secrets),
        )

    def value(self, section: str, key: str, parse: Callable[[Any], T]) -> T | None:
        found = (self.data.get(section, {}) if section else self.data).get(key)
        if found is None:
            return None
        try:
            return parse(self._expanded(found, section, key))
        except (TypeError, ValueError, UsageError) as error:
            raise self.wrong(section, key, str(error)) from error

    def string(self, section: str, key: str) -> str | None:
        return self.value(section, key, _string)

    def required(self, section: str, key: str) -> str:
        found = self.string(section, key)
        if not found:
            raise self.wrong(section, key, "is missing")
        return found

    def wrong(self, section: str, key: str, problem: str, accepted: Collection[str] = ()) -> UsageError:
        line = _line_of(self.text, section, key)
        where = f"{self.path}:{line}" if line else str(self.path)
        name = f"[{section}] {key}" if section else key
        known = f"; accepted: {', '.join(accepted)}" if accepted else ""
        return UsageError(f"{where}: {name}: {redact_named(problem, self.secrets)}{known}")

    def _contract(self) -> Mapping[str, Any] | None:
        said = {
            "echo_to_sender": self.value("contract", "echo_to_sender", _boolean),
            "delivery": self.value("contract", "delivery", _one_of(get_args(Guarantee))),
            "order": self.value("contract", "order", _one_of(get_args(Order))),
            "on_throttle": self.value("contract", "on_throttle", _one_of(get_args(Throttled))),
            "unknown_action": self.value("message", "unknown_action", _one_of(get_args(UnknownAction))),
        }
        return {name: value for name, value in said.items() if value is not None} or None

    def _bounds(self) -> Mapping[str, float] | None:
        said = {name: self.value("bounds", name, _seconds) for name in KEYS["bounds"]}
        return {name: value for name, value in said.items() if value is not None} or None

    def _management(self, region: str | None) -> ManagementAccess | None:
        if "management" not in self.data:
            return None
        endpoint = self._endpoint("management") or self.required("management", "endpoint")
        own = self.string("management", "region") or region or region_of(endpoint)
        if own is None and _LOOPBACK.match(endpoint):
            own = _ANY_REGION
        if own is None:
            raise self.wrong("management", "region", "is missing, and the endpoint does not show it")
        return ManagementAccess(endpoint, own)

    def _table(self) -> TableAccess | None:
        if "table" not in self.data:
            return None
        return TableAccess(
            self.required("table", "name"),
            self.required("table", "region"),
            self.string("table", "key"),
            self._endpoint("table"),
        )

    def _routing(self) -> Routing | None:
        if "routing" not in self.data:
            return None
        return Routing(
            self.required("routing", "expression"), self.value("routing", "routes", self._list) or ()
        )

    def _endpoint(self, section: str) -> str | None:
        found = self.string(section, "endpoint")
        if found is not None and not is_endpoint(found):
            raise self.wrong(section, "endpoint", f"{found!r} is not an http:// or https:// URL")
        return found

    def _credentials(self) -> Credentials | None:
        if "credentials" not in self.data:
            return None
        return Credentials(
            self.required("credentials", "access_key_id"),
            self.required("credentials", "secret_access_key"),
            self.string("credentials", "session_token"),
        )

    def _strings(self, value: object) -> Mapping[str, str]:
        if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
            raise TypeError("must be a table of strings")
        if any(ord(character) < 32 for item in value.items() for character in "".join(item)):
            raise ValueError("must not hold control characters, such as the end of a line")
        return value

    def _list(self, value: object) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise TypeError("must be a list of strings")
        return tuple(value)

    def _expanded(self, value: Any, section: str, key: str) -> Any:  # noqa: ANN401 - TOML
        if isinstance(value, dict):
            return {name: self._expanded(part, section, key) for name, part in value.items()}
        if isinstance(value, list):
            return [self._expanded(part, section, key) for part in value]
        if not isinstance(value, str):
            return value

        def from_environment(match: re.Match[str]) -> str:
            found = os.environ.get(match[1])
            if found is None:
                raise self.wrong(section, key, f"the environment variable {match[1]} is not set")
            self.secrets.append(found)
            return found

        return _VARIABLE.sub(from_environment, value)


def is_endpoint(url: str) -> bool:
    """True for an HTTP URL with a host."""
    return re.match(r"https?://[^/\s?#]+", url) is not None


def region_of(endpoint: str) -> str | None:
    """The region that an AWS host name shows, e.g. `…execute-api.eu-west-1.amazonaws.com`."""
    match = re.search(r"\.([a-z]{2}(?:-[a-z]+)+-\d)\.(?:amazonaws\.com|api\.aws)", endpoint)
    return match[1] if match else None


def _line_of(text: str, section: str, key: str) -> int | None:
    """The line where a key of a section stands, or the section's own; None if neither is found."""
    header, current = None, ""
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if match := re.match(r"\[+\s*([^\]]+?)\s*\]", stripped):
            current = match[1]
            if current.split(".")[0] == (section or key):
                header = header or number
            if current == f"{section}.{key}":
                return number
        elif current == section and re.match(rf"[\"']?{re.escape(key)}[\"']?\s*[=.]", stripped):
            return number
    return header


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"must be a string, not {value!r}")
    return value


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"must be true or false, not {value!r}")
    return value


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
        raise ValueError(f"must be a number of seconds above 0, not {value!r}")
    return float(value)


def _one_of(accepted: tuple[str, ...]) -> Callable[[object], str]:
    def check(value: object) -> str:
        if value not in accepted:
            raise ValueError(f"{value!r}{near(str(value), accepted)}; accepted: {', '.join(accepted)}")
        return str(value)

    return check
