"""How an idle herd was ended."""

from __future__ import annotations

from reports.history import Leaving
from reports.history_reader import Connection
from reports.idle_herd import Herd, idle_herd

SECOND = 1_000_000_000


def ended(number: int, at_s: float, code: int | None = 1001, how: Leaving = "peer-close") -> Connection:
    at_ns = round(at_s * SECOND)
    return Connection(
        number, f"c{number}", "joiner", 0, 1, leaving_ns=at_ns, how=how, left_ns=at_ns, code=code
    )


def spared(number: int) -> Connection:
    return Connection(number, f"c{number}", "joiner", 0, 1)


def herd_of(*connections: Connection, moved: bool = True) -> Herd:
    return idle_herd(connections, moved=moved)


def test_a_herd_that_was_ended_whole_is_told_with_its_code_and_its_spread() -> None:
    herd = herd_of(ended(0, 10.0), ended(1, 10.25))
    assert str(herd).startswith(
        "2 of 2 silent connections were ended by the other side within 0.25 s, when its clock had been moved "
        "past the idle limit (LM-3): 2 with code 1001 (as API Gateway does, LM-17); "
    )
    assert herd.whole


def test_where_time_has_passed_the_silence_is_told() -> None:
    told = str(herd_of(ended(0, 603.9), ended(1, 604.2), moved=False))
    assert "after 603.9 to 604.2 s of silence (API Gateway: 600 s, some 4 s late, LM-3, LM-16)" in told


def test_how_they_came_back_is_told() -> None:
    back = [Connection(n, f"c{n}", "joiner", 11 * SECOND, 12 * SECOND) for n in (2, 3)]
    told = str(herd_of(ended(0, 10.0), ended(1, 10.25), *back))
    assert told.endswith(
        "all were back after 2.00 s; at most 2 handshakes begun in one second, within API Gateway's default "
        "quota of 500 (LM-1)"
    )
    assert "; 1 came back; " in str(herd_of(ended(0, 10.0), ended(1, 10.25), back[0]))


def test_who_was_spared_is_named_and_a_wrong_code_is_held_against_api_gateways() -> None:
    herd = herd_of(ended(0, 10.0, code=1000), spared(1))
    assert str(herd).startswith("1 of 2 silent connections were ended")
    assert "1 with code 1000 (API Gateway: 1001, LM-17); not ended: c1; " in str(herd)
    assert not herd.whole


def test_of_many_that_were_spared_some_are_named() -> None:
    told = str(herd_of(ended(0, 10.0), *(spared(number) for number in range(1, 10))))
    assert "not ended: c1, c2, c3, c4, c5, c6 and 3 more; " in told


def test_a_connection_that_broke_has_no_code() -> None:
    assert "1 without a close frame (API" in str(herd_of(ended(0, 10.0, code=None, how="peer-lost")))


def test_a_herd_that_nobody_ended_is_told_and_is_not_whole() -> None:
    herd = herd_of(ended(0, 10.0, how="close"), spared(1))
    assert str(herd) == (
        "0 of 2 silent connections were ended by the other side; "
        "API Gateway ends them after 10 minutes (LM-3)"
    )
    assert not herd.whole


def test_no_connections_are_no_herd() -> None:
    assert not herd_of().whole
