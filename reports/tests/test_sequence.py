from __future__ import annotations

from reports.results import Step
from reports.sequence import ASCII, MOST_LANES, MOST_STEPS, draw_text, lay_out
from reports.tests.sample_runs import sample_finding


def test_lanes_run_from_harness_over_connections_to_backend_and_table() -> None:
    steps = (
        Step(1, "table", "x"),
        Step(2, "backend", "x", to="c2"),
        Step(3, "harness", "x"),
        Step(4, "c1", "x"),
    )
    assert lay_out(steps).lanes == ("harness", "c2", "c1", "backend", "table")


def test_an_arrow_reaches_from_lane_to_lane() -> None:
    lines = draw_text(lay_out((Step(1, "c1", "sends m1", to="backend"), Step(2, "backend", "m1", to="c1"))))
    assert lines == [
        "at ms  c1        backend",
        "  1.0  ●─────────▶  sends m1",
        "  2.0  ◀─────────●  m1",
    ]


def test_what_never_came_is_dashed_and_does_not_arrive() -> None:
    (_, line) = draw_text(lay_out((Step(1, "backend", "m1 never came", "expected", "c1"),)))
    assert line == "  1.0  │✗╌╌╌╌╌╌╌╌●  MISSING: m1 never came"


def test_what_must_not_have_come_says_so() -> None:
    (_, line) = draw_text(lay_out((Step(1, "backend", "m1 again", "bad", "c1"),)))
    assert line.endswith("WRONG: m1 again")


def test_what_happens_on_one_lane_is_a_dot() -> None:
    lines = draw_text(
        lay_out((Step(1, "c1", "x"), Step(2, "backend", "posts"), Step(3, "table", "y", "bad")))
    )
    assert lines[2:] == ["  2.0  │         ●         │  posts", "  3.0  │         │         ✗  WRONG: y"]


def test_ascii_terminals_get_ascii() -> None:
    assert all(line.isascii() for line in draw_text(lay_out(sample_finding().timeline), ASCII))


def test_no_steps_draw_nothing() -> None:
    assert draw_text(lay_out(())) == []


def test_a_long_timeline_keeps_what_is_wrong_and_its_surroundings() -> None:
    steps = [Step(n, "c1", f"step {n}") for n in range(200)]
    steps[150] = Step(150, "c1", "the point", "bad")
    diagram = lay_out(steps)
    shown = [row.what for row in diagram.rows]
    assert len(shown) == MOST_STEPS
    assert "the point" in shown
    assert shown[0] == "step 130"
    assert diagram.omitted == 200 - MOST_STEPS
    assert draw_text(diagram)[-1].strip() == "(160 more steps in results.json)"


def test_a_long_timeline_without_a_mark_keeps_its_end() -> None:
    diagram = lay_out([Step(n, "c1", f"step {n}") for n in range(200)])
    assert diagram.rows[-1].what == "step 199"


def test_too_many_lanes_are_left_out_and_counted() -> None:
    diagram = lay_out([Step(n, f"c{n}", "x") for n in range(20)])
    assert (len(diagram.lanes), diagram.omitted) == (MOST_LANES, 20 - MOST_LANES)


def test_text_from_the_wire_stays_on_its_line() -> None:
    lines = draw_text(lay_out((Step(1, "c\n1", "a\x1b[2J\nb"),)))
    assert lines == ["at ms  c\\n1", "  1.0  ●  a\\x1b[2J\\nb"]


def test_steps_that_say_the_same_are_one_row_with_their_number() -> None:
    steps = [Step(n, "table", "stale row planted") for n in range(36)]
    diagram = lay_out([*steps, Step(40, "table", "read")])
    assert [(row.at_ms, row.what) for row in diagram.rows] == [
        (0, "stale row planted (36 times)"),
        (40, "read"),
    ]
    assert diagram.omitted == 0
