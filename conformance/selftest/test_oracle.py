"""Ring (a): the oracle's verdict on histories written down with the reason for it."""

from __future__ import annotations

import tomllib
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conformance.harness.contract import Bounds, Contract
from conformance.harness.oracle import Ears, judge
from reports.delivery_log import DeliveryLog, DeliveryRows
from reports.history import message_id
from reports.history_reader import History
from reports.metrics import LOST, latency
from reports.results import Delivery, Percentiles

from .story import history_of

_VECTORS: list[dict[str, Any]] = tomllib.loads((Path(__file__).parent / "vectors.toml").read_text())["vector"]
_BOUNDS = Bounds(deliver_s=1.0)


@pytest.mark.parametrize("vector", _VECTORS, ids=lambda vector: vector["name"])
def test_vector(vector: dict[str, Any]) -> None:
    contract = Contract(echo_to_sender=vector.get("echo", True))
    counts = judge(history_of(vector["story"]), contract, _BOUNDS).counts
    assert asdict(counts) == asdict(Delivery(**vector["expect"])), vector["why"]


def test_latency_counts_from_the_intended_time_over_owed_pairs() -> None:
    history = history_of("""
        0 a connects stayer
        0 b connects stayer
        0 c connects stayer
        100 a sends m1 churn/main
        110 a hears m1
        130 b hears m1
        150 c hears m1
        400 c closes
        5000 row a there
    """)
    history.messages[0].intended_ns -= 40_000_000
    judgement = judge(history, Contract(), _BOUNDS)
    assert latency(judgement.pairs).pair == Percentiles(2, 0, 50, 70, 70, 70, 70)
    assert judgement.first_ns.tolist() == [50_000_000]
    assert judgement.last_ns.tolist() == [70_000_000]


def test_pairs_that_took_longer_than_the_bound_since_they_were_intended_are_overdue() -> None:
    history = history_of("""
        0 a connects stayer
        0 b connects stayer
        0 c connects stayer
        100 a sends m1 churn/main
        110 a hears m1
        1100 b hears m1
        1101 c hears m1
        3000 a sends m2 churn/main
        3010 a hears m2
        9000 row a there
    """)
    assert judge(history, Contract(), _BOUNDS).pairs.overdue.tolist() == [1, 0]
    history.messages[0].intended_ns -= 50_000_000
    assert judge(history, Contract(), _BOUNDS).pairs.overdue.tolist() == [2, 0]


def test_a_message_has_a_first_recipient_when_one_heard_it_and_a_last_when_all_did() -> None:
    lines = ["0 a connects stayer", "0 b connects stayer", "9000 row a there"]
    lines += [f"{n}000 a sends m{n} churn/main" for n in (1, 3, 5)]
    pairs = judge(
        history_of([*lines, "3010 a hears m3", "5010 a hears m5", "5020 b hears m5"]), Contract(), _BOUNDS
    ).pairs
    assert pairs.first_ns.tolist() == [LOST, 10_000_000, 10_000_000]
    assert pairs.last_ns.tolist() == [LOST, LOST, 20_000_000]
    assert pairs.overdue.tolist() == [0, 0, 0]


def test_a_message_for_which_nobody_was_there_is_owed_to_nobody() -> None:
    history = history_of("0 a connects stayer\n100 a closes\n5000 a sends m1 churn/main\n9000 row a there")
    judgement = judge(history, Contract(), _BOUNDS)
    assert (judgement.counts.messages, judgement.counts.owed) == (1, 0)
    assert judgement.pairs.overdue.tolist() == [0]


def test_where_no_message_is_asked_about_what_was_heard_counts_for_nothing() -> None:
    history = history_of("0 a connects stayer\n100 a sends m1 churn/main\n110 a hears m1\n5000 row a there")
    counts = judge(history, Contract(), _BOUNDS, lambda message: message.group == "other").counts
    assert (counts.messages, counts.delivered, counts.may) == (0, 0, 0)


def test_latencies_that_were_not_counted_cannot_be_asked_for() -> None:
    history = history_of("0 a connects stayer\n100 a sends m1 churn/main\n5000 row a there")
    with pytest.raises(RuntimeError, match="not counted"):
        _ = judge(history, Contract(), _BOUNDS, timed=False).pairs


