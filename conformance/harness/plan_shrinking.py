"""Makes a failing plan smaller: delta debugging (Zeller, ddmin) over its time, its slots and its actions.

Pure: whoever asks performs the plans. A plan that fails only now and then may be taken for one that
does not fail, so what is found is small, not always the smallest there is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TypeAlias, TypeVar

from .plan import Abort, Action, Burst, Close, Connect, Plan, Reconnect, Send, StopReading, Vanish

T = TypeVar("T")
Fails: TypeAlias = Callable[[Plan], bool]

_SHORTEST_S = 0.05


def shrink(plan: Plan, fails: Fails, enough: Callable[[], bool]) -> Plan:
    """The smallest plan met that `fails`, until nothing more can be taken away or it is `enough`.

    `plan` itself is taken to fail, and comes back when nothing smaller does.
    """
    search = _Search(plan, fails, enough)
    search.shorten()
    search.drop_visitors()
    search.drop_stayers()
    search.drop_actions()
    search.simplify()
    search.hurry()
    return search.best


def coherent(plan: Plan) -> Plan:
    """The plan without the actions that have nobody left to do them; it ends with its last one."""
    present = set(range(plan.stayers))
    silent: set[int] = set()
    kept: list[Action] = []
    for action in plan.actions:
        match action:
            case Connect() | Reconnect():
                possible = action.slot not in present
                present.add(action.slot)
            case Vanish():
                possible = action.slot in silent
                silent.discard(action.slot)
            case _:
                possible = action.slot in present
        if not possible:
            continue
        kept.append(action)
        if isinstance(action, Close | Abort | StopReading):
            present.discard(action.slot)
        if isinstance(action, StopReading):
            silent.add(action.slot)
    return replace(plan, actions=tuple(kept), duration_s=kept[-1].at_s if kept else 0.0)


class _Search:
    def __init__(self, plan: Plan, fails: Fails, enough: Callable[[], bool]) -> None:
        self.best = plan
        self._fails = fails
        self._enough = enough
        self._seen: set[Plan] = set()

    def shorten(self) -> None:
        """Cut the end off, by halves."""
        while self.best.duration_s > _SHORTEST_S:
            middle_s = self.best.duration_s / 2
            if not self._try(action for action in self.best.actions if action.at_s <= middle_s):
                return

    def drop_visitors(self) -> None:
        slots = sorted({action.slot for action in self.best.actions} - set(range(self.best.stayers)))
        whole = self.best.actions

        def fails_with(kept: Sequence[int]) -> bool:
            stay = {*kept, *range(self.best.stayers)}
            return self._try(action for action in whole if action.slot in stay)

        _minimised(slots, fails_with)

    def drop_stayers(self) -> None:
        """Somebody must stay, to speak at the end."""
        for stayers in (1, 2, self.best.stayers // 2):
            if 0 < stayers < self.best.stayers:
                left = range(stayers, self.best.stayers)
                actions = tuple(action for action in self.best.actions if action.slot not in left)
                if self._tried(replace(self.best, stayers=stayers, actions=actions)):
                    return

    def drop_actions(self) -> None:
        _minimised(self.best.actions, self._try)

    def simplify(self) -> None:
        """Short texts, single messages, clean closes: whatever does not matter looks as if it did not."""
        for simpler in (_plain_text, _single, _clean):
            self._try(map(simpler, self.best.actions))

    def hurry(self) -> None:
        """From the first action on, in half the time, again and again."""
        first_s = self.best.actions[0].at_s if self.best.actions else 0.0
        if first_s > 0:
            self._try(replace(action, at_s=_ms(action.at_s - first_s)) for action in self.best.actions)
        while self.best.duration_s > _SHORTEST_S and self._try(
            replace(action, at_s=_ms(action.at_s / 2)) for action in self.best.actions
        ):
            pass

    def _try(self, actions: Iterable[Action]) -> bool:
        return self._tried(replace(self.best, actions=tuple(actions)))

    def _tried(self, plan: Plan) -> bool:
        """Whether the plan fails; then it is the best. What has been asked before is not asked again."""
        plan = coherent(plan)
        if plan in self._seen or plan == self.best or self._enough():
            return False
        self._seen.add(plan)
        if self._fails(plan):
            self.best = plan
            return True
        return False


def _minimised(items: Sequence[T], fails_with: Callable[[Sequence[T]], bool]) -> Sequence[T]:
    """The items that are left when every further part, taken away, would end the failing."""
    if not items or fails_with(()):
        return ()
    parts = 2
    while len(items) > 1:
        size = -(-len(items) // parts)
        for start in range(0, len(items), size):
            rest = [*items[:start], *items[start + size :]]
            if rest and fails_with(rest):
                items, parts = rest, max(2, parts - 1)
                break
        else:
            if size == 1:
                break
            parts = min(len(items), 2 * parts)
    return items


def _plain_text(action: Action) -> Action:
    return replace(action, before="", after="") if isinstance(action, Send) else action


def _single(action: Action) -> Action:
    return Send(action.at_s, action.slot) if isinstance(action, Burst) else action


def _clean(action: Action) -> Action:
    return Close(action.at_s, action.slot) if isinstance(action, Abort | StopReading) else action


def _ms(at_s: float) -> float:
    return round(at_s, 3)
