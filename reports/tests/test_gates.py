from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from reports.gates import Gate, GateRow, GatesFileError, judge_gates, read_gates, unused_gates
from reports.results import Delivery, Exit, Generator, Results
from reports.tests.sample_runs import failing_run, passing_run


def judge(gate: Gate, results: Results) -> GateRow:
    (row,) = judge_gates([gate], results)
    return row


def gates_in(tmp_path: Path, text: str) -> tuple[Gate, ...]:
    path = tmp_path / "gates.toml"
    path.write_text(text)
    return read_gates(path)


def test_a_kept_limit_is_met_with_its_margin() -> None:
    row = judge(Gate("latency_ms.last.p99", most=100), passing_run())
    assert (row.outcome, row.observed, row.limit) == ("met", 88.1, 100)
    assert row.margin == pytest.approx(11.9)
    assert row.exit is Exit.OK


def test_a_limit_met_exactly_is_met() -> None:
    assert judge(Gate("delivery.lost", most=0), passing_run()).met


def test_a_broken_limit_is_missed_by_a_negative_margin() -> None:
    row = judge(Gate("delivery.lost", most=0), failing_run())
    assert (row.outcome, row.margin, row.exit) == ("missed", -37, Exit.VIOLATION)


def test_a_minimum_is_a_limit_too() -> None:
    assert judge(Gate("delivery.ratio", least=0.999), passing_run()).met
    assert judge(Gate("delivery.ratio", least=0.999), failing_run()).outcome == "missed"


def test_of_two_limits_the_nearer_is_shown() -> None:
    row = judge(Gate("duration_s", least=40, most=100), passing_run())
    assert (row.rule, row.limit) == ("40 ≤ duration_s ≤ 100", 40)


def test_a_percentile_among_the_lost_is_missed_and_says_so() -> None:
    row = judge(Gate("latency_ms.last.p99", most=500), failing_run())
    assert row.outcome == "missed"
    assert row.reason.startswith("31 of 618 were lost")


@pytest.mark.parametrize(
    ("gate", "changes", "reason"),
    [
        (Gate("delivery.lost", most=0), {"delivery": Delivery()}, "the run is empty: no delivery was owed"),
        (Gate("delivery.lost", most=0), {"verdict": "inconclusive", "reason": "why"}, "inconclusive: why"),
        (Gate("delivery.lost", most=0), {"verdict": "error", "reason": "why"}, "harness error: why"),
        (Gate("delivery.lost", most=0), {"cut_short": True}, "the run is cut short"),
        (Gate("stale_rows.left", most=0), {"stale_rows": {}}, "the run has no such figure"),
        (Gate("clauses.failed", most=0), {"clauses": ()}, "the run has no such figure"),
        (
            Gate("latency_ms.last.p99", most=500),
            {"generator": Generator(saturated=True, reason="300 ms late")},
            "the load generator was saturated: 300 ms late",
        ),
    ],
)
def test_what_the_run_cannot_show_never_passes(gate: Gate, changes: dict[str, object], reason: str) -> None:
    row = judge(gate, replace(passing_run(), **changes))  # type: ignore[arg-type]
    assert (row.outcome, row.met, row.exit) == ("undecided", False, Exit.INCONCLUSIVE)
    assert reason in row.reason


@pytest.mark.parametrize(
    ("metric", "outcome"), [("last.p99", "undecided"), ("last.p50", "met"), ("first.count", "met")]
)
def test_a_latency_nearer_to_its_limit_than_the_clocks_of_hosts_are_exact_is_undecided(
    metric: str, outcome: str
) -> None:
    run = passing_run()
    last = replace(run.latency_ms.last, p50=40.0, p99=98.0)
    run = replace(run, latency_ms=replace(run.latency_ms, last=last, clock_error_ms=3.0))
    limit = run.latency_ms.first.count + 1 if metric == "first.count" else 100.0
    row = judge(Gate(f"latency_ms.{metric}", most=limit), run)
    assert row.outcome == outcome
    assert ("between hosts are exact to ±3 ms" in row.reason) == (outcome == "undecided")


