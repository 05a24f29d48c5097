"""What a finding tells: the few connections concerned, in time order, and what should have come."""

from __future__ import annotations

import numpy as np
import pytest

from conformance.checkers.case import Case
from conformance.checkers.evidence import (
    described,
    excerpt,
    life_timeline,
    of_sequence,
    pair_timeline,
    quoted,
)
from conformance.harness.contract import Contract
from conformance.harness.oracle import Pairs
from reports.history_reader import History
from reports.results import Outcome, Step

from .story import history_of
from .valid_run import FORBIDDEN
from .verdicts import BOUNDS, judged, without


def _case(history: History) -> Case:
    """Without what the backend did: its trace tells that."""
    history.trace.rows.clear()
    return Case(history, Contract(), BOUNDS)


def _life(*lines: str) -> list[Step]:
    """Of `a`."""
    case = _case(history_of(lines))
    return list(life_timeline(case, case.connection(0)))


def _pair(*lines: str, receiver: int = 1) -> list[Step]:
    """Of the first message and the second client."""
    case = _case(history_of([*lines, "9000 lag 1"]))
    return list(pair_timeline(case, case.history.messages[0], case.connection(receiver)))


@pytest.mark.parametrize(
    ("said", "mark"),
    [
        (["50 a sends m1 mischief/identify"], ""),
        (["50 a sends m1 wiring"], "bad"),
        (["50 a sends m1 mischief/x", "55 a sends m2 wiring"], "bad"),
        (["50 a sends m1 wiring", "55 a sends m2 mischief/x"], ""),
        (["60 a sends m1 mischief/x"], ""),
        (["61 a sends m1 mischief/x"], "bad"),
        (["50 a sends m1 mischief/x", "55 b sends m2 wiring"], ""),
        (["50 b sends m1 mischief/x"], "bad"),
        ([], "bad"),
    ],
)
def test_forbidden_is_wrong_unless_it_answers_mischief(said: list[str], mark: str) -> None:
    told = _life("0 a connects stayer", "1 b connects stayer", *said, f"60 a frame {FORBIDDEN}")
    (answer,) = (step for step in told if "frame" in step.what)
    assert answer.mark == mark


def test_another_answer_to_mischief_is_wrong() -> None:
    told = _life("0 a connects stayer", "50 a sends m1 mischief/x", "60 a frame KeyError")
    assert told[-1] == Step(60.0, "backend", "frame 'KeyError'", "bad", "a")


def test_a_life_begins_with_its_handshake_whatever_was_planted_before() -> None:
    planted = [f"{n} plants gone first" for n in range(30)]
    told = _life(*planted, "100 a connects leaver", "200 a closes", "300 row a there")
    assert [step.what for step in told] == ["connects", "101, handshake done", "closes", "row of a is there"]


def test_a_life_tells_what_its_client_said_and_no_other() -> None:
    told = _life("0 a connects x", "1 b connects x", "10 a sends m1 wiring", "20 b sends m2 wiring")
    assert told[2:] == [Step(10.0, "a", "sends m0", to="backend")]


@pytest.mark.parametrize(
    ("end", "what", "by_client"),
    [
        ("closes", "closes", True),
        ("aborts", "is cut off (RST)", True),
        ("stops-reading", "stops reading (half-open)", True),
        ("closed-by-peer", "close frame", False),
        ("closed-by-peer 1011", "close frame 1011", False),
        ("lost", "connection lost", False),
    ],
)
def test_a_connection_s_end_is_told_with_whose_it_was(end: str, what: str, by_client: bool) -> None:
    step = _life("0 a connects x", f"90 a {end}")[-1]
    client = Step(90.0, "a", what, to="backend")
    assert step == (client if by_client else Step(90.0, "backend", what, "bad", "a"))


