"""What a run found, as written to `results.json` and read by everybody else.

The judge fills it; the writers of pages, Markdown and JUnit only read it. Field names are the file's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import IntEnum, StrEnum
from itertools import pairwise
from typing import Any, Literal, Self

import numpy as np

from .billing import Cost, Traffic
from .decoding import decode
from .proportion import Proportion

FORMAT = 1


class Outcome(StrEnum):
    """Outcome of a clause."""

    PASS = "pass"
    NON_STRICT = "non-strict"
    """A SHOULD was missed."""
    FAIL = "fail"
    WAIVED = "waived"
    """A violation that the user has waived, with reason, owner and expiry."""
    KNOWN = "known"
    """A violation that the baseline has too."""
    INFO = "info"
    SKIP = "skip"
    """Not judged, for the reason given."""
    UNKNOWN = "unknown"
    """Less evidence than the clause demands; never a pass."""
    ERROR = "error"
    """The harness's own fault; never a pass."""


class Exit(IntEnum):
    """Exit codes of every command; 2 and 5 stay pytest's own."""

    OK = 0
    VIOLATION = 1
    HARNESS_ERROR = 3
    USAGE = 4
    INCONCLUSIVE = 6


Verdict = Literal["pass", "fail", "error", "inconclusive", "partial"]

EXIT_OF: Mapping[Verdict, Exit] = {
    "pass": Exit.OK,
    "fail": Exit.VIOLATION,
    "error": Exit.HARNESS_ERROR,
    "inconclusive": Exit.INCONCLUSIVE,
    "partial": Exit.INCONCLUSIVE,
}


@dataclass(frozen=True)
class Step:
    """One line of a timeline."""

    at_ms: float
    """Milliseconds since the start of the run."""
    who: str
    """Lane: a connection's label, `backend`, `table`, `harness`."""
    what: str
    mark: Literal["", "bad", "expected"] = ""
    """`bad` is what must not have happened, `expected` what did not happen and should have."""
    to: str = ""
    """Lane that the step reaches, for a message from one to another."""


@dataclass(frozen=True)
class Finding:
    """A violation with the smallest slice of history that shows it."""

    title: str
    expected: str
    observed: str
    timeline: tuple[Step, ...] = ()
    connections: tuple[str, ...] = ()
    """`label, connection id, source port` of those concerned."""
    repeat: str = ""
    """The command that repeats it."""


@dataclass(frozen=True)
class ClauseResult:
    """One clause, judged."""

    id: str
    level: Literal["MUST", "SHOULD", "INFO"]
    feature: str
    sentence: str
    outcome: Outcome
    reason: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    """Counts that the outcome rests on, by name."""
    findings: tuple[Finding, ...] = ()
    core: bool = False
    """True for the clauses that any run must judge; skipping one makes the run partial."""
    repeats: Proportion | None = None
    """How often it was violated when the run's plan was performed again; None where that was not asked."""
    explained_by: tuple[str, ...] = ()
    """Clauses whose violation explains why this one, violated on its own, was left unknown."""


@dataclass(frozen=True)
class Delivery:
    """Counts of pairs (message, connection); see `conformance/harness/oracle.py`."""

    messages: int = 0
    owed: int = 0
    delivered: int = 0
    lost: int = 0
    late: int = 0
    duplicated: int = 0
    corrupted: int = 0
    leaked: int = 0
    may: int = 0
    """Received pairs that were neither owed nor forbidden."""


@dataclass(frozen=True)
class Percentiles:
    """Milliseconds, over `count` samples; all None without samples.

    A lost sample counts as an infinite latency: a percentile that falls among the lost is None.
    """

    count: int = 0
    """Samples, the lost ones included."""
    lost: int = 0
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None
    p999: float | None = None
    max: float | None = None


@dataclass(frozen=True)
class Latency:
    """From the intended send to the receipt, over owed pairs."""

    pair: Percentiles = Percentiles()
    first: Percentiles = Percentiles()
    """To the first recipient of each message."""
    last: Percentiles = Percentiles()
    """To the last recipient of each message; lost where one recipient never got it."""
    clock_error_ms: float | None = None
    """At most so far from the truth is a latency between two hosts, whose clocks are known no better; None
    where one clock has measured all."""


