"""What Ctrl-C and the end of a CI job do to a run: it stops, cleans up, and is judged as far as it came."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_INSISTING = 3


@contextmanager
def interruptible(tell: Callable[[str], None]) -> Iterator[None]:
    """SIGINT and SIGTERM raise KeyboardInterrupt in the `with` block, once.

    What they interrupt then cleans up, and a second signal does not disturb that; a third one does.
    For the main thread, as signal handlers are.
    """
    came = 0

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        nonlocal came
        came += 1
        if came == 1 or came >= _INSISTING:
            raise KeyboardInterrupt
        tell("already stopping: removing planted rows and closing clients; once more leaves them there")

    before = {number: signal.signal(number, interrupt) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
