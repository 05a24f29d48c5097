"""What talkers say: payloads that carry the time at which the schedule wanted them sent.

Whoever hears a message knows its latency without having sent it, in whichever process; the digest of
the envelope covers the time like every other byte. Times are `time.monotonic_ns`, which processes of
one machine share; on other hosts about what it is on the master's.
"""

from __future__ import annotations

import re
from collections import OrderedDict

from conformance.harness.envelope import Recognition, Recognizer

_INTENDED = re.compile(r"at ([0-9]{1,19}) ")
_FILLER = "the quick brown fox jumps over the lazy dog; "
_ENVELOPE_BYTES = 44
"""Of an envelope with a message number of nine hex digits, which is that of a worker's first million."""
_KEPT = 65536
"""Messages whose time is remembered; more than any backend has under way at once."""


def before(intended_ns: int) -> str:
    """The text in front of the envelope."""
    return f"at {intended_ns} "


def after(intended_ns: int, payload_bytes: int) -> str:
    """The text behind the envelope: what fills the payload up to about so many bytes."""
    missing = payload_bytes - len(before(intended_ns)) - _ENVELOPE_BYTES
    return (_FILLER * (missing // len(_FILLER) + 1))[: max(0, missing)]


class TimingRecognizer(Recognizer):
    """A recognizer that remembers when each message it has heard of was intended."""

    def __init__(self, run: str) -> None:
        super().__init__(run)
        self._intended: OrderedDict[int, int] = OrderedDict()

    def recognise(self, text: str) -> Recognition:
        recognition = super().recognise(text)
        if recognition.exact and recognition.message not in self._intended:
            self._remember(recognition.message, text)
        return recognition

    def intended_ns(self, message: int) -> int | None:
        """When the message was to be sent; None when it was heard too long ago, or carries no time."""
        return self._intended.get(message)

    def _remember(self, message: int | None, text: str) -> None:
        match = _INTENDED.match(text)
        if match is None or message is None:
            return
        self._intended[message] = int(match[1])
        if len(self._intended) > _KEPT:
            self._intended.popitem(last=False)
