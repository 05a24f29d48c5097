"""What the example chat promises, tested with real clients."""

from __future__ import annotations

from conformance.kit import ConnectionsMachine, Trial


def test_everybody_hears_everybody(churnproof: Trial) -> None:
    ann, bob, cleo = churnproof.connect_many(3)
    for speaker in (ann, bob, cleo):
        churnproof.broadcast(speaker, " hello")
    churnproof.assert_delivered()


def test_a_departure_disturbs_nobody(churnproof: Trial) -> None:
    ann, bob, cleo = churnproof.connect_many(3)
    churnproof.send(ann)
    bob.abort()
    cleo.close()
    dora = churnproof.connect()
    churnproof.broadcast(ann)
    churnproof.broadcast(dora)
    churnproof.assert_delivered()


def test_a_stale_row_is_removed_and_stops_nobody(churnproof: Trial) -> None:
    ann, _ = churnproof.connect_many(2)
    ghost = churnproof.stale_row()
    churnproof.assert_removed(ghost, speaker=ann)
    churnproof.assert_delivered()


def test_whatever_the_order_of_connects_and_departures_everybody_hears(churnproof: Trial) -> None:
    churnproof.explore(ConnectionsMachine)
