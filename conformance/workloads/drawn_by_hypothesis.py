"""How workloads use Hypothesis: on a live backend, without its database, health checks and deadlines."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from hypothesis import HealthCheck, Phase, settings
from hypothesis.errors import Flaky

from conformance.harness.deadline import Deadline


def live_settings(examples: int, *, steps: int = 50) -> settings:
    """So many examples, of at most so many steps where a state machine runs; a failing one is shrunk."""
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
    )


class _FailingExampleError(AssertionError):
    """Tells Hypothesis that an example fails."""


class _OutOfTimeError(BaseException):
    """Leaves Hypothesis at once, for it takes no note of what is no Exception."""


class BoundedSearch:
    """Hypothesis's search for a failing example, then for a smaller one, that ends in time.

    Its own bound on shrinking is five minutes, whether or not smaller examples still fail.
    """

    def __init__(self, within_s: float, shrinking_s: float) -> None:
        """`within_s` for all examples together, `shrinking_s` of it from the first failure on."""
        self._shrinking_s = shrinking_s
        self._whole = Deadline(within_s)
        self._shrinking: Deadline | None = None

    def run(self, search: Callable[[], object]) -> None:
        """Neither a failing example nor the end of the time is an error; all else that `search` raises is."""
        try:
            search()
        except (_FailingExampleError, Flaky, _OutOfTimeError):
            return

    def begin_example(self) -> None:
        """To be called first by each example; does not return when the time is over."""
        if self._whole.expired() or (self._shrinking is not None and self._shrinking.expired()):
            raise _OutOfTimeError

    def fail(self) -> NoReturn:
        """The example that runs has failed."""
        self._shrinking = self._shrinking or Deadline(self._shrinking_s)
        raise _FailingExampleError
