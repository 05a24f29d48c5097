"""What everything that can be controlled shares: the fault rules, the trace and the clock."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from reference_app.gateway.clock import MovableClock
from reference_app.gateway.control.fault_book import FaultBook
from reference_app.gateway.control.trace import FaultSwitched, Trace

if TYPE_CHECKING:
    from reference_app.gateway.control.fault_book import Injection
    from reference_app.gateway.control.fault_rules import FaultRule, Occurrence
    from reference_app.gateway.control.trace import Event


class Controls:
    """One stack's controls; create it inside the event loop."""

    def __init__(self) -> None:
        self.faults = FaultBook()
        self.trace = Trace()
        self.clock = MovableClock()

    def add_fault(self, rule: FaultRule) -> str:
        """Put a rule in force now; return its id."""
        rule_id = self.faults.add(rule, time.monotonic())
        self.record(FaultSwitched(rule_id, on=True), now_ns())
        return rule_id

    def remove_fault(self, rule_id: str) -> FaultRule | None:
        """Put a rule out of force; None if there is no such rule."""
        rule = self.faults.remove(rule_id)
        if rule is not None:
            self.record(FaultSwitched(rule_id, on=False), now_ns())
        return rule

    def decide(self, occurrence: Occurrence) -> tuple[Injection, ...]:
        """Return what goes wrong with an occurrence."""
        return self.faults.decide(occurrence, time.monotonic()) if self.faults else ()

    async def hold(self, seconds: float, rule_id: str) -> None:
        """Wait on the stack's clock, or until the rule is removed."""
        over = asyncio.Event()
        timer = self.clock.call_later(seconds, over.set)
        forget = self.faults.on_removal(rule_id, over.set)
        try:
            await over.wait()
        finally:
            timer.cancel()
            forget()

    def record(self, event: Event, started_ns: int) -> None:
        """Add an event that ends now to the trace."""
        self.trace.add(event, started_ns=started_ns, ended_ns=now_ns(), epoch_ms=self.clock.epoch_ms())


def now_ns() -> int:
    """The machine's monotonic clock."""
    return time.monotonic_ns()
