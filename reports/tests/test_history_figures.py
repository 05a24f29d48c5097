from __future__ import annotations

import numpy as np

from reports.delivery_log import DeliveryLog, DeliveryRows
from reports.history import DELIVERY, KERNEL_TIME, Leaving, Phase
from reports.history_figures import close_codes, connection_times, handshakes, phase_spans, receive_times
from reports.history_reader import Connection, History
from reports.metrics import STILL_OPEN


def connection(
    opened: int | None = 1,
    leaving: int | None = None,
    left: int | None = None,
    how: Leaving | None = None,
    code: int | None = None,
    status: int | None = 101,
) -> Connection:
    return Connection(
        0, "c0", "stayer", 0, opened, "ok", status, leaving_ns=leaving, left_ns=left, how=how, code=code
    )


def test_connections_are_open_until_they_left() -> None:
    times = connection_times([connection(1, 5, 7), connection(2, 6), connection(3), connection(None)])
    assert times.opened_ns.tolist() == [1, 2, 3]
    assert times.left_ns.tolist() == [7, 6, STILL_OPEN]


def test_handshakes_count_by_status_or_outcome() -> None:
    refused, silent = connection(None, status=403), connection(None, status=None)
    silent.connect_outcome = "unknown"
    assert handshakes([connection(), connection(), refused, silent]) == {"101": 2, "403": 1, "unknown": 1}


def test_close_codes_tell_ours_from_theirs() -> None:
    found = close_codes(
        [
            connection(1, 2, 3, "close", 1000),
            connection(1, 2, 3, "peer-close", 1001),
            connection(1, 2, 3, "abort"),
            connection(1, 2, 3, "half-open"),
            connection(1, 2, 3, "peer-lost"),
            connection(),
        ]
    )
    assert found == {"1000": 1, "1001": 1, "abort": 1, "half-open": 1, "none": 1}


def test_a_phase_lasts_until_the_next_one() -> None:
    history = History(phases=[Phase(3_000_000_000, "w", "heal"), Phase(1_000_000_000, "w", "main")])
    history.end_ns = 4_500_000_000
    spans = phase_spans(history, 1_000_000_000)
    assert [(s.name, s.start_s, s.end_s) for s in spans] == [("main", 0.0, 2.0), ("heal", 2.0, 3.5)]


def deliveries(*flags: int) -> DeliveryLog:
    return DeliveryLog([DeliveryRows(np.array([(1, 1, 1, flag) for flag in flags], DELIVERY))])


def test_a_run_says_how_many_of_its_receive_times_are_the_kernels() -> None:
    assert "SO_TIMESTAMPNS) for 75.0%" in receive_times(deliveries(KERNEL_TIME, 0, KERNEL_TIME, KERNEL_TIME))


def test_a_run_without_kernel_times_says_that_its_times_may_be_late() -> None:
    assert receive_times(deliveries(KERNEL_TIME)) == "the kernel's (SO_TIMESTAMPNS)"
    assert "may be later than they came" in receive_times(deliveries(0, 0))
    assert receive_times(deliveries()) == "nothing was received"


def test_no_phases_have_no_spans() -> None:
    assert phase_spans(History(), 0) == ()
