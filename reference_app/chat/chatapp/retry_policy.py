"""When to try a throttled post again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential backoff with full jitter, within a patience; seconds throughout.

    Patience is shorter than the function's timeout: otherwise one slow reader, whose full buffer answers
    429 (MG-17), would hold an execution environment for the whole of it at every message.
    """

    base: float = 0.05
    cap: float = 1.0
    patience: float = 5.0

    def delay(self, attempts: int, elapsed: float, jitter: float) -> float | None:
        """Say how long to wait after `attempts` attempts, `elapsed` into the broadcast; None to give up.

        `jitter` is a random number in [0, 1).
        """
        wait = jitter * min(self.cap, self.base * 2 ** min(attempts, 32))
        return wait if elapsed + wait <= self.patience else None
