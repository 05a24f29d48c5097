"""HTTP/1.1 requests and answers as plain values."""

from __future__ import annotations

import http
import json
import time
from dataclasses import dataclass
from email.utils import formatdate
from functools import lru_cache
from typing import NamedTuple

_REASONS = {status.value: status.phrase for status in http.HTTPStatus}


# Asked for with every answer, and new only once a second.
@lru_cache(maxsize=2)
def http_date(epoch_s: int) -> str:
    """Return the value of a `date` header."""
    return formatdate(epoch_s, usegmt=True)


class HttpRequest(NamedTuple):
    """A complete request. A named tuple, because one is made for every POST of a broadcast."""

    method: str
    target: str
    """Path and query exactly as sent."""
    headers: tuple[tuple[str, str], ...]
    """Names as sent, in order; values decoded as ISO 8859-1."""
    body: bytes = b""

    @property
    def path(self) -> str:
        """The path exactly as sent, percent-encoding included."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """The query string as sent, empty when there is none."""
        return self.target.partition("?")[2]

    def header(self, name: str) -> str | None:
        """Return the first value of a header; `name` in lower case."""
        return next((value for key, value in self.headers if key.lower() == name), None)

    def header_values(self, name: str) -> tuple[str, ...]:
        """Return every value of a header; `name` in lower case."""
        return tuple(value for key, value in self.headers if key.lower() == name)


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An answer: `date` is added when it is written, everything else is in `headers`."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def serialise(self, *, close: bool) -> bytes:
        """Return the bytes for the wire; `close` announces that the TCP connection ends with this answer."""
        lines = [f"HTTP/1.1 {self.status} {_REASONS.get(self.status, 'Unknown')}"]
        lines.append(f"date: {http_date(int(time.time()))}")
        lines += [f"{name}: {value}" for name, value in self.headers]
        if close:
            lines.append("connection: close")
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + self.body


def json_answer(status: int, body: bytes, *extra: tuple[str, str]) -> HttpAnswer:
    """Return an answer with a body that is JSON, or empty."""
    return HttpAnswer(
        status, (("content-type", "application/json"), ("content-length", str(len(body))), *extra), body
    )


def message_body(message: str) -> bytes:
    """Return `{"message":"…"}`, without a space after the colon (MG-14)."""
    return json.dumps({"message": message}, separators=(",", ":"), ensure_ascii=False).encode()
