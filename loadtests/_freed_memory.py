"""Gives memory that was freed back to the system.

Users that connect all at once leave their frames' memory in holes of the heap, about 4 KB each, which the C
library keeps: after a fall to fewer greenlets they are memory that nobody needs any more.
"""

from __future__ import annotations

import ctypes
import sys

_SURGE = 200


class Trimmer:
    """Is told now and then how many connections are open; when a surge of them is over, gives back."""

    def __init__(self) -> None:
        self._open = 0
        self._since = 0
        """Open when memory was last given back."""

    def connections(self, now_open: int) -> bool:
        """True when memory was to be given back."""
        settled, self._open = now_open <= self._open, now_open
        self._since = min(self._since, now_open)
        if not settled or now_open - self._since < _SURGE:
            return False
        self._since = now_open
        _give_back()
        return True


def _give_back() -> None:
    if sys.platform == "linux":
        # Absent from other C libraries than glibc (malloc_trim(3)).
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
