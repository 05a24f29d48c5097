"""Payloads that name their message and prove their bytes.

An envelope is `cp1.<run>.<message>.<digest>.`: ASCII without characters that JSON escapes, so that a
copy that was encoded twice or cut off still names its message. The digest covers the message id and
everything around the envelope, so that any process of the run recognises any other's messages
without shared state.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import blake2b

_CACHED_TEXT = 8192
"""Longer payloads are recognised anew each time."""
_CACHE_ENTRIES = 4096


@dataclass(frozen=True, slots=True)
class Recognition:
    """What a received payload is: `message` None where it names none of this run's."""

    message: int | None
    exact: bool
    """Byte for byte what was sent."""
    lasting: bool = True
    """False where the same bytes may stand for another message later, as texts of `expect` may."""


UNRECOGNISED = Recognition(None, exact=False)


class Envelope:
    """Wraps the payloads of one run; `run` is eight hex digits, the same in all its processes."""

    def __init__(self, run: str) -> None:
        self.run = _checked(run)

    def wrap(self, message: int, before: str = "", after: str = "") -> str:
        """The payload of that message: its envelope between any two texts."""
        digest = _digest(self.run, message, before, after)
        return f"{before}cp1.{self.run}.{message:x}.{digest}.{after}"


class Recognizer:
    """Tells which message a payload is a copy of; safe to call from several threads."""

    def __init__(self, run: str) -> None:
        self.run = _checked(run)
        # Case is ignored for naming only: a backend that upper-cases is still caught as a corrupter.
        self._envelope = re.compile(
            rf"cp1\.{run}\.([0-9a-f]{{1,16}})\.([0-9a-f]{{16}})\.", re.ASCII | re.IGNORECASE
        )
        self._expected: dict[str, int] = {}
        self._cache: dict[str, Recognition] = {}

    def expect(self, text: str, message: int) -> None:
        """Take this exact text, which holds no envelope, for that message from now on.

        The same text cannot stand for two messages at once: the later one wins.
        """
        self._expected[text] = message

    def recognise(self, text: str) -> Recognition:
        expected = self._expected.get(text) if self._expected else None
        if expected is not None:
            return Recognition(expected, exact=True, lasting=False)
        known = self._cache.get(text)
        if known is not None:
            return known
        recognition = self._examine(text)
        if len(text) <= _CACHED_TEXT:
            if len(self._cache) >= _CACHE_ENTRIES:
                self._cache = {}
            self._cache[text] = recognition
        return recognition

    def _examine(self, text: str) -> Recognition:
        named: int | None = None
        for match in self._envelope.finditer(text):
            message = int(match[1], 16)
            # Comparing whole texts also refuses other spellings of the same number.
            before, after = text[: match.start()], text[match.end() :]
            digest = _digest(self.run, message, before, after)
            if match[0] == f"cp1.{self.run}.{message:x}.{digest}.":
                return Recognition(message, exact=True)
            named = message if named is None else named
        return UNRECOGNISED if named is None else Recognition(named, exact=False)


def _digest(run: str, message: int, before: str, after: str) -> str:
    # surrogatepass: JSON can carry lone surrogates (RFC 8259 section 8.2), and so can our payloads.
    front = before.encode("utf-8", "surrogatepass")
    back = after.encode("utf-8", "surrogatepass")
    head = f"{run}.{message:x}.{len(front)}.".encode("ascii")
    return blake2b(head + front + back, digest_size=8).hexdigest()


def _checked(run: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{8}", run):
        raise ValueError(f"run {run!r} is not eight lower-case hex digits")
    return run