def test_a_handshake_is_told_with_its_answer_where_there_was_one() -> None:
    asked = Step(0.0, "a", "connects", to="backend")
    assert _life("0 a connecting x") == [asked]
    assert _life("0 a connects x") == [asked, Step(5.0, "backend", "101, handshake done", "", "a")]
    refused = Step(0.0, "backend", "refused: 500", "bad", "a")
    assert _life("0 a connecting x", "9 a refused 500") == [asked, refused]
    unanswered = history_of(["0 a connecting x", "9 a refused 500"])
    unanswered.connections[0].status, unanswered.connections[0].detail = None, "timed out"
    told = life_timeline(_case(unanswered), unanswered.connections[0])
    assert told[1].what == "refused: timed out"


def test_a_loss_is_told_with_those_who_heard_and_the_rows_of_those_concerned() -> None:
    told = _pair(
        "0 a connects x",
        "1 b connects x",
        "2 c connects x",
        "100 row b there",
        "101 row c there",
        "102 plants gone first",
        "1600 a sends m wiring",
        "1620 c hears m",
        "1630 a hears m",
        "1640 b frame welcome",
        "2600 row b absent",
        "2601 row b there",
    )
    assert told == [
        Step(0.0, "a", "connects", to="backend"),
        Step(1.0, "b", "connects", to="backend"),
        Step(5.0, "backend", "101, handshake done", to="a"),
        Step(6.0, "backend", "101, handshake done", to="b"),
        Step(100.0, "table", "row of b is there"),
        Step(102.0, "table", "stale row planted (gone, first)"),
        Step(1600.0, "a", "sends m0", to="backend"),
        Step(1620.0, "backend", "m0 reached another: c"),
        Step(1630.0, "backend", "m0 arrives", to="a"),
        Step(1640.0, "backend", "frame 'welcome'", "bad", "b"),
        Step(2600.0, "backend", "m0 has not come within 1 s", "expected", "b"),
        Step(2600.0, "table", "row of b is not there"),
    ]


def test_what_happened_a_second_and_a_half_before_is_told_and_nothing_earlier() -> None:
    lines = ["0 a connects x", "1 b connects x", "2000 a sends m wiring"]
    told = [
        step.at_ms
        for step in _pair(*lines, "499.999999 row b there", "500 row b there")
        if step.who == "table"
    ]
    assert told == [500.0]


def test_a_second_copy_is_told_as_such() -> None:
    told = _pair("0 a connects x", "1 b connects x", "10 a sends m x", "20 b hears m", "30 b hears m")
    assert told[-2:] == [
        Step(20.0, "backend", "m0 arrives", to="b"),
        Step(30.0, "backend", "m0 arrives again", "bad", "b"),
    ]


def test_a_sender_that_does_not_hear_itself_is_told_once() -> None:
    told = _pair("0 a connects x", "10 a sends m wiring", receiver=0)
    assert [step.what for step in told] == [
        "connects",
        "101, handshake done",
        "sends m0",
        "m0 has not come within 1 s",
    ]


def test_mischief_is_awaited_by_nobody() -> None:
    told = _pair("0 a connects x", "1 b connects x", "10 a sends m mischief/x")
    assert not [step for step in told if step.mark == "expected"]


def test_of_others_who_heard_six_are_named_from_the_first_receipt_on() -> None:
    others = [f"o{number}" for number in range(9)]
    lines = [f"1 {name} connects x" for name in ("a", "b", *others)]
    heard = [f"{40 - number} {name} hears m" for number, name in enumerate(others)]
    [step] = [step for step in _pair(*lines, "20 a sends m x", *heard) if "others" in step.what]
    assert step == Step(32.0, "backend", f"m0 reached 9 others: {', '.join(others[:6])}, …")


