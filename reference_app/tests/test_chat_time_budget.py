from __future__ import annotations

from reference_app.chat.chatapp.time_budget import budget_of


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_budget_is_spent_as_time_goes_by() -> None:
    clock = Clock()
    budget = budget_of(10.0, clock)
    clock.now += 4.0
    assert (budget.elapsed(), budget.remaining()) == (4.0, 6.0)


def test_a_spent_budget_is_below_zero() -> None:
    clock = Clock()
    budget = budget_of(1.0, clock)
    clock.now += 3.0
    assert budget.remaining() == -2.0


def test_a_reserve_is_taken_from_the_end() -> None:
    clock = Clock()
    budget = budget_of(10.0, clock)
    clock.now += 4.0
    assert (budget.less(1.5).elapsed(), budget.less(1.5).remaining()) == (4.0, 4.5)
