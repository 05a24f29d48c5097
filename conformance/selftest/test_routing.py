"""Whom mischief harms, where an application has more to say than its broadcasts."""

from __future__ import annotations

import pytest

from reports.results import Outcome

from .valid_run import MISCHIEF, valid_run
from .verdicts import judged, time_of

_BYSTANDER = "unknown-action-other"
_CALM = time_of("s0 connects") + 6
_MISCHIEF = time_of("unknown-action-villain sends unknown-action")
_FIRST = min(time_of(f" sends {kind} mischief/") for kind in MISCHIEF)


def hears(*frames: tuple[int, str, str]) -> Outcome:
    """The verdict of ROUTE-03 when clients also get these frames, each at a time in milliseconds."""
    return judged(
        "ROUTE-03", [*valid_run(), *(f"{at} {name} frame {text}" for at, name, text in frames)]
    ).outcome


@pytest.mark.parametrize(
    ("usual", "again"),
    [
        ('{"type": "ack"}', '{"type": "ack"}'),
        ('{"type": "ack", "id": "7f3a-1"}', '{"type": "ack", "id": "9b-22"}'),
        ('{"event": "joined", "who": "HRmLpsKPIAMCp3A="}', '{"event": "joined", "who": "HRmLpsKPIAMC_-b="}'),
        ('{"online": 2, "at": 1795405219.384}', '{"online": 13, "at": 1795405220.001}'),
        ("u1 joined", "u22 joined"),
    ],
)
def test_what_clients_hear_without_mischief_is_no_harm(usual: str, again: str) -> None:
    assert hears((_CALM, "s0", usual), (_MISCHIEF + 1, _BYSTANDER, again)) is Outcome.PASS
    assert hears((_FIRST - 1, "f1", usual), (_MISCHIEF + 1, _BYSTANDER, again)) is Outcome.PASS


@pytest.mark.parametrize("text", ['{"type": "error"}', "KeyError", '{"type": "ack", "error": "no action"}'])
def test_what_nobody_hears_without_mischief_is_harm(text: str) -> None:
    assert hears((_CALM, "s0", '{"type": "ack"}'), (_MISCHIEF + 1, _BYSTANDER, text)) is Outcome.FAIL


@pytest.mark.parametrize(
    ("client", "pattern"),
    [
        ("unknown-action-villain", "unknown-action-villain sends unknown-action"),
        ("no-action-other", "no-action-villain sends no-action"),
        ("v0", "v0 connects"),
        ("f1", "no-action-villain sends no-action"),
    ],
    ids=["of this one", "of another kind", "of a fault", "who listens all the time"],
)
def test_what_others_hear_of_mischief_and_faults_does_not_make_it_usual(client: str, pattern: str) -> None:
    error = '{"type": "error"}'
    elsewhere = (time_of(pattern) + 6, client, error)
    assert hears(elsewhere, (_MISCHIEF + 1, _BYSTANDER, error)) is Outcome.FAIL
