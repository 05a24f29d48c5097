"""What is wrong with the deliveries of one record, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checkers.case import Case
from conformance.checkers.evidence import of_pairs
from conformance.harness.oracle import Judgement, Pairs
from reports.terminal import finding_text


def problem_of(case: Case, group: str) -> str:
    """All that went wrong with the messages of the group; empty when nothing did.

    Each kind is counted and its first findings are told. Where the machine was too busy to say that
    something took too long, the text says so.
    """
    judgement = case.pairs(group)
    told = []
    for pairs, kind, title, observed in _kinds(case, judgement):
        if len(pairs):
            findings = of_pairs(case, pairs, judgement.messages, title, observed)
            told.append("\n\n".join([f"{len(pairs)} {kind}", *map(finding_text, findings)]))
    timely = len(judgement.lost) == len(judgement.late) == 0
    if told and not timely and case.too_busy(case.bounds.deliver_s):
        told.insert(0, "inconclusive: this machine was too busy to tell a bound that was missed from one")
    return "\n\n".join(told)


def _kinds(case: Case, judgement: Judgement) -> Iterator[tuple[Pairs, str, str, str]]:
    owed = f"of {judgement.counts.owed} owed deliveries"
    yield judgement.lost, f"{owed} lost", "{connection} did not hear {message}", "it has not come"
    yield judgement.late, f"{owed} late", "{connection} heard {message} late", "it came after the bound"
    yield (
        judgement.corrupted,
        "deliveries damaged",
        "{connection} heard {message} damaged",
        "other bytes came than were sent",
    )
    yield judgement.leaked, "deliveries leaked", "{connection} heard {message}", "it was not to hear it"
    if case.contract.delivery == "at-most-once":
        yield judgement.duplicated, "deliveries doubled", "{connection} heard {message} again", "copies came"
