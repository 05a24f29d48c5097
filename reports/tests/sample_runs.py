"""Runs to draw: made up, but with the shape and the sizes of real ones."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Literal

from reports.artefacts import RESULTS
from reports.billing import Traffic
from reports.cost import Assumptions, cost_of
from reports.prices import read_prices
from reports.results import (
    Capacity,
    ClauseResult,
    Delivery,
    FanOut,
    Finding,
    Generator,
    Latency,
    Outcome,
    Percentiles,
    PhaseSpan,
    Results,
    Series,
    Stage,
    Step,
    verdict_of,
)

_SENTENCES = (
    ("CONN-01", "A client whose $connect succeeded is established, and hears every later broadcast."),
    ("CONN-02", "A client that the backend refuses leaves no row behind."),
    ("ROUTE-01", "A message with an unknown action leaves the connection usable and disturbs nobody."),
    ("ROUTE-02", "A message that is not JSON leaves the connection usable and disturbs nobody."),
    ("BCAST-01", "Every connection open during a broadcast hears it exactly once."),
    ("BCAST-02", "Every payload arrives byte for byte, whatever Unicode it holds."),
    ("BCAST-03", "The sender hears its own broadcast."),
    ("DISC-01", "The row of a closed connection goes within the bound."),
    ("DISC-02", "The row of an aborted connection goes within the bound."),
    ("STALE-01", "A stale row first, in the middle or last disturbs nobody."),
    ("STALE-02", "A stale row is removed within the bound while broadcasts go on."),
    ("CHURN-01", "A client that connects while broadcasts run is not deaf afterwards."),
)


@cache
def passing_run(kind: Literal["conformance", "load"] = "conformance") -> Results:
    clauses = tuple(_clause(name, sentence) for name, sentence in _SENTENCES)
    verdict, reason = verdict_of(clauses)
    run = Results(
        kind=kind,
        verdict=verdict,
        reason=reason,
        target={
            "name": "local",
            "url": "ws://127.0.0.1:41873/prod",
            "template": "reference_app/template.yaml",
        },
        seed=7,
        started="2026-03-14T09:26:53+00:00",
        duration_s=41.6,
        clauses=clauses,
        delivery=Delivery(messages=618, owed=12_342, delivered=12_342, may=211),
        latency_ms=Latency(
            pair=Percentiles(12_342, 0, 21.4, 38.9, 61.2, 94.0, 131.8),
            first=Percentiles(618, 0, 14.1, 22.0, 30.9, 41.2, 41.2),
            last=Percentiles(618, 0, 33.0, 58.4, 88.1, 131.8, 131.8),
        ),
        series=sample_series(208, lossy=False),
        phases=sample_phases(),
        close_codes={"1000": 188, "1001": 2, "abort": 61, "none": 3},
        connects={"101": 254, "403": 2},
        stale_rows={"planted": 9, "removed": 9, "left": 0},
        generator=Generator(84, 11.8, 0.34, 0.71),
        environment={"python": "3.11.7", "machine": "2 cores, 8 GiB", "churnproof": "0.1.0"},
        command="pytest conformance --target local --seed 7",
        fan_out=sample_fan_out(),
        traffic=SAMPLE_TRAFFIC,
    )
    return _priced(run)


def _priced(run: Results) -> Results:
    return replace(run, cost=cost_of(run, read_prices(), Assumptions()))


SAMPLE_TRAFFIC = Traffic(
    messages_in=640,
    units_in=652,
    messages_out=12_560,
    units_out=12_801,
    bytes_out=1_570_000,
    connects=256,
    leaves=254,
    connection_minutes=14.2,
    broadcasts=618,
    open_at_broadcast=20.3,
    table_reads=120,
    table_writes=9,
)


def sample_capacity() -> Capacity:
    """A search between 30 users, which held, and 32."""
    held = Stage(30, 30.0, 900.0, Delivery(300, 9000, 9000), passing_run().latency_ms, held=True)
    lossy = Latency(last=Percentiles(320, 200, 39.0, None, None, None, None))
    delivery = Delivery(320, 10_240, 9_728, 512)
    broken = Stage(32, 32.0, 412.0, delivery, lossy, held=False, reason="512 owed deliveries lost")
    return Capacity(30, 30.0, 900.0, 32, (broken, held))


def sample_fan_out() -> FanOut:
    """A line with a little noise."""
    recipients = tuple(float(n) for n in range(8, 30))
    medians = tuple(14.0 + 0.9 * n + (n * 7 % 5) / 3 for n in recipients)
    return FanOut(
        recipients=recipients,
        messages=tuple(28 for _ in recipients),
        last_p50_ms=medians,
        last_p95_ms=tuple(1.7 * value for value in medians),
        base_ms=14.6,
        per_recipient_ms=0.9,
        per_recipient_error_ms=0.05,
    )


@cache
def failing_run() -> Results:
    changes = {
        "BCAST-01": replace(
            _clause("BCAST-01", _SENTENCES[4][1], Outcome.FAIL),
            reason="37 of 12,342 owed deliveries were lost, all to connections after a gone one",
            evidence={"messages": 618, "owed": 12_342, "delivered": 12_305, "lost": 37},
            findings=(sample_finding(), replace(sample_finding(), title="c7 never heard m209")),
        ),
        "STALE-02": replace(
            _clause("STALE-02", _SENTENCES[10][1], Outcome.FAIL),
            reason="4 of 9 planted rows were still there after 15 s",
            evidence={"planted": 9, "removed": 5, "left": 4},
            findings=(
                Finding(
                    title="The row planted in the middle was never removed",
                    expected="gone within 15 s of being planted, with broadcasts going on",
                    observed="still there after 15.2 s and 31 broadcasts",
                    timeline=(
                        Step(18_004.1, "harness", "plants the row of c3", to="table"),
                        Step(18_231.0, "c1", "sends m131", to="backend"),
                        Step(18_240.9, "backend", "posts to c3: 410 Gone"),
                        Step(33_204.8, "harness", "reads the row of c3", to="table"),
                        Step(33_206.0, "table", "row of c3 is still there", mark="bad", to="harness"),
                    ),
                    connections=("c3, L0SM9cOFvHcCIhw=, port 51214",),
                    repeat="pytest conformance --target local --seed 7 -k STALE",
                ),
            ),
        ),
        "DISC-02": replace(
            _clause("DISC-02", _SENTENCES[8][1], Outcome.UNKNOWN),
            reason="2 aborted connections seen, 5 needed",
            evidence={"aborted": 2, "floor": 5},
        ),
        "CONN-02": replace(
            _clause("CONN-02", _SENTENCES[1][1], Outcome.SKIP),
            reason="needs feature “faults”: local stack only",
        ),
        "ROUTE-02": replace(
            _clause("ROUTE-02", _SENTENCES[3][1], Outcome.NON_STRICT),
            level="SHOULD",
            reason="the error frame held the name of an exception",
        ),
    }
    whole = passing_run()
    clauses = tuple(changes.get(clause.id, clause) for clause in whole.clauses)
    verdict, reason = verdict_of(clauses)
    run = replace(
        whole,
        verdict=verdict,
        reason=reason,
        clauses=clauses,
        delivery=Delivery(618, 12_342, 12_305, 37, 4, 2, 0, 0, 211),
        latency_ms=Latency(
            pair=Percentiles(12_342, 37, 24.4, 48.9, 161.2, None, None),
            first=Percentiles(618, 0, 14.1, 22.0, 30.9, 41.2, 41.2),
            last=Percentiles(618, 31, 39.0, None, None, None, None),
        ),
        series=sample_series(208, lossy=True),
        stale_rows={"planted": 9, "removed": 5, "left": 4},
    )
    return _priced(run)


def sample_finding() -> Finding:
    return Finding(
        title="c5 never heard m131, which c1 sent while c3 was gone",
        expected="c5 hears m131 exactly once by 5 s after it was sent: it was a member from 3.2 s to 40.1 s",
        observed="no delivery of m131 to c5; c4 heard it after 12.1 ms",
        timeline=(
            Step(3_204.5, "c5", "connects: 101", to="backend"),
            Step(18_004.1, "c3", "aborts (RST)", to="backend"),
            Step(18_231.0, "c1", "sends m131", to="backend"),
            Step(18_243.1, "backend", "m131", to="c4"),
            Step(18_244.0, "backend", "posts to c3: 410 Gone"),
            Step(23_231.0, "backend", "m131 never came", mark="expected", to="c5"),
            Step(24_100.2, "backend", "m131 again", mark="bad", to="c1"),
        ),
        connections=("c1, L0SM8fN8PHcCIhw=, port 51210", "c5, L0SNBdo5vHcAbcQ=, port 51218"),
        repeat="pytest conformance --target local --seed 7 -k BCAST",
    )


def sample_series(bins: int, *, lossy: bool) -> Series:
    wave = [0.5 + 0.5 * math.sin(n / 17) + 0.2 * math.sin(n / 3.1) for n in range(bins)]
    owed = tuple(40 + round(30 * w) if 6 < n < bins - 8 else 0 for n, w in enumerate(wave))
    lost = [2 if lossy and 85 < n < 125 and n % 5 == 0 else 0 for n in range(bins)]
    p50 = tuple(round(18 + 7 * w, 2) if o else None for w, o in zip(wave, owed, strict=True))
    connects = tuple(2 if n % 3 else 1 for n in range(bins))
    leaves = tuple(0 if n < 12 else 2 if n % 3 else 1 for n in range(bins))
    open_now = [sum(connects[: n + 1]) - sum(leaves[: n + 1]) for n in range(bins)]
    edges_ms = tuple(round(4 * 2 ** (n / 2), 3) for n in range(13))
    return Series(
        bin_s=0.2,
        owed=owed,
        delivered=tuple(o - gone for o, gone in zip(owed, lost, strict=True)),
        p50_ms=p50,
        p95_ms=tuple(None if v is None else round(v * (1.8 + (n % 7) / 9), 2) for n, v in enumerate(p50)),
        p99_ms=tuple(None if v is None else round(v * (2.6 + (n % 11) / 4), 2) for n, v in enumerate(p50)),
        last_p50_ms=tuple(
            None if v is None else round(v * (1.5 + (n % 5) / 12), 2) for n, v in enumerate(p50)
        ),
        connections=tuple(open_now),
        connects=connects,
        leaves=leaves,
        latency_edges_ms=edges_ms,
        latency_counts=tuple(
            _classes(o - gone, len(edges_ms) - 1) for o, gone in zip(owed, lost, strict=True)
        ),
    )


def _classes(pairs: int, classes: int) -> tuple[int, ...]:
    """Most pairs about the median, some in a slow tail."""
    shares = [math.exp(-((n - 4.5) ** 2) / 3) + (0.05 if n == 9 else 0.0) for n in range(classes)]
    return tuple(round(pairs * part / sum(shares)) for part in shares)


def sample_phases() -> tuple[PhaseSpan, ...]:
    return (
        PhaseSpan("broadcast", "set-up", 0.0, 2.0),
        PhaseSpan("broadcast", "main", 2.0, 16.0),
        PhaseSpan("broadcast", "settle", 16.0, 17.4),
        PhaseSpan("stale rows", "main", 17.4, 33.2),
        PhaseSpan("stale rows", "heal", 33.2, 34.0),
        PhaseSpan("churn", "main", 34.0, 40.0),
        PhaseSpan("churn", "final", 40.0, 41.6),
    )


def _clause(name: str, sentence: str, outcome: Outcome = Outcome.PASS) -> ClauseResult:
    table = name.startswith(("STALE", "DISC"))
    return ClauseResult(
        id=name,
        level="MUST",
        feature="table" if table else "",
        sentence=sentence,
        outcome=outcome,
        evidence={"rows": 9} if table else {"messages": 618, "owed": 12_342},
        core=name == "BCAST-01",
    )


def write_results(results: Results, folder: Path) -> None:
    """The run folder of a run that has ended, as far as others read it."""
    (folder / RESULTS).write_text(results.to_json(), encoding="utf-8")


def on_two_hosts(run: Results) -> Results:
    """The same measured by clocks that leave 3.1 ms open."""
    return replace(run, latency_ms=replace(run.latency_ms, clock_error_ms=3.1))
