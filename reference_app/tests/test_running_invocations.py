"""A call of AWS is traced back to the invocation that made it (RA-13)."""

from __future__ import annotations

from reference_app.gateway.functions.invocation import InvocationFacts
from reference_app.gateway.functions.running_invocations import RunningInvocations

FACTS = InvocationFacts("Send", "sendmessage", "c1", "r1")
TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0"


def test_a_trace_id_tells_the_invocation_whoever_its_parent_is() -> None:
    running = RunningInvocations()

    with running.under(TRACE, FACTS):
        assert running.caller(TRACE.replace("53995c3f42cd8ad8", "0000000000000000")) == FACTS


def test_an_invocation_that_is_over_made_no_call() -> None:
    running = RunningInvocations()

    with running.under(TRACE, FACTS):
        pass

    assert running.caller(TRACE) is None


def test_a_call_without_a_trace_comes_from_nowhere() -> None:
    running = RunningInvocations()

    with running.under(TRACE, FACTS):
        assert running.caller(None) is None
        assert running.caller("Root=1-another") is None
