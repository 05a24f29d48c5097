"""Rules as JSON: whatever is wrong is named."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from reference_app.gateway.control.fault_book import FaultBook
from reference_app.gateway.control.fault_rules import Address, ConnectionsAnswer, FaultRule, RuleError
from reference_app.gateway.control.rule_json import FAULTS, rule_from_json, rule_to_json

DOCUMENT = {
    "fault": {"kind": "connections-answer", "status": 429, "carried_out": True},
    "where": {"connection": "a=", "function": "*"},
    "probability": 0.5,
    "seed": 3,
    "per": "attempt",
    "skip": 1,
    "count": 2,
    "after_s": 1,
    "for_s": 2.5,
}
RULE = FaultRule(
    ConnectionsAnswer(429, carried_out=True),
    Address(connection="a=", function="*"),
    probability=0.5,
    seed=3,
    per="attempt",
    skip=1,
    count=2,
    after_s=1.0,
    for_s=2.5,
)


def test_every_member_is_read() -> None:
    assert rule_from_json(DOCUMENT) == RULE


def test_a_rule_in_force_reads_as_it_was_given() -> None:
    book = FaultBook()
    rule_id = book.add(RULE, 0.0)
    (state,) = book.states()
    assert rule_to_json(state) == {"id": rule_id, "seen": 0, "injected": 0, **DOCUMENT}


def test_a_fault_alone_is_a_rule() -> None:
    document = {"fault": {"kind": "connections-answer", "status": 410}}
    assert rule_from_json(document) == FaultRule(ConnectionsAnswer(410))


def test_every_kind_has_a_name_of_its_own() -> None:
    assert len(FAULTS) == 12


@pytest.mark.parametrize("kind", FAULTS)
def test_every_fault_is_documented_with_its_parameters(kind: str) -> None:
    text = (Path(__file__).parents[2] / "docs" / "control-endpoint.md").read_text(encoding="utf-8")
    (row,) = (line for line in text.splitlines() if line.startswith(f"| `{kind}` |"))
    assert all(f"`{parameter.name}`" in row for parameter in fields(FAULTS[kind]))


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ([], "the rule: must be a JSON object"),
        ({}, "fault: must be a JSON object"),
        ({"fault": {"kind": "gremlins"}}, "fault.kind: must be one of cold-start, connect-held"),
        ({"fault": {"kind": "connections-answer"}}, "fault.status: is missing"),
        ({"fault": {"kind": "connections-answer", "status": 418}}, "fault.status: must be one of 403, 410"),
        ({"fault": {"kind": "connections-answer", "status": True}}, "fault.status: must be one of"),
        ({"fault": {"kind": "table-pages", "limit": 1.5}}, "fault.limit: must be an integer"),
        ({"fault": {"kind": "table-pages", "limit": 0}}, "fault: limit must be 1 or more"),
        ({"fault": {"kind": "cold-start", "x": 1}}, "fault.x: there is no such member; there are none"),
        ({"fault": {"kind": "cold-start"}, "where": 1}, "where: must be a JSON object"),
        ({"fault": {"kind": "cold-start"}, "where": {"route": 1}}, "where.route: must be a string"),
        ({"fault": {"kind": "cold-start"}, "probability": 2}, "the rule: probability must be from 0 to 1"),
        ({"fault": {"kind": "cold-start"}, "count": True}, "count: must be an integer"),
        ({"fault": {"kind": "cold-start"}, "per": "day"}, "per: must be one of call, attempt"),
        ({"fault": {"kind": "table-lag", "seconds": float("nan")}}, "fault.seconds: must be finite"),
        ({"fault": {"kind": "cold-start"}, "often": 1}, "often: there is no such member"),
    ],
)
def test_what_is_wrong_is_named_by_its_path(document: object, sentence: str) -> None:
    with pytest.raises(RuleError) as caught:
        rule_from_json(document)
    assert str(caught.value).startswith(sentence)
