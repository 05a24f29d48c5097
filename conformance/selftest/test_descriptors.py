from __future__ import annotations

import resource

import pytest

from conformance.harness.descriptors import allow
from conformance.harness.errors import UsageError


class _Limits:
    """Limits of a process that is not this one."""

    def __init__(self, soft: int, hard: int) -> None:
        self.limits = (soft, hard)

    def getrlimit(self, _resource: int) -> tuple[int, int]:
        return self.limits

    def setrlimit(self, _resource: int, limits: tuple[int, int]) -> None:
        self.limits = limits


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> _Limits:
    limits = _Limits(1024, 4096)
    monkeypatch.setattr(resource, "getrlimit", limits.getrlimit)
    monkeypatch.setattr(resource, "setrlimit", limits.setrlimit)
    return limits


def test_enough_is_left_as_it_is(limits: _Limits) -> None:
    allow(1000, "")
    assert limits.limits == (1024, 4096)


def test_the_soft_limit_is_raised_as_far_as_needed(limits: _Limits) -> None:
    allow(3000, "")
    assert limits.limits == (3000, 4096)


def test_an_unlimited_process_needs_nothing(limits: _Limits) -> None:
    limits.limits = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    allow(100_000, "")
    assert limits.limits == (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


def test_what_the_hard_limit_forbids_is_told_with_both_numbers(limits: _Limits) -> None:
    with pytest.raises(UsageError, match=r"needs 5000 .* the limit is 4096: ask for less"):
        allow(5000, "ask for less")