def test_copies_of_messages_that_cross_are_told_apart() -> None:
    history = history_of("""
        0 a connects stayer
        0 b connects stayer
        100 a sends m1 churn/main
        101 a sends m2 churn/main
        110 a hears m1
        111 a hears m2
        112 b hears m2
        113 b hears m1
        5000 row a there
    """)
    judgement = judge(history, Contract(), _BOUNDS)
    assert (judgement.counts.delivered, judgement.counts.lost, judgement.counts.duplicated) == (4, 0, 0)
    assert judgement.last_ns.tolist() == [13_000_000, 11_000_000]


def test_a_message_that_nobody_heard_has_no_latency_beside_one_that_was_heard() -> None:
    lines = ["0 a connects stayer", "0 b connects stayer", "9000 row a there", "100 a sends m0 churn/main"]
    silent = judge(history_of(lines), Contract(), _BOUNDS)
    assert (silent.first_ns.tolist(), silent.last_ns.tolist()) == ([-1], [-1])
    both = judge(history_of([*lines, "3000 a sends m1 churn/main", "3040 b hears m1"]), Contract(), _BOUNDS)
    assert (both.first_ns.tolist(), both.last_ns.tolist()) == ([-1, 40_000_000], [-1, 40_000_000])


def test_deliveries_of_messages_that_are_not_selected_count_for_none() -> None:
    lines = ["0 a connects stayer", "5000 row a there"]
    for number in range(3):
        lines += [f"{100 + number} a sends m{number} churn/{number}", f"{120 + number} a hears m{number}"]
    judgement = judge(history_of(lines), Contract(), _BOUNDS, lambda message: message.group != "churn/0")
    assert (judgement.counts.messages, judgement.counts.delivered, judgement.counts.duplicated) == (2, 2, 0)
    assert judgement.unattributed == 0


def test_the_bound_is_in_seconds() -> None:
    history = history_of("""
        0 a connects stayer
        0 b connects stayer
        100 a sends m1 churn/main
        120 a hears m1
        1700 b hears m1
        5000 row a there
    """)
    assert judge(history, Contract(), Bounds(deliver_s=1.0)).counts.late == 1
    assert judge(history, Contract(), Bounds(deliver_s=2.0)).counts.late == 0


@pytest.mark.parametrize(
    ("ears", "owed"),
    [
        (Ears(), [(0, 0), (0, 1), (0, 2)]),
        (Ears(own=True), [(0, 0)]),
        (Ears(own=False), [(0, 1), (0, 2)]),
        (Ears(frozenset({0, 2})), [(0, 0), (0, 2)]),
        (Ears(frozenset({0, 2}), own=False), [(0, 2)]),
    ],
)
def test_only_the_hearing_that_is_asked_about_is_owed(ears: Ears, owed: list[tuple[int, int]]) -> None:
    connects = [f"0 {name} connects stayer" for name in "abc"]
    history = history_of([*connects, "100 a sends m1 churn/main", "5000 row a there"])
    judgement = judge(history, Contract(), _BOUNDS, ears=ears)
    assert list(judgement.lost) == owed
    assert list(judgement.leaked) == []


def test_what_others_heard_is_not_counted_for_those_who_are_asked_about() -> None:
    connects = [f"0 {name} connects stayer" for name in "ab"]
    history = history_of([*connects, "100 a sends m1 churn/main", "120 b hears m1", "5000 row a there"])
    assert judge(history, Contract(), _BOUNDS, ears=Ears(own=True)).counts.may == 0


def test_a_connection_that_hears_nothing_of_what_it_is_owed_is_deaf() -> None:
    lines = ["0 a connects stayer", "0 b connects stayer", "5000 row a there"]
    for number in range(3):
        lines += [f"{100 + number} a sends m{number} churn/main", f"{120 + number} a hears m{number}"]
    judgement = judge(history_of(lines), Contract(), _BOUNDS)
    assert judgement.deaf(at_least=3) == [1]
    assert judgement.deaf(at_least=4) == []


def test_deliveries_of_messages_that_nobody_sent_are_counted_apart() -> None:
    lines = ["0 a connects stayer", "0 b connects stayer", "100 a sends m1 churn/main", "5000 row a there"]
    history = history_of([*lines, "120 a hears m1", "121 b hears m1"])
    stranger = history.deliveries.whole()[:1]
    stranger["message"] = 999
    history.deliveries = DeliveryLog([DeliveryRows(history.deliveries.whole()), DeliveryRows(stranger)])
    judgement = judge(history, Contract(), _BOUNDS)
    assert judgement.unattributed == 1
    assert judgement.counts.delivered == 2


