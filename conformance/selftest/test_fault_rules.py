from __future__ import annotations

import json

from conformance.harness.fault_rules import ConnectionsAnswer, DisconnectDropped, FaultRule, Where


def test_a_rule_is_written_as_the_control_endpoint_takes_it() -> None:
    rule = FaultRule(ConnectionsAnswer(429), Where(connection="a=", method="POST"), count=3, per="attempt")
    assert json.loads(rule.to_json()) == {
        "fault": {"kind": "connections-answer", "status": 429, "carried_out": False},
        "where": {"connection": "a=", "function": "*", "method": "POST"},
        "probability": 1.0,
        "seed": 0,
        "per": "attempt",
        "skip": 0,
        "count": 3,
        "after_s": 0.0,
    }


def test_a_rule_spares_the_harness_s_own_calls_unless_told_otherwise() -> None:
    assert json.loads(FaultRule(DisconnectDropped()).to_json())["where"] == {"function": "*"}
    everybody = FaultRule(DisconnectDropped(), Where(function=None))
    assert json.loads(everybody.to_json())["where"] == {}
