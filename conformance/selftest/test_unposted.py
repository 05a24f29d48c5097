from __future__ import annotations

import pytest

from conformance.checkers.case import Case
from conformance.checkers.unposted import Starved
from conformance.harness.contract import Bounds, Contract
from reports.history_reader import History
from reports.trace import Invocation, TableCall

from .story import history_of

_MS = 1_000_000


def _history(outcome: str) -> History:
    """One message of `a`, and an invocation for it that came to this."""
    history = history_of(["0 a connects stayer", "100 a sends m1 churn/main", "9000 lag 1"])
    history.trace.rows.append(
        Invocation(
            seq=90,
            started_ns=110 * _MS,
            ended_ns=900 * _MS,
            epoch_ms=0,
            function="SendMessage",
            route="sendmessage",
            connection_id="a-id",
            request_id="r",
            outcome=outcome,
        )
    )
    return history


def _read(took_ms: int, status: int | None, faults: tuple[str, ...] = ()) -> TableCall:
    return TableCall(
        seq=91,
        started_ns=120 * _MS,
        ended_ns=(120 + took_ms) * _MS,
        epoch_ms=0,
        operation="Scan",
        table="t",
        function="SendMessage",
        status=status,
        faults=faults,
    )


def _is_starved(history: History) -> bool:
    return Starved(Case(history, Contract(), Bounds())).of(history.messages[0])


def test_a_function_whose_time_ran_out_lacked_time() -> None:
    assert _is_starved(_history("function-timeout"))


@pytest.mark.parametrize(
    ("read", "starved"),
    [
        (_read(300, None), True),
        (_read(700, 200), True),
        (_read(300, 200), False),
        (_read(700, None, ("fault-1",)), False),
    ],
)
def test_a_function_that_failed_lacked_time_where_its_table_was_slow_by_itself(
    read: TableCall, starved: bool
) -> None:
    history = _history("unhandled")
    history.trace.rows.append(read)
    assert _is_starved(history) is starved


def test_a_function_that_ended_well_lacked_nothing() -> None:
    history = _history("returned")
    history.trace.rows.append(_read(700, None))
    assert not _is_starved(history)
