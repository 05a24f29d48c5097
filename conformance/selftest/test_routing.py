"""Whom mischief harms, where an application has more to say than its broadcasts, and what proves it."""

from __future__ import annotations

import pytest

from conformance.checkers.routing import gateway_error
from conformance.harness.contract import Bounds, Contract
from reports.results import Outcome

from .story_mutations import MUTATIONS, take_out
from .valid_run import FORBIDDEN, MISCHIEF, valid_run
from .verdicts import GATEWAY_ERROR, changed, judged, time_of, without

_BYSTANDER = "unknown-action-other"
_CALM = time_of("s0 connects") + 6
_MISCHIEF = time_of("unknown-action-villain sends unknown-action")
_FIRST = min(time_of(f" sends {kind} mischief/") for kind in MISCHIEF)
_LAST = max(time_of(f" sends {kind} mischief/") for kind in MISCHIEF)
_SAME = time_of(" sends routing-unknown-action-same")


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


@pytest.mark.parametrize(
    ("usual", "text"),
    [
        ('{"type": "ack"}', '{"type": "error"}'),
        ('{"type": "ack"}', "KeyError"),
        ('{"type": "ack"}', '{"type": "ack", "error": "no action"}'),
        ('{"type": "Ack"}', '{"type": "Error"}'),
        ('{"type": "acknowledgements"}', '{"type": "misunderstanding"}'),
    ],
)
def test_what_nobody_hears_without_mischief_is_harm(usual: str, text: str) -> None:
    assert hears((_CALM, "s0", usual), (_MISCHIEF + 1, _BYSTANDER, text)) is Outcome.FAIL


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


def test_what_is_heard_from_the_first_mischief_on_is_not_usual() -> None:
    error = '{"type": "error"}'
    assert hears((_FIRST, "f1", error), (_MISCHIEF + 1, _BYSTANDER, error)) is Outcome.FAIL


@pytest.mark.parametrize(("after_ms", "outcome"), [(2000, Outcome.FAIL), (2001, Outcome.PASS)])
def test_who_comes_a_bound_after_the_last_mischief_hears_what_is_usual(
    after_ms: int, outcome: Outcome
) -> None:
    welcome = [f"{_LAST + after_ms} x connects newcomer", f"{_LAST + after_ms + 9} x frame welcome"]
    lines = [*valid_run(), *welcome, f"{_MISCHIEF + 1} {_BYSTANDER} frame welcome"]
    assert judged("ROUTE-03", lines, bounds=Bounds(2.0, 2.0, 3.0, 0.0)).outcome is outcome


def test_a_damaged_copy_is_not_what_is_usually_heard() -> None:
    lines = changed(r"(n2 hears broadcast-plain-\d+)$", r"\1 damaged")
    assert judged("ROUTE-03", [*lines, f"{_MISCHIEF + 1} {_BYSTANDER} frame ???"]).outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("at_ms", "outcome"),
    [(_SAME + 5, Outcome.FAIL), (time_of(" sends routing-no-action-before") + 5, Outcome.PASS)],
)
def test_a_trial_ends_when_the_next_one_begins_to_speak(at_ms: int, outcome: Outcome) -> None:
    assert hears((at_ms, _BYSTANDER, "KeyError")) is outcome


@pytest.mark.parametrize(("after_ms", "outcome"), [(1900, Outcome.FAIL), (2100, Outcome.PASS)])
def test_the_last_trial_ends_a_bound_after_its_last_message(after_ms: int, outcome: Outcome) -> None:
    until = time_of("no-action-villain connects")
    lines = [line for line in valid_run() if int(line.split()[0]) < until]
    lines += [f"{_SAME + after_ms} {_BYSTANDER} frame KeyError", "99999 lag 3"]
    assert judged("ROUTE-03", lines, bounds=Bounds(2.0, 2.0, 3.0, 0.0)).outcome is outcome


@pytest.mark.parametrize("clause", ["ROUTE-02", "ROUTE-03", "ROUTE-09"])
@pytest.mark.parametrize(
    ("missing", "reason"),
    [
        (" mischief/unknown-action", "no such message was sent"),
        ("routing.unknown-action.before", "the trial did not come to its end"),
        ("routing.unknown-action.other", "the trial did not come to its end"),
        ("routing.unknown-action.same", "the trial did not come to its end"),
        ("other hears routing-unknown-action-before", "broadcasts were lost before the mischief already"),
    ],
)
def test_a_trial_that_was_not_whole_proves_nothing(clause: str, missing: str, reason: str) -> None:
    found = judged(clause, without(missing))
    assert (found.outcome, found.reason) == (Outcome.UNKNOWN, reason)


def test_a_loss_of_somebody_who_takes_no_part_is_not_on_the_trial_s_account() -> None:
    lines = [f"{_FIRST - 1500} x connects newcomer", *valid_run()]
    assert judged("ROUTE-02", lines).outcome is Outcome.PASS
    assert judged("ROUTE-03", lines).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("unheard", "what"),
    [
        ("villain hears routing-unknown-action-other", "no longer hears"),
        ("third hears routing-unknown-action-same", "is no longer heard"),
        ("hears routing-unknown-action-same", "is no longer heard"),
    ],
    ids=["deaf", "mute", "silent"],
)
def test_whose_message_harmed_itself_is_told_how(unheard: str, what: str) -> None:
    found = judged("ROUTE-02", without(unheard))
    assert found.reason == f"afterwards its sender {what}"
    assert found.findings[0].observed == "broadcasts lost: 1"


