from __future__ import annotations

import os
import select
from collections.abc import Callable, Iterator

import pytest

from conformance.harness.readiness import Poller, SelectorPoller, new_poller


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    read, write = os.pipe()
    yield read, write
    os.close(read)
    os.close(write)


@pytest.fixture(params=[new_poller, SelectorPoller])
def poller(request: pytest.FixtureRequest) -> Iterator[Poller]:
    make: Callable[[], Poller] = request.param
    poller = make()
    yield poller
    poller.close()


def test_a_descriptor_with_bytes_is_ready(poller: Poller, pipe: tuple[int, int]) -> None:
    poller.register(pipe[0])
    assert poller.poll(0) == []
    os.write(pipe[1], b"x")
    assert [descriptor for descriptor, _ in poller.poll(1)] == [pipe[0]]


def test_an_unregistered_descriptor_is_ready_no_more(poller: Poller, pipe: tuple[int, int]) -> None:
    poller.register(pipe[0])
    os.write(pipe[1], b"x")
    poller.unregister(pipe[0])
    assert poller.poll(0) == []


def test_a_poller_can_itself_be_waited_for(poller: Poller, pipe: tuple[int, int]) -> None:
    poller.register(pipe[0])
    assert select.select([poller.fileno()], [], [], 0)[0] == []
    os.write(pipe[1], b"x")
    assert select.select([poller.fileno()], [], [], 1)[0] == [poller.fileno()]


def test_a_system_without_epoll_gets_selectors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(select, "epoll", raising=False)
    poller = new_poller()
    assert isinstance(poller, SelectorPoller)
    poller.close()


def test_a_poller_that_cannot_be_waited_for_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    poller = SelectorPoller()
    poller.close()
    monkeypatch.setattr(poller, "_selector", object())
    with pytest.raises(OSError, match="no poller that can itself be waited for"):
        poller.fileno()
