"""What the verdict of a run means, in the words and the order that every report uses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from .figures import count, lost_in_words, milliseconds
from .gates import GateRow
from .results import EXIT_OF, ClauseResult, Exit, Finding, Outcome, Results, Verdict

SEVERITY: Mapping[Outcome, int] = {
    Outcome.FAIL: 0,
    Outcome.ERROR: 1,
    Outcome.UNKNOWN: 2,
    Outcome.KNOWN: 3,
    Outcome.WAIVED: 4,
    Outcome.NON_STRICT: 5,
    Outcome.SKIP: 6,
    Outcome.INFO: 7,
    Outcome.PASS: 8,
}
"""Lower is worse; the order in which outcomes are listed."""

OUTCOME_WORDS: Mapping[Outcome, str] = {
    Outcome.PASS: "pass",
    Outcome.NON_STRICT: "non-strict",
    Outcome.FAIL: "fail",
    Outcome.WAIVED: "waived",
    Outcome.KNOWN: "known",
    Outcome.INFO: "info",
    Outcome.SKIP: "skip",
    Outcome.UNKNOWN: "unknown",
    Outcome.ERROR: "error",
}

OUTCOME_SIGNS: Mapping[Outcome, str] = {
    Outcome.PASS: "✓",
    Outcome.NON_STRICT: "!",
    Outcome.FAIL: "✗",
    Outcome.WAIVED: "≈",
    Outcome.KNOWN: "=",
    Outcome.INFO: "i",
    Outcome.SKIP: "–",
    Outcome.UNKNOWN: "?",
    Outcome.ERROR: "⚠",
}
"""No outcome is told by colour alone."""

Look = Literal["pass", "fail", "error", "unknown"]


@dataclass(frozen=True)
class Standing:
    """How a run stands, with its gates: what every report says first."""

    headline: str
    sentence: str
    """Why, without a full stop."""
    look: Look
    exit: Exit


_HEADLINES: Mapping[Verdict, tuple[str, Look]] = {
    "pass": ("Conformant", "pass"),
    "fail": ("Violation", "fail"),
    "error": ("Harness error", "error"),
    "inconclusive": ("Inconclusive", "unknown"),
    "partial": ("Partial", "unknown"),
}

LOOK_SIGNS: Mapping[Look, str] = {"pass": "✓", "fail": "✗", "error": "⚠", "unknown": "?"}

_WORST_FIRST = (Exit.USAGE, Exit.VIOLATION, Exit.HARNESS_ERROR, Exit.INCONCLUSIVE, Exit.OK)


def standing(results: Results, gates: Sequence[GateRow] = ()) -> Standing:
    """The verdict of a run and its gates in words; a conformant run that misses a gate does not pass."""
    headline, look = _HEADLINES[results.verdict]
    if results.cut_short and results.verdict == "inconclusive":
        headline = "Cut short"
    if results.verdict == "pass":
        headline = _but_for(results) or headline
    red = [gate for gate in gates if not gate.met]
    missed = any(gate.outcome == "missed" for gate in red)
    if red and results.verdict == "pass":
        headline, look = ("Gate missed", "fail") if missed else ("Gate undecided", "unknown")
    of_gates = f"{len(red)} of {len(gates)} gates {'missed' if missed else 'undecided'}" if red else ""
    reason = _reason(results)
    parts = (of_gates, reason) if results.verdict == "pass" else (reason, of_gates)
    code = worst_exit([EXIT_OF[results.verdict], *(gate.exit for gate in gates)])
    return Standing(headline, "; ".join(part for part in parts if part), look, code)


def _reason(results: Results) -> str:
    """Why, said first of figures that describe the machine that measured: a reader must not use them."""
    if results.verdict == "inconclusive" and results.generator.saturated:
        return f"the figures of this run prove nothing: {results.reason}"
    return results.reason


def title_of(clause: ClauseResult, finding: Finding) -> str:
    """What a finding of `clause` is called; what was seen and not proven is only suspected.

    What another violation explains was proven, and is that one's.
    """
    suspected = clause.outcome is Outcome.UNKNOWN and not clause.explained_by
    return f"suspected: {finding.title}" if suspected else finding.title


def _but_for(results: Results) -> str:
    """The headline of a run that passes only because its violations were accepted beforehand."""
    outcomes = {clause.outcome for clause in results.clauses}
    if Outcome.KNOWN in outcomes:
        return "No new violation"
    return "Conformant but for waivers" if Outcome.WAIVED in outcomes else ""


def standing_together(found: Sequence[Standing], gates: Sequence[GateRow]) -> Standing:
    """How several runs stand, with the gates that concern all of them."""
    bad = sum(each.exit is not Exit.OK for each in found)
    runs = f"{bad} of {len(found)} runs did not pass" if bad else f"all {len(found)} runs passed"
    code = worst_exit([*(each.exit for each in found), *(gate.exit for gate in gates)])
    red = [gate for gate in gates if not gate.met]
    if not red:
        worst = next(each for each in found if each.exit is code)
        return replace(worst, sentence=runs)
    missed = any(gate.outcome == "missed" for gate in red)
    of_gates = f"{len(red)} of {len(gates)} gates across all runs {'missed' if missed else 'undecided'}"
    worst_run = next((each for each in found if each.exit is code and bad), None)
    if worst_run is not None:
        return replace(worst_run, sentence=f"{runs}; {of_gates}")
    if missed:
        # Of the gates that concern all runs, only those against a baseline can be missed.
        return Standing("Regressed", f"{of_gates}; {runs}", "fail", code)
    return Standing("Gate undecided", f"{of_gates}; {runs}", "unknown", code)


def exit_of(results: Results, gates: Sequence[GateRow] = ()) -> Exit:
    """The exit code of one run with its gates."""
    return standing(results, gates).exit


def worst_exit(exits: Iterable[Exit]) -> Exit:
    """The exit code of a command that came to several: a proven violation outweighs missing evidence."""
    found = set(exits)
    return next((code for code in _WORST_FIRST if code in found), Exit.OK)


def by_severity(clauses: Iterable[ClauseResult]) -> list[ClauseResult]:
    """Failing first, then by id."""
    return sorted(clauses, key=lambda clause: (SEVERITY[clause.outcome], clause.id))


def by_family(clauses: Iterable[ClauseResult]) -> list[tuple[str, list[ClauseResult]]]:
    """Clauses by the part of their id before the number, `BCAST` of `BCAST-01`; the worst family first."""
    families: dict[str, list[ClauseResult]] = {}
    for clause in by_severity(clauses):
        families.setdefault(clause.id.rpartition("-")[0] or clause.id, []).append(clause)
    return sorted(families.items(), key=lambda family: (SEVERITY[family[1][0].outcome], family[0]))


def tally(clauses: Sequence[ClauseResult]) -> str:
    """`2 fail, 1 unknown, 28 pass`."""
    counts = {outcome: sum(c.outcome is outcome for c in clauses) for outcome in SEVERITY}
    return ", ".join(f"{count(n)} {OUTCOME_WORDS[o]}" for o, n in counts.items() if n) or "none judged"


def unjudged(results: Results) -> bool:
    """Whether the run was cut short before anything of it was judged."""
    return results.cut_short and not results.clauses


def lost(results: Results) -> str:
    """What was lost, as a clause of a sentence; nobody judged what a run that was cut short owed."""
    return "not judged" if unjudged(results) else lost_in_words(results.delivery)


def trusted(results: Results) -> str:
    """The same as `trust` in a word."""
    health = results.generator
    if health.saturated:
        return "No"
    if health.samples == 0:
        return "Unknown"
    return "In part" if health.crowded_share or unjudged(results) else "Yes"


def trust(results: Results) -> str:
    """Whether the figures describe the target or the machine that measured, in one sentence."""
    health = results.generator
    if health.saturated:
        return f"The load generator did not keep up: {health.reason}."
    if health.samples == 0:
        return "The load generator's health was not recorded."
    cpu = "" if health.cpu_median is None else f", CPU {100 * health.cpu_median:.0f} % of a core"
    waited = health.worst_receive_lag_ms
    unread = "" if waited is None else f", messages read within {milliseconds(waited)}"
    lag = milliseconds(health.worst_lag_ms)
    until = " until the run was cut short" if unjudged(results) else ""
    kept_up = f"The load generator kept up{until}: worst schedule lag {lag}{unread}{cpu}"
    if not health.crowded_share:
        return f"{kept_up}."
    share = f"{max(1.0, 100 * health.crowded_share):.0f} %"
    return f"{kept_up}; but for {share} of the run this machine was too busy to tell its delays from others'."


def target_name(target: Mapping[str, Any]) -> str:
    """What was judged, in a few words; `target` is that of the results."""
    for key in ("name", "url", "template"):
        value = target.get(key)
        if isinstance(value, str) and value:
            return value
    return "unnamed target"
