from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reference_app.chat.chatapp.retry_policy import RetryPolicy

jitters = st.floats(0, 1, exclude_max=True)


@given(st.integers(1, 10_000), jitters)
def test_a_wait_is_never_longer_than_the_cap(attempts: int, jitter: float) -> None:
    delay = RetryPolicy(base=0.05, cap=1.0, patience=5.0).delay(attempts, 0.0, jitter)
    assert delay is not None
    assert 0 <= delay < 1.0


def test_waits_double_until_the_cap() -> None:
    policy = RetryPolicy(base=0.1, cap=1.0, patience=5.0)
    assert [policy.delay(attempts, 0.0, 0.5) for attempts in (1, 2, 3, 4, 5)] == [0.1, 0.2, 0.4, 0.5, 0.5]


@given(st.integers(1, 100), st.floats(0, 10), jitters)
def test_no_attempt_begins_after_patience_has_ended(attempts: int, elapsed: float, jitter: float) -> None:
    delay = RetryPolicy(patience=5.0).delay(attempts, elapsed, jitter)
    assert delay is None or elapsed + delay <= 5.0


def test_patience_that_is_over_ends_the_attempts() -> None:
    assert RetryPolicy(patience=5.0).delay(1, 5.1, 0.0) is None
