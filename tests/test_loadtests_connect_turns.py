from __future__ import annotations

import gevent

from loadtests._connect_turns import ConnectTurns


def begun_one_by_one(turns: ConnectTurns, users: int, begun: list[int]) -> list[gevent.Greenlet]:
    def connect(number: int) -> None:
        turns.wait()
        begun.append(number)

    return [gevent.spawn(connect, number) for number in range(users)]


def test_of_a_crowd_nobody_is_left() -> None:
    begun: list[int] = []
    gevent.joinall(begun_one_by_one(ConnectTurns(), 100, begun), timeout=5, raise_error=True)
    assert sorted(begun) == list(range(100))


def test_what_is_ready_comes_before_the_rest_of_a_crowd() -> None:
    begun: list[int] = []
    crowd = begun_one_by_one(ConnectTurns(), 1000, begun)
    reader, writer = gevent.socket.socketpair()
    with reader, writer:
        writer.sendall(b"an answer")
        seen = gevent.spawn(lambda: (reader.recv(16), len(begun)))
        gevent.joinall([*crowd, seen], timeout=5, raise_error=True)
    assert seen.value[1] < 1000


def test_one_that_is_killed_in_the_queue_holds_nobody_up() -> None:
    begun: list[int] = []
    crowd = begun_one_by_one(ConnectTurns(), 100, begun)
    gevent.killall(crowd[40:60])
    gevent.joinall(crowd, timeout=5)
    assert {*range(40), *range(60, 100)} <= {*begun}
