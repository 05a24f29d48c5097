"""Users that wait without a stack."""

from __future__ import annotations

import gevent
import pytest
from gevent.pool import Group
from locust import task
from locust.env import Environment

from loadtests._resting_user import RestingUser


class _Sleeper(RestingUser):
    """Rests in every task, and says what happened."""

    seconds: float | None = None

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.said: list[str] = []

    def arrive(self) -> None:
        self.said.append("arrived")

    def depart(self) -> None:
        self.said.append("departed")

    @task
    def sleep(self) -> None:
        self.said.append("task")
        self.rest(self.seconds)


@pytest.fixture
def group() -> Group:
    return Group()


def _resting(group: Group, seconds: float | None = None) -> _Sleeper:
    user = _Sleeper(Environment(user_classes=[_Sleeper]))
    user.seconds = seconds
    user.start(group)
    _until(user, ["arrived", "task"])
    return user


def _until(user: _Sleeper, said: list[str]) -> None:
    with gevent.Timeout(10):
        while user.said[: len(said)] != said:
            gevent.sleep(0.001)


def test_a_user_that_rests_is_one_of_locusts_users_and_has_no_running_greenlet(group: Group) -> None:
    user = _resting(group)
    (greenlet,) = group
    assert greenlet.args == (user,)
    assert not greenlet.started
    user.stop(force=True)


def test_its_task_begins_anew_when_it_is_woken_and_it_arrives_only_once(group: Group) -> None:
    user = _resting(group)
    user.wake()
    _until(user, ["arrived", "task", "task"])
    user.stop(force=True)


def test_its_task_begins_anew_after_the_time_that_it_gave(group: Group) -> None:
    user = _resting(group, seconds=0.01)
    _until(user, ["arrived", "task", "task", "task"])
    user.stop(force=True)


@pytest.mark.parametrize("force", [True, False])
def test_a_user_that_is_stopped_while_it_rests_departs_and_is_gone(group: Group, *, force: bool) -> None:
    user = _resting(group)
    assert user.stop(force=force) is force
    with gevent.Timeout(10):
        group.join()
    assert user.said == ["arrived", "task", "departed"]


def test_a_user_that_is_stopped_as_it_wakes_departs(group: Group) -> None:
    user = _resting(group)
    user.wake()
    user.stop(force=True)
    assert user.said == ["arrived", "task", "departed"]


def test_a_user_that_was_asked_to_stop_does_not_rest_again(group: Group) -> None:
    user = _resting(group)
    user.wake()
    user.seconds = None
    user.stop(force=False)
    with gevent.Timeout(10):
        group.join()
    assert user.said[-1] == "departed"
    assert not group
