from __future__ import annotations

from dataclasses import replace

import pytest

from reports.gates import GateRow
from reports.results import EXIT_OF, Delivery, Exit, Finding, Generator, Outcome
from reports.tests.sample_runs import failing_run, passing_run
from reports.verdict import (
    OUTCOME_SIGNS,
    OUTCOME_WORDS,
    SEVERITY,
    by_family,
    by_severity,
    exit_of,
    lost,
    standing,
    standing_together,
    tally,
    target_name,
    title_of,
    trust,
    trusted,
    worst_exit,
)

MET = GateRow("delivery.lost ≤ 0", 0, 0, 0, "met")
MISSED = GateRow("delivery.lost ≤ 0", 1, 0, -1, "missed")
UNDECIDED = GateRow("delivery.lost ≤ 0", None, 0, None, "undecided", "no figure")


def test_every_outcome_has_a_word_a_sign_and_a_place() -> None:
    assert set(OUTCOME_WORDS) == set(OUTCOME_SIGNS) == set(SEVERITY) == set(Outcome)
    assert len(set(OUTCOME_SIGNS.values())) == len(Outcome)


def test_a_conformant_run_stands() -> None:
    found = standing(passing_run(), [MET])
    assert (found.headline, found.look, found.exit) == ("Conformant", "pass", Exit.OK)


def test_a_conformant_run_that_misses_a_gate_does_not_pass() -> None:
    found = standing(passing_run(), [MET, MISSED])
    assert (found.headline, found.look, found.exit) == ("Gate missed", "fail", Exit.VIOLATION)
    assert found.sentence == "1 of 2 gates missed; 12 clauses held"


def test_an_undecided_gate_is_no_pass() -> None:
    found = standing(passing_run(), [UNDECIDED])
    assert (found.headline, found.look, found.exit) == ("Gate undecided", "unknown", Exit.INCONCLUSIVE)


def test_a_violation_stays_the_headline() -> None:
    found = standing(failing_run(), [MISSED])
    assert found.headline == "Violation"
    assert found.sentence == "2 clauses violated: BCAST-01, STALE-02; 1 of 1 gates missed"


def test_a_run_that_was_cut_short_is_not_said_to_owe_nothing() -> None:
    run = replace(passing_run(), verdict="inconclusive", cut_short=True, clauses=(), delivery=Delivery(7))
    assert (lost(run), lost(replace(run, cut_short=False))) == ("not judged", "nothing was owed")


def test_a_run_that_was_cut_short_is_trusted_only_until_then() -> None:
    run = replace(passing_run(), verdict="inconclusive", cut_short=True, clauses=())
    assert (trusted(run), trusted(passing_run())) == ("In part", "Yes")
    assert trust(run).startswith("The load generator kept up until the run was cut short: ")


def test_a_run_cut_short_says_so() -> None:
    run = replace(passing_run(), verdict="inconclusive", cut_short=True)
    assert standing(run).headline == "Cut short"


def test_where_the_generator_fell_behind_the_first_words_are_that_the_figures_prove_nothing() -> None:
    late = Generator(5, 300.0, 0.5, 0.6, saturated=True, reason="300 ms late")
    run = replace(passing_run(), verdict="inconclusive", reason="300 ms late", generator=late)
    assert standing(run).sentence == "the figures of this run prove nothing: 300 ms late"
    assert standing(replace(run, generator=Generator(5, 3.0, 0.5))).sentence == "300 ms late"


def test_a_finding_of_a_clause_that_is_unknown_is_only_suspected() -> None:
    broken = failing_run().clauses[0]
    finding = Finding("c1 is deaf", "it hears", "it heard none")
    assert title_of(replace(broken, outcome=Outcome.UNKNOWN), finding) == "suspected: c1 is deaf"
    assert title_of(replace(broken, outcome=Outcome.FAIL), finding) == "c1 is deaf"
    explained = replace(broken, outcome=Outcome.UNKNOWN, explained_by=("BCAST-01",))
    assert title_of(explained, finding) == "c1 is deaf"