@dataclass(frozen=True)
class Series:
    """The run over time, in bins of `bin_s` seconds from the start; all lists equally long."""

    bin_s: float = 1.0
    owed: tuple[int, ...] = ()
    """Pairs owed, by the time of the intended send."""
    delivered: tuple[int, ...] = ()
    """Of those, delivered."""
    p50_ms: tuple[float | None, ...] = ()
    p95_ms: tuple[float | None, ...] = ()
    p99_ms: tuple[float | None, ...] = ()
    last_p50_ms: tuple[float | None, ...] = ()
    """Latency to the last recipient."""
    connections: tuple[int, ...] = ()
    """Open at the end of the bin."""
    connects: tuple[int, ...] = ()
    leaves: tuple[int, ...] = ()
    latency_edges_ms: tuple[float, ...] = ()
    """Bounds of the latency classes, each `low <= latency < high`, evenly spaced on a log scale."""
    latency_counts: tuple[tuple[int, ...], ...] = ()
    """For each bin the delivered pairs in each class; empty in runs that did not record it."""

    def __post_init__(self) -> None:
        if self.bin_s <= 0:
            raise ValueError(f"`series.bin_s` must be above 0, not {self.bin_s}")
        classes = max(0, len(self.latency_edges_ms) - 1)
        if any(len(row) != classes for row in self.latency_counts):
            raise ValueError(f"`series.latency_counts` must hold {classes} counts a bin, one a class")
        if any(low >= high or low <= 0 for low, high in pairwise(self.latency_edges_ms)):
            raise ValueError("`series.latency_edges_ms` must rise from above 0")


@dataclass(frozen=True)
class FanOut:
    """Latency to the last recipient against the number of recipients, over the messages that nobody lost.

    Lists are equally long, one entry a class of recipient numbers, in rising order.
    """

    recipients: tuple[float, ...] = ()
    """Mean number of owed recipients in the class; a broadcast may have reached some more."""
    messages: tuple[int, ...] = ()
    last_p50_ms: tuple[float, ...] = ()
    last_p95_ms: tuple[float, ...] = ()
    base_ms: float | None = None
    """Of the line fitted through the medians, its value without recipients."""
    per_recipient_ms: float | None = None
    """What each further recipient adds; None where the run does not show it."""
    per_recipient_error_ms: float | None = None
    """Half the width of its 95 % confidence interval."""
    reason: str = ""
    """Why nothing was fitted."""


@dataclass(frozen=True)
class Stage:
    """One load that a capacity search tried."""

    users: int
    messages_per_s: float
    deliveries_per_s: float
    delivery: Delivery
    latency_ms: Latency
    held: bool
    reason: str = ""
    """What broke."""


@dataclass(frozen=True)
class Capacity:
    """What a capacity search found, and its evidence."""

    users: int
    """The largest load that held below the least that did not; 0 where none held."""
    messages_per_s: float
    """Sent at that load, and …"""
    deliveries_per_s: float
    """… received."""
    broken_at: int | None
    """The least load that did not hold; None where all did."""
    stages: tuple[Stage, ...] = ()


@dataclass(frozen=True)
class PhaseSpan:
    workload: str
    name: str
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Generator:
    """Health of the load generator; a lagging one makes the run inconclusive."""

    samples: int = 0
    worst_lag_ms: float | None = None
    cpu_median: float | None = None
    cpu_max: float | None = None
    saturated: bool = False
    reason: str = ""
    worst_receive_lag_ms: float | None = None
    """The longest that a message had come and was not read yet."""
    crowded_share: float = 0.0
    """Of the samples, the share in which so many threads waited for a processor of this machine that its
    own delays cannot be told from others'."""