def test_a_sender_whose_message_may_not_have_been_taken_and_reached_nobody_is_not_heard() -> None:
    lines = changed("villain sends (routing-unknown-action-same)", r"villain tries \1")
    unheard = [line for line in lines if "hears routing-unknown-action-same" not in line]
    assert judged("ROUTE-02", unheard).outcome is Outcome.FAIL
    assert judged("ROUTE-02", lines).outcome is Outcome.PASS


def test_who_lost_a_message_of_another_bystander_does_not_make_the_sender_deaf() -> None:
    lines = without("third hears routing-unknown-action-other")
    assert judged("ROUTE-02", lines).outcome is Outcome.PASS
    assert judged("ROUTE-03", lines).outcome is Outcome.FAIL


def test_a_sender_whom_only_itself_can_hear_is_heard() -> None:
    gone = [f"{_SAME - 1} unknown-action-{who} closes" for who in ("other", "third")]
    lines = [*gone, *without("(other|third) (hears routing-unknown-action-same|closes)")]
    lines.sort(key=lambda line: int(line.split()[0]))
    assert judged("ROUTE-02", lines).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("clause", "pattern", "copy", "outcome"),
    [
        ("ROUTE-03", "unknown-action-third hears routing-unknown-action-other", "damaged", Outcome.PASS),
        (
            "ROUTE-05",
            "no-action-villain frame",
            f"\n{_FIRST} no-action-third frame {GATEWAY_ERROR}",
            Outcome.PASS,
        ),
    ],
    ids=["a damaged copy of a broadcast", "an error of the gateway"],
)
def test_what_is_the_account_of_others_is_no_harm_of_mischief(
    clause: str, pattern: str, copy: str, outcome: Outcome
) -> None:
    assert judged(clause, changed(rf"^(.* {pattern}.*)$", rf"\1 {copy}")).outcome is outcome


def test_one_of_several_bad_messages_that_is_broadcast_is_harm() -> None:
    again = f"{time_of('not-json-villain sends not-json') + 2} not-json-villain sends again mischief/not-json"
    assert judged("ROUTE-07", [*MUTATIONS["ROUTE-07"](valid_run()), again]).outcome is Outcome.FAIL


@pytest.mark.parametrize(("answered", "right"), [(True, "error-frame"), (False, "ignored")])
def test_an_unknown_action_is_answered_as_the_contract_says(answered: bool, right: str) -> None:
    lines = valid_run() if answered else take_out("unknown-action-villain frame")(valid_run())
    for says in ("error-frame", "ignored"):
        outcome = Outcome.PASS if says == right else Outcome.NON_STRICT
        assert judged("ROUTE-09", lines, Contract(unknown_action=says)).outcome is outcome


@pytest.mark.parametrize(("text", "an_answer"), [("3 online", False), ("what is 3?", True)])
def test_what_a_client_hears_anyway_answers_no_unknown_action(text: str, an_answer: bool) -> None:
    silent = take_out("unknown-action-villain frame")(valid_run())
    lines = [
        *silent,
        f"{_FIRST - 1} f1 frame 2 online",
        f"{_MISCHIEF + 9} unknown-action-villain frame {text}",
    ]
    expects_frame, expects_none = Contract(unknown_action="error-frame"), Contract(unknown_action="ignored")
    for contract, right in ((expects_frame, an_answer), (expects_none, not an_answer)):
        outcome = Outcome.PASS if right else Outcome.NON_STRICT
        assert judged("ROUTE-09", lines, contract).outcome is outcome


def test_what_the_gateway_answers_is_never_usual() -> None:
    lines = [*valid_run(), f"{_FIRST - 1} f1 frame {FORBIDDEN}"]
    assert judged("ROUTE-09", lines).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("asks", "after_ms", "outcome"),
    [("x", 1000, Outcome.FAIL), ("x", 1001, Outcome.PASS), ("x", -1, Outcome.PASS), ("f1", 9, Outcome.PASS)],
)
def test_what_answers_a_clients_own_bad_message_is_not_usual(
    asks: str, after_ms: int, outcome: Outcome
) -> None:
    asked = _LAST + 9000
    lines = [f"{asked - 500} x connects newcomer", f"{asked} {asks} sends who mischief/identify"]
    lines += [
        f"{asked + after_ms} x frame unknown action",
        f"{_MISCHIEF + 1} {_BYSTANDER} frame unknown action",
    ]
    assert judged("ROUTE-03", [*valid_run(), *lines]).outcome is outcome


def test_a_probe_must_have_been_sent_and_what_else_is_heard_does_not_forbid_it() -> None:
    assert judged("ROUTE-01", without("wiring")).outcome is Outcome.UNKNOWN
    welcomed = [*valid_run(), f"{time_of('sends wiring') + 3} f1 frame welcome"]
    assert judged("ROUTE-01", welcomed).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("text", "an_error"),
    [
        (GATEWAY_ERROR, True),
        (GATEWAY_ERROR.replace("Internal server error", "Endpoint request timed out"), True),
        (FORBIDDEN, False),
        (GATEWAY_ERROR.replace("connectionId", "id"), False),
        (GATEWAY_ERROR.replace("requestId", "id"), False),
    ],
)
def test_the_gateway_s_error_names_connection_and_request(text: str, an_error: bool) -> None:
    assert gateway_error(text) is an_error
