"""Locks for what several threads share, and none where there is one thread only."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager, nullcontext

_NONE: AbstractContextManager[object] = nullcontext()


def new_lock(*, alone: bool) -> AbstractContextManager[object]:
    """A lock; where everything happens `alone` on one thread, one that does nothing.

    For sections that never wait: greenlets cannot meet in them. gevent's own locks cost a microsecond,
    and a third of a kilobyte each.
    """
    return _NONE if alone else threading.Lock()