@dataclass(frozen=True)
class Results:
    """One run."""

    kind: Literal["conformance", "load"]
    verdict: Verdict
    reason: str
    """Why, in one sentence."""
    target: Mapping[str, Any]
    """What was judged; secrets already redacted."""
    seed: int
    started: str
    """ISO 8601 with offset."""
    duration_s: float
    clauses: tuple[ClauseResult, ...] = ()
    delivery: Delivery = Delivery()
    latency_ms: Latency = Latency()
    series: Series = Series()
    fan_out: FanOut = FanOut()
    phases: tuple[PhaseSpan, ...] = ()
    close_codes: Mapping[str, int] = field(default_factory=dict)
    """By close code as text; `none` for connections lost without a close frame, `abort` for ours."""
    connects: Mapping[str, int] = field(default_factory=dict)
    """By outcome or HTTP status as text."""
    stale_rows: Mapping[str, int] = field(default_factory=dict)
    """`planted`, `removed`, `left`; empty without access to the table."""
    generator: Generator = Generator()
    traffic: Traffic | None = None
    """What AWS would meter; None in runs that did not count it."""
    cost: Cost | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    command: str = ""
    """The command that repeats the run; secrets redacted."""
    cut_short: bool = False
    capacity: Capacity | None = None
    """None unless the run was a search for it."""
    remarks: tuple[str, ...] = ()
    """What else the reader must know: waivers, and what moved against the baseline; one sentence each."""
    format: int = FORMAT

    @property
    def started_ms(self) -> int:
        """When it began, in milliseconds since the epoch; 0 where a damaged or foreign file has no time."""
        try:
            return epoch_ms(self.started)
        except ValueError:
            return 0

    def to_json(self) -> str:
        """The text of `results.json`."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=True, default=_plain)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read `results.json`; unknown keys, written by a newer version of the same format, are left out.

        Raises ValueError with a sentence when the text is no result of a format that this version reads.
        """
        try:
            data = json.loads(text)
        except RecursionError as error:
            raise ValueError("no churnproof result: nested too deeply") from error
        if not isinstance(data, dict) or "format" not in data or "clauses" not in data:
            raise ValueError("no churnproof result: `format` or `clauses` is missing")
        check_format("result", data["format"], FORMAT)
        try:
            return decode(cls, _with_sentences(data))
        except ValueError as error:
            raise ValueError(f"damaged churnproof result: {error}") from error


def epoch_ms(started: str) -> int:
    """Milliseconds since the epoch of an ISO 8601 time, in UTC where it names no zone. Raises ValueError."""
    at = datetime.fromisoformat(started)
    return round(1000 * (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())


def check_format(what: str, found: object, read: int) -> None:
    """Raises ValueError, telling newer from older, when `found` is not the format number `read`."""
    if found == read:
        return
    known = isinstance(found, int) and not isinstance(found, bool)
    age = "" if not known else "newer " if int(str(found)) > read else "older "
    raise ValueError(f"{age}{what} format {found!r}; this version of churnproof reads format {read}")


def verdict_of(clauses: Iterable[ClauseResult]) -> tuple[Verdict, str]:
    """The run's verdict and its reason in one sentence.

    A violation outweighs everything: it is proven. Then our own error, then missing evidence; a
    skipped core clause makes a run partial. A run without a single pass proves nothing. Violations
    that were waived or known before do not fail a run, and are named.
    """
    judged = list(clauses)

    def ids(outcome: Outcome) -> list[str]:
        return [clause.id for clause in judged if clause.outcome is outcome]

    if failed := ids(Outcome.FAIL):
        return "fail", f"{_count(failed, 'clause')} violated: {_some(failed)}"
    if errors := ids(Outcome.ERROR):
        return "error", f"the harness failed at {_count(errors, 'clause')}: {_some(errors)}"
    if unknown := ids(Outcome.UNKNOWN):
        return "inconclusive", f"too little evidence for {_count(unknown, 'clause')}: {_some(unknown)}"
    if not ids(Outcome.PASS):
        return "inconclusive", "no clause was judged"
    if skipped := [clause.id for clause in judged if clause.core and clause.outcome is Outcome.SKIP]:
        return "partial", f"{_count(skipped, 'core clause')} skipped: {_some(skipped)}"
    parts = [f"{_count(ids(Outcome.PASS), 'clause')} held"]
    if known := ids(Outcome.KNOWN):
        parts.append(f"{len(known)} violated as in the baseline: {_some(known)}")
    if waived := ids(Outcome.WAIVED):
        parts.append(f"{len(waived)} waived: {_some(waived)}")
    if missed := ids(Outcome.NON_STRICT):
        parts.append(f"{_count(missed, 'SHOULD')} missed: {_some(missed)}")
    return "pass", "; ".join(parts)


def _count(items: list[str], noun: str) -> str:
    return f"{len(items)} {noun}{'' if len(items) == 1 else 's'}"


def _some(items: list[str], most: int = 6) -> str:
    return ", ".join(items[:most]) + (f" and {len(items) - most} more" if len(items) > most else "")


def _with_sentences(data: Mapping[str, Any]) -> dict[str, Any]:
    # The least that `results.json` carries has neither sentences nor a reason.
    clauses = data["clauses"]
    if isinstance(clauses, list):
        clauses = [{"sentence": "", **c} if isinstance(c, dict) else c for c in clauses]
    return {"reason": "", **data, "clauses": clauses}


def _plain(value: object) -> object:
    """Numbers out of numpy, which counts in `evidence` easily are."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} is not JSON: {value!r}")