def test_chunks_do_not_change_the_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [f"{10 * n} c{n} connects stayer" for n in range(7)] + ["9000 row c0 there"]
    for number in range(30):
        lines.append(f"{100 + 40 * number} c{number % 7} sends m{number} churn/main")
        lines += [
            f"{110 + 40 * number + 7 * ear} c{ear} hears m{number}" for ear in range(7) if (number + ear) % 5
        ]
    lines += ["700 c3 closes", "900 c4 aborts"]
    history = history_of(lines)
    whole = judge(history, Contract(), _BOUNDS)
    monkeypatch.setattr("conformance.harness.oracle._CELLS", 8)
    chunked = judge(history, Contract(), _BOUNDS)
    assert chunked.counts == whole.counts
    assert chunked.counts.lost > 0
    assert list(chunked.lost) == list(whole.lost)
    assert chunked.last_ns.tolist() == whole.last_ns.tolist()
    assert latency(chunked.pairs) == latency(whole.pairs)


@pytest.mark.parametrize("small", [False, True])
def test_the_oracle_agrees_with_the_definition_pair_by_pair(
    small: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same windows, spelled out pair by pair without numpy, on histories drawn at random: taken whole,
    and in chunks and pieces of a few, which stragglers and messages of several processes cross."""
    if small:
        monkeypatch.setattr("conformance.harness.oracle._CELLS", 16)
        monkeypatch.setattr("conformance.harness.oracle._MESSAGES", 2)
        monkeypatch.setattr("reports.delivery_log._PIECE", 5)
    generator = np.random.default_rng(7)
    for _ in range(40):
        history = _by_two_processes(history_of(_random_story(generator)))
        for echo in (True, False):
            contract = Contract(echo_to_sender=echo)
            assert asdict(judge(history, contract, _BOUNDS).counts) == _by_definition(history, contract)


def _by_two_processes(history: History) -> History:
    """Every third message is another process's, in whose file the half of the deliveries stand."""
    heard = history.deliveries.whole()
    for message in history.messages[::3]:
        of_it = heard["message"] == message.id
        message.id = message_id(3, message.id)
        heard["message"][of_it] = message.id
    history.deliveries = DeliveryLog([DeliveryRows(heard[1::2]), DeliveryRows(heard[::2])])
    return history


def _random_story(generator: np.random.Generator) -> list[str]:
    lines = ["6000 lag 0"]
    for n in range(6):
        opening = int(generator.integers(0, 1500))
        lines.append(f"{opening} c{n} connects stayer")
        if generator.random() < 0.5:
            lines.append(f"{opening + int(generator.integers(10, 3000))} c{n} closes")
    for m in range(8):
        sender, at = int(generator.integers(0, 6)), int(generator.integers(1500, 3000))
        verb = "sends" if generator.random() < 0.8 else "tries"
        lines.append(f"{at} c{sender} {verb} m{m} churn/main")
        for ear in range(6):
            for _copy in range(int(generator.choice([0, 1, 1, 1, 2]))):
                damage = " damaged" if generator.random() < 0.1 else ""
                after = int(generator.integers(1, 1600 if generator.random() < 0.95 else 9000))
                lines.append(f"{at + after} c{ear} hears m{m}{damage}")
    return lines


def _by_definition(history: History, contract: Contract) -> dict[str, int]:
    bound = 1_000_000_000
    counts = dict.fromkeys(asdict(Delivery()), 0)
    counts["messages"] = len(history.messages)
    heard = history.deliveries.whole()
    for message in history.messages:
        copies = [d for d in heard if d["message"] == message.id]
        sender = history.connections[message.sender]
        stayed = (sender.leaving_ns or history.end_ns) >= message.started_ns + bound
        accepted = bool(copies) or (message.outcome == "ok" and stayed)
        for connection in history.connections:
            mine = [d for d in copies if d["connection"] == connection.number]
            own = connection is sender and not contract.echo_to_sender
            assert connection.opened_ns is not None
            member = connection.opened_ns <= message.started_ns and (
                (connection.leaving_ns or history.end_ns) >= message.started_ns + bound
            )
            owed = member and accepted and not own
            forbidden = own or connection.opening_ns > message.started_ns + bound
            first = min((int(d["at_ns"]) for d in mine), default=None)
            counts["owed"] += owed
            counts["delivered"] += owed and first is not None
            counts["lost"] += owed and first is None
            counts["late"] += owed and first is not None and first > message.started_ns + bound
            counts["duplicated"] += len(mine) > 1
            counts["corrupted"] += any(d["flags"] for d in mine)
            counts["leaked"] += bool(mine) and forbidden
            counts["may"] += bool(mine) and not owed and not forbidden
    return counts
