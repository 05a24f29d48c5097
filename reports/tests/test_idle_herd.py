"""How an idle herd was ended."""

from __future__ import annotations

from reports.history import Leaving
from reports.history_reader import Connection
from reports.idle_herd import idle_herd

SECOND = 1_000_000_000


def ended(number: int, at_s: float, code: int | None = 1001, how: Leaving = "peer-close") -> Connection:
    at_ns = round(at_s * SECOND)
    return Connection(
        number, f"c{number}", "joiner", 0, 1, leaving_ns=at_ns, how=how, left_ns=at_ns, code=code
    )


def test_a_herd_that_was_ended_whole_is_told_with_its_code_and_its_spread() -> None:
    back = Connection(2, "c2", "joiner", 11 * SECOND, 12 * SECOND)
    herd = idle_herd([ended(0, 10.0), ended(1, 10.25), back])
    assert (
        str(herd) == "2 of 2 silent connections were ended by the other side within 0.25 s: 2 with code 1001"
    )
    assert herd.whole


def test_who_was_spared_is_counted_and_a_wrong_code_is_held_against_api_gateways() -> None:
    herd = idle_herd([ended(0, 10.0, code=1000), Connection(1, "c1", "joiner", 0, 1)])
    assert str(herd).startswith("1 of 2 silent connections were ended")
    assert str(herd).endswith("1 with code 1000 (API Gateway sends 1001, LM-17)")
    assert not herd.whole


def test_a_connection_that_broke_has_no_code() -> None:
    assert "1 without a close frame (API" in str(idle_herd([ended(0, 10.0, code=None, how="peer-lost")]))


def test_a_herd_that_nobody_ended_is_told_and_is_not_whole() -> None:
    herd = idle_herd([ended(0, 10.0, how="close"), Connection(1, "c1", "joiner", 0, 1)])
    assert str(herd) == "0 of 2 silent connections were ended by the other side"
    assert not herd.whole


def test_no_connections_are_no_herd() -> None:
    assert not idle_herd([]).whole