def test_a_gate_for_other_runs_is_left_out() -> None:
    assert judge_gates([Gate("delivery.lost", most=0, kind="load")], passing_run("conformance")) == ()


def test_a_gate_that_no_run_was_there_for_does_not_pass() -> None:
    gates = [Gate("delivery.lost", most=0, kind="load"), Gate("delivery.lost", most=0)]
    (row,) = unused_gates(gates, [passing_run("conformance")])
    assert (row.met, row.reason) == (False, "no load run was given")


def test_a_file_of_gates_is_read(tmp_path: Path) -> None:
    text = """
        [[gate]]
        metric = "delivery.lost"
        max = 0
        [[gate]]
        metric = "latency_ms.last.p99"
        min = 0.5
        max = 500
        kind = "load"
    """
    assert gates_in(tmp_path, text) == (
        Gate("delivery.lost", most=0),
        Gate("latency_ms.last.p99", least=0.5, most=500, kind="load"),
    )


def test_a_gate_can_limit_a_change(tmp_path: Path) -> None:
    text = (
        "[[gate]]\nmetric='delivery.ratio'\nmax_decrease=0.01\n[[gate]]\nmetric='duration_s'\nmax_increase=0"
    )
    gates = gates_in(tmp_path, text)
    assert gates == (Gate("delivery.ratio", decrease=0.01), Gate("duration_s", increase=0.0))
    assert [gate.rule for gate in gates] == ["delivery.ratio ≥ baseline - 1 %", "duration_s ≤ baseline + 0 %"]
    assert judge_gates(gates, passing_run()) == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nonsense", "is not TOML"),
        ("", r"no \[\[gate\]\] in it"),
        ("gate = []", r"no \[\[gate\]\] in it"),
        ("[gate]\nmetric='delivery.lost'", r"write \[\[gate\]\], not \[gate\]"),
        ("[[gates]]\nmetric='delivery.lost'", r"unknown key 'gates'"),
        ("[[gate]]\nmax=0", "gate 1: `metric` is missing"),
        ("[[gate]]\nmetric=3\nmax=0", r"gate 1 \(3\): unknown metric '3'"),
        (
            "[[gate]]\nmetric='delivery.lost'",
            r"gate 1 \(delivery.lost\): needs `min`, `max` or both, or one of",
        ),
        (
            "[[gate]]\nmetric='delivery.lost'\nmaximum=0",
            "unknown key 'maximum'; accepted are metric, min, max",
        ),
        ("[[gate]]\nmetric='delivery.lost'\nmax=1\nmax_increase=0.1", "or one of `max_increase`"),
        ("[[gate]]\nmetric='delivery.lost'\nmax_increase=-0.1", "a change is a share from 0"),
        ("[[gate]]\nmetric='delivery.lost'\nmax='0'", "max must be a finite number, not '0'"),
        ("[[gate]]\nmetric='delivery.lost'\nmax=true", "max must be a finite number, not True"),
        ("[[gate]]\nmetric='delivery.lost'\nmax=nan", "max must be a finite number, not nan"),
        ("[[gate]]\nmetric='delivery.lost'\nmax=inf", "max must be a finite number, not inf"),
        ("[[gate]]\nmetric='delivery.lost'\nmin=2\nmax=1", "min 2 is above max 1"),
        ("[[gate]]\nmetric='delivery.lost'\nmax=1\nkind='soak'", 'kind must be "conformance" or "load"'),
        (
            "[[gate]]\nmetric='delivery.lots'\nmax=1",
            "unknown metric 'delivery.lots'; near names: delivery.lost",
        ),
    ],
)
def test_a_bad_file_says_which_gate_and_what_is_accepted(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(GatesFileError, match=message):
        gates_in(tmp_path, text)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(GatesFileError, match=r"cannot read .*gates\.toml: No such file"):
        read_gates(tmp_path / "gates.toml")


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "gates.toml").write_bytes(b"\xff")
    with pytest.raises(GatesFileError, match="is not TOML"):
        read_gates(tmp_path / "gates.toml")
