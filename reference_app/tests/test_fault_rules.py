"""Rules are values: what they accept, and which occurrences they are for."""

from __future__ import annotations

import pytest

from reference_app.gateway.control.fault_rules import (
    Address,
    ColdStart,
    ConnectHeld,
    ConnectionsLatency,
    FaultRule,
    Occurrence,
    RuleError,
    Site,
    TablePages,
)

POST = Occurrence(Site.CONNECTIONS_CALL, connection="a=", function="SendMessage", method="POST")


@pytest.mark.parametrize(
    "where",
    [
        Address(),
        Address(connection="a="),
        Address(function="Send*"),
        Address(function="*"),
        Address(connection="a=", function="SendMessage", method="POST"),
    ],
)
def test_an_address_means_what_matches_all_that_it_names(where: Address) -> None:
    assert where.matches(POST)


@pytest.mark.parametrize(
    "where", [Address(connection="a*"), Address(function="send*"), Address(method="GET"), Address(table="*")]
)
def test_an_address_means_nothing_else(where: Address) -> None:
    assert not where.matches(POST)


def test_a_function_of_any_name_is_not_a_caller_from_outside() -> None:
    assert not Address(function="*").matches(Occurrence(Site.TABLE_CALL, table="t"))


@pytest.mark.parametrize(
    "make",
    [
        lambda: FaultRule(ColdStart(), probability=1.1),
        lambda: FaultRule(ColdStart(), skip=-1),
        lambda: FaultRule(ColdStart(), count=0),
        lambda: FaultRule(ColdStart(), for_s=0),
        lambda: TablePages(0),
        lambda: TablePages(1, empty=True),
        lambda: ConnectionsLatency(0.2, 0.1),
        lambda: ConnectHeld(0),
    ],
)
def test_impossible_values_are_refused(make: object) -> None:
    assert callable(make)
    with pytest.raises(RuleError):
        make()
