from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_app.chat.chatapp.connection_row import ConnectionRow
from reference_app.chat.chatapp.fan_out import Delivery, FanOut
from reference_app.chat.chatapp.post_outcome import PostOutcome, PostResult
from reference_app.chat.chatapp.retry_policy import RetryPolicy
from reference_app.chat.chatapp.time_budget import TimeBudget, budget_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

DELIVERED = PostResult(PostOutcome.DELIVERED)
THROTTLED = PostResult(PostOutcome.THROTTLED)
DEADLOCK_S = 30.0
"""A wait that lasts this long has failed; none does otherwise."""


def rows(*connection_ids: str) -> list[ConnectionRow]:
    return [ConnectionRow(connection_id, 0) for connection_id in connection_ids]


def run(
    post: Callable[[str], PostResult],
    audience: Iterable[ConnectionRow],
    *,
    places: int = 4,
    budget: TimeBudget | None = None,
    retry: RetryPolicy | None = None,
) -> list[Delivery]:
    with ThreadPoolExecutor(places) as pool:
        impatient = RetryPolicy(base=0.001, cap=0.001, patience=DEADLOCK_S)
        fan_out = FanOut(post, pool, places, budget or budget_of(DEADLOCK_S * 2), 1.0, retry or impatient)
        return list(fan_out.run(audience))


class Script:
    """Answers the posts to each connection in turn, then delivers."""

    def __init__(self, **answers: Sequence[PostResult]) -> None:
        self._answers = {connection_id: iter(results) for connection_id, results in answers.items()}
        self.posts: Counter[str] = Counter()

    def __call__(self, connection_id: str) -> PostResult:
        self.posts[connection_id] += 1
        return next(self._answers.get(connection_id, iter(())), DELIVERED)


@given(st.sets(st.text("abcdef", min_size=1), max_size=40), st.integers(1, 6))
def test_everybody_is_posted_to_exactly_once(connection_ids: set[str], places: int) -> None:
    script = Script()
    deliveries = run(script, rows(*connection_ids), places=places)
    assert script.posts == Counter(connection_ids)
    assert Counter(delivery.row.connection_id for delivery in deliveries) == Counter(connection_ids)


@pytest.mark.parametrize(
    "outcome", [PostOutcome.GONE, PostOutcome.UNKNOWN, PostOutcome.REFUSED, PostOutcome.TOO_LARGE]
)
def test_a_failure_that_may_have_arrived_or_cannot_go_better_is_not_repeated(outcome: PostOutcome) -> None:
    script = Script(b=[PostResult(outcome)])
    deliveries = run(script, rows("a", "b", "c"))
    assert script.posts == Counter("abc")
    assert {delivery.row.connection_id: delivery.result.outcome for delivery in deliveries} == {
        "a": PostOutcome.DELIVERED,
        "b": outcome,
        "c": PostOutcome.DELIVERED,
    }


def test_a_throttled_post_is_repeated_until_it_is_delivered() -> None:
    script = Script(b=[THROTTLED, THROTTLED, THROTTLED])
    deliveries = run(script, rows("a", "b"))
    assert {delivery.row.connection_id: delivery.attempts for delivery in deliveries} == {"a": 1, "b": 4}
    assert all(delivery.result == DELIVERED for delivery in deliveries)


def test_a_throttled_post_is_reported_when_patience_is_over() -> None:
    script = Script(a=[THROTTLED] * 10)
    [delivery] = run(script, rows("a"), retry=RetryPolicy(patience=-1.0))
    assert (delivery.result, delivery.attempts) == (THROTTLED, 1)


def test_a_throttled_post_is_not_repeated_where_the_budget_has_no_room_for_it() -> None:
    now = [0.0]

    def throttle_for_long(_: str) -> PostResult:
        now[0] = 9.5
        return THROTTLED

    [delivery] = run(throttle_for_long, rows("a"), budget=budget_of(10.0, lambda: now[0]))
    assert (delivery.result, delivery.attempts) == (THROTTLED, 1)


def test_no_post_begins_in_a_budget_that_has_no_room_for_it() -> None:
    script = Script()
    deliveries = run(script, rows("a", "b"), budget=budget_of(0.5, lambda: 0.0))
    assert script.posts == Counter()
    assert [delivery.result.outcome for delivery in deliveries] == [PostOutcome.OUT_OF_TIME] * 2


def test_a_hanging_post_delays_nobody_while_there_is_another_place() -> None:
    last_reached = threading.Barrier(3)

    def post(connection_id: str) -> PostResult:
        if connection_id == "hangs" or connection_id in ("last", "last but one"):
            last_reached.wait(DEADLOCK_S)
        return DELIVERED

    deliveries = run(post, rows("hangs", "a", "b", "c", "last but one", "last"), places=3)
    assert all(delivery.result == DELIVERED for delivery in deliveries)


def test_a_throttled_connection_that_waits_holds_no_place() -> None:
    heard: list[str] = []

    def post(connection_id: str) -> PostResult:
        heard.append(connection_id)
        return THROTTLED if heard.count("throttled") == 1 and connection_id == "throttled" else DELIVERED

    run(post, rows("throttled", "a", "b", "c"), places=1)
    assert heard == ["throttled", "a", "b", "c", "throttled"]


def test_a_bug_in_one_post_is_that_connections_failure_alone() -> None:
    def post(connection_id: str) -> PostResult:
        if connection_id == "b":
            raise LookupError("a bug")
        return DELIVERED

    results = {delivery.row.connection_id: delivery.result for delivery in run(post, rows("a", "b", "c"))}
    assert results == {
        "a": DELIVERED,
        "b": PostResult(PostOutcome.UNKNOWN, "LookupError('a bug')"),
        "c": DELIVERED,
    }


def test_a_failing_read_is_raised_after_the_posts_that_had_begun() -> None:
    script = Script()

    def broken_pages() -> Iterator[ConnectionRow]:
        yield from rows("a", "b")
        raise OSError("table unreachable")

    with pytest.raises(OSError, match="table unreachable"):
        run(script, broken_pages())
    assert script.posts == Counter("ab")