@pytest.mark.parametrize(
    ("outcome", "headline"),
    [(Outcome.KNOWN, "No new violation"), (Outcome.WAIVED, "Conformant but for waivers")],
)
def test_a_run_that_passes_by_what_was_accepted_does_not_look_conformant(
    outcome: Outcome, headline: str
) -> None:
    first, *others = passing_run().clauses
    found = standing(replace(passing_run(), clauses=(replace(first, outcome=outcome), *others)))
    assert (found.headline, found.exit) == (headline, Exit.OK)


def test_every_verdict_stands_for_its_exit_code() -> None:
    for verdict, code in EXIT_OF.items():
        assert exit_of(replace(passing_run(), verdict=verdict)) is code


@pytest.mark.parametrize(
    ("codes", "worst"),
    [
        ([], Exit.OK),
        ([Exit.OK, Exit.INCONCLUSIVE], Exit.INCONCLUSIVE),
        ([Exit.INCONCLUSIVE, Exit.HARNESS_ERROR], Exit.HARNESS_ERROR),
        ([Exit.HARNESS_ERROR, Exit.VIOLATION], Exit.VIOLATION),
        ([Exit.VIOLATION, Exit.USAGE], Exit.USAGE),
    ],
)
def test_a_proven_violation_outweighs_missing_evidence(codes: list[Exit], worst: Exit) -> None:
    assert worst_exit(codes) is worst


def test_the_worst_clause_comes_first() -> None:
    assert [c.id for c in by_severity(failing_run().clauses)][:3] == ["BCAST-01", "STALE-02", "DISC-02"]


def test_the_worst_family_comes_first() -> None:
    names = [name for name, _ in by_family(failing_run().clauses)]
    assert names == ["BCAST", "STALE", "DISC", "ROUTE", "CONN", "CHURN"]


def test_a_tally_counts_the_worst_first() -> None:
    assert tally(failing_run().clauses) == "2 fail, 1 unknown, 1 non-strict, 1 skip, 7 pass"
    assert tally(()) == "none judged"


@pytest.mark.parametrize(
    ("health", "says"),
    [
        (Generator(), "was not recorded"),
        (Generator(5, 3.0, 0.5, 0.6), "kept up: worst schedule lag 3 ms, CPU 50 % of a core"),
        (Generator(5, 300.0, 0.5, 0.6, saturated=True, reason="300 ms late"), "did not keep up: 300 ms late"),
        (Generator(50, 3.0, 0.5, crowded_share=0.43), "but for 43 % of the run this machine was too busy"),
        (Generator(999, 3.0, 0.5, crowded_share=0.001), "but for 1 % of the run"),
    ],
)
def test_trust_follows_from_the_generator(health: Generator, says: str) -> None:
    assert says in trust(replace(passing_run(), generator=health))


def test_a_target_goes_by_its_name_or_its_url() -> None:
    assert target_name(passing_run().target) == "local"
    assert target_name({"url": "ws://h"}) == "ws://h"
    assert target_name({"name": 3}) == "unnamed target"


PASSED, FAILED = standing(passing_run()), standing(failing_run())


def test_several_runs_stand_as_the_worst_of_them() -> None:
    found = standing_together([PASSED, FAILED], (MET,))
    assert (found.headline, found.sentence) == ("Violation", "1 of 2 runs did not pass")


@pytest.mark.parametrize(
    ("gates", "headline", "code"),
    [
        ((MET, MISSED), "Regressed", Exit.VIOLATION),
        ((MET, UNDECIDED), "Gate undecided", Exit.INCONCLUSIVE),
    ],
)
def test_a_gate_against_a_baseline_spoils_runs_that_passed(
    gates: tuple[GateRow, ...], headline: str, code: Exit
) -> None:
    found = standing_together([PASSED, PASSED], gates)
    assert (found.headline, found.exit) == (headline, code)
    assert found.sentence.endswith("; all 2 runs passed")


def test_a_violation_outweighs_a_gate_and_both_are_told() -> None:
    found = standing_together([PASSED, FAILED], (MISSED,))
    assert (found.headline, found.exit) == ("Violation", Exit.VIOLATION)
    assert found.sentence == "1 of 2 runs did not pass; 1 of 1 gates across all runs missed"