def test_a_sequence_is_told_from_the_first_handshake_to_the_last_loss() -> None:
    lines = ["10 a connects x", "30 b connects x", "20 row b absent", "9 row b absent"]
    lines += ["100 a sends m1 x", "1900 a sends m2 x", "2000 row b there", "2901 row b there", "9000 lag 1"]
    case = _case(history_of(lines))
    lost = Pairs(np.array([0]), np.array([1]))
    finding = of_sequence(case, case.history.messages, lost, "a title")
    assert finding.observed == "b did not hear m0"
    assert [(step.at_ms, step.what) for step in finding.timeline] == [
        (10.0, "connects"),
        (15.0, "101, handshake done"),
        (20.0, "row of b is not there"),
        (30.0, "connects"),
        (35.0, "101, handshake done"),
        (100.0, "sends m0"),
        (1100.0, "m0 has not come within 1 s"),
        (1900.0, "sends m1"),
        (2000.0, "row of b is there"),
    ]


@pytest.mark.parametrize(
    ("wrong", "plain", "told"),
    [(0, 24, 24), (0, 25, 24), (4, 30, 24), (17, 8, 24), (18, 7, 24), (19, 7, 25), (24, 9, 30), (25, 9, 30)],
)
def test_of_many_steps_the_telling_ones_are_kept_first(wrong: int, plain: int, told: int) -> None:
    frames = [f"{100 + number} a frame {number}" for number in range(wrong)]
    looks = [f"{200 + number} row a there" for number in range(plain - 2)]  # and the handshake
    steps = _life("0 a connects x", *frames, *looks)
    assert len(steps) == told
    assert [step.at_ms for step in steps] == sorted(step.at_ms for step in steps)
    assert sum(step.mark == "bad" for step in steps) == min(wrong, 24)


def test_three_violations_of_a_clause_are_told_in_full_and_all_are_counted() -> None:
    found = judged("BCAST-01", without("(n2|n3) hears broadcast-plain"))
    assert found.outcome is Outcome.FAIL
    assert found.evidence["lost"] > len(found.findings) == 3


def test_connections_are_described_by_what_is_known_of_them_and_once() -> None:
    connections = history_of(["0 a connects x", "1 b connects y"]).connections
    connections[0].source_port, connections[1].connection_id = 4711, None
    first = "a, x, connection id a-id, source port 4711"
    assert described([*connections, connections[0]]) == (first, "b, y")


def test_long_texts_are_cut() -> None:
    assert excerpt("x" * 121) == "x" * 120
    assert quoted("x" * 80) == repr("x" * 80)
    assert quoted("x" * 81) == repr("x" * 80 + "…")


def test_rows_that_are_planted_together_are_one_step() -> None:
    told = _pair(
        "0 a connects stayer",
        "0 b connects stayer",
        "100 plants gone first",
        "150 plants gone last",
        "250 plants gone last",
        "260 plants padded last",
        "270 plants gone middle",
        "370.000001 plants gone last",
        "1000 a sends m1 broadcast/plain",
    )
    assert [(step.at_ms, step.what) for step in told if "planted" in step.what] == [
        (100.0, "3 stale rows planted (gone, first, 2 last)"),
        (260.0, "stale row planted (padded, last)"),
        (270.0, "stale row planted (gone, middle)"),
        (370.0, "stale row planted (gone, last)"),
    ]


def test_a_post_that_was_refused_is_part_of_what_became_of_a_broadcast() -> None:
    lines = [f"{number} {name} connects stayer" for number, name in enumerate("abc")]
    history = history_of([*lines, "1000 a sends m1 broadcast/plain", "1010 backend posts c 410"])
    case = Case(history, Contract(), BOUNDS)
    told = pair_timeline(case, case.history.messages[0], case.connection(1))
    assert "SendMessage's post to c: 410" in [step.what for step in told]


@pytest.mark.parametrize(("others", "told"), [(6, "c, d, e, f, g, h"), (7, "c, d, e, f, g, h, …")])
def test_six_of_the_others_are_named(others: int, told: str) -> None:
    names = "abcdefghi"[: others + 2]
    lines = [f"0 {name} connects stayer" for name in names]
    found = _pair(*lines, "1000 a sends m broadcast/plain", *(f"1010 {name} hears m" for name in names[2:]))
    assert f"m0 reached {others} others: {told}" in [step.what for step in found]
