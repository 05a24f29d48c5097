"""The rules in force, and their decisions: no I/O, no clock of its own, chance from the rules' seeds."""

from __future__ import annotations

import random
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from reference_app.gateway.control.fault_rules import Fault, FaultRule, Occurrence

_CALLS_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Injection:
    """A fault that appears now."""

    rule_id: str
    fault: Fault
    chance: float
    """Drawn for this appearance, from 0 to 1: where the fault has a choice, it follows this."""


@dataclass(frozen=True, slots=True)
class RuleState:
    """A rule in force and what it has done so far."""

    rule_id: str
    rule: FaultRule
    seen: int
    """Calls that matched within the rule's time."""
    injected: int


class FaultBook:
    """Rules by id, in the order in which they were added."""

    def __init__(self) -> None:
        self._rules: dict[str, _Active] = {}
        self._added = 0

    def __bool__(self) -> bool:
        return bool(self._rules)

    def add(self, rule: FaultRule, now: float) -> str:
        """Put a rule in force from `now` (monotonic seconds); return its id."""
        self._added += 1
        rule_id = f"fault-{self._added}"
        self._rules[rule_id] = _Active(rule_id, rule, now)
        return rule_id

    def remove(self, rule_id: str) -> FaultRule | None:
        """Put a rule out of force and let go of what it holds; None if there is no such rule."""
        active = self._rules.pop(rule_id, None)
        if active is None:
            return None
        for release in tuple(active.releases):
            release()
        return active.rule

    def clear(self) -> list[str]:
        """Put every rule out of force; return their ids."""
        removed = list(self._rules)
        for rule_id in removed:
            self.remove(rule_id)
        return removed

    def state(self, rule_id: str) -> RuleState | None:
        """What a rule has done; None if there is no such rule."""
        active = self._rules.get(rule_id)
        return None if active is None else active.state()

    def states(self) -> list[RuleState]:
        """What every rule has done."""
        return [active.state() for active in self._rules.values()]

    def decide(self, occurrence: Occurrence, now: float) -> tuple[Injection, ...]:
        """Return what goes wrong with an occurrence, in the rules' order: at most one fault of a kind."""
        chosen: dict[str, Injection] = {}
        for active in self._rules.values():
            rule = active.rule
            if rule.fault.site is not occurrence.site or rule.fault.kind in chosen:
                continue
            chance = active.decide(occurrence, now) if rule.where.matches(occurrence) else None
            if chance is not None:
                chosen[rule.fault.kind] = Injection(active.rule_id, rule.fault, chance)
        return tuple(chosen.values())

    def on_removal(self, rule_id: str, release: Callable[[], None]) -> Callable[[], None]:
        """Have `release` called when the rule is removed; the answer takes that back."""
        active = self._rules.get(rule_id)
        if active is None:
            release()
            return lambda: None
        active.releases.append(release)
        return lambda: active.releases.remove(release)


class _Active:
    """One rule's counters and chance."""

    def __init__(self, rule_id: str, rule: FaultRule, added_at: float) -> None:
        self.rule_id = rule_id
        self.rule = rule
        self.releases: list[Callable[[], None]] = []
        self._from = added_at + rule.after_s
        self._until = None if rule.for_s is None else self._from + rule.for_s
        self._random = random.Random(rule.seed)
        self._seen = 0
        self._injected = 0
        self._fates: OrderedDict[str, float | None] = OrderedDict()

    def state(self) -> RuleState:
        return RuleState(self.rule_id, self.rule, self._seen, self._injected)

    def decide(self, occurrence: Occurrence, now: float) -> float | None:
        """Return this appearance's chance, None when the fault does not appear."""
        if now < self._from or (self._until is not None and now >= self._until):
            return None
        call = occurrence.call if self.rule.per == "call" else None
        if call is not None and call in self._fates:
            return self._fates[call]
        fate = self._draw()
        if call is not None:
            self._fates[call] = fate
            if len(self._fates) > _CALLS_REMEMBERED:
                self._fates.popitem(last=False)
        return fate

    def _draw(self) -> float | None:
        # Both numbers are drawn whatever comes of it: a count or a skip does not shift later fates.
        appears, chance = self._random.random() < self.rule.probability, self._random.random()
        self._seen += 1
        exhausted = self.rule.count is not None and self._injected >= self.rule.count
        if self._seen <= self.rule.skip or exhausted or not appears:
            return None
        self._injected += 1
        return chance
