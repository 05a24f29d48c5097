"""What a churn run does, drawn before its first byte: timed actions as data.

A plan comes from its seed alone, is saved with the run, and can be performed again, whole or cut down
to the smallest part that still fails. Actions name slots; a slot is one client after the other.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from random import Random
from typing import Literal, TypeAlias

from reports.decoding import DecodingError, decode

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Connect:
    """A client comes into an empty slot."""

    at_s: float
    slot: int
    group: str


@dataclass(frozen=True, slots=True)
class Reconnect:
    """A client comes back into a slot that one has left."""

    at_s: float
    slot: int
    group: str


@dataclass(frozen=True, slots=True)
class Send:
    """The slot's client broadcasts an envelope between two texts."""

    at_s: float
    slot: int
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Burst:
    """The slot's client broadcasts so many messages in a row."""

    at_s: float
    slot: int
    count: int


@dataclass(frozen=True, slots=True)
class Close:
    """The slot's client leaves by the close handshake."""

    at_s: float
    slot: int
    code: int = 1000


@dataclass(frozen=True, slots=True)
class Abort:
    """The slot's client leaves by RST."""

    at_s: float
    slot: int


@dataclass(frozen=True, slots=True)
class StopReading:
    """The slot's client goes half-open: it hears and answers nothing any more (MG-30)."""

    at_s: float
    slot: int


@dataclass(frozen=True, slots=True)
class Vanish:
    """The slot's half-open client is gone for good, without a close frame."""

    at_s: float
    slot: int


Action: TypeAlias = Connect | Reconnect | Send | Burst | Close | Abort | StopReading | Vanish
ACTION_TYPES: Mapping[str, type[Action]] = {
    kind.__name__: kind for kind in (Connect, Reconnect, Send, Burst, Close, Abort, StopReading, Vanish)
}

Leave: TypeAlias = Literal["close", "abort", "stop-reading"]


@dataclass(frozen=True, slots=True)
class Rates:
    """How much happens; times in seconds, rates per second over the whole plan."""

    sends: float = 10.0
    arrivals: float = 2.0
    """Visitors that come."""
    stay_s: float = 2.0
    """Mean length of a visit."""
    away_s: float = 1.0
    """Mean time until a visitor that returns is back."""
    bursts: float = 0.2
    burst_size: int = 5
    aborts: float = 0.4
    """Share of the visits that end by RST."""
    half_open: float = 0.1
    """Share of the visits that end by silence."""
    silence_s: float = 1.5
    """Mean time until a half-open client vanishes."""
    returns: float = 0.5
    """Share of the visitors that come back, once; the half-open never do."""
    idle: float = 0.25
    """Share of those who stay that only listen."""

    def times(self, factor: float) -> Rates:
        """So many times as much happens; shares and lengths are the same."""
        return replace(
            self,
            sends=self.sends * factor,
            arrivals=self.arrivals * factor,
            bursts=self.bursts * factor,
        )


@dataclass(frozen=True)
class Plan:
    """Actions in the order of their time."""

    seed: int
    stayers: int
    """Slots 0 to stayers - 1 hold clients that stay; they connect at the beginning."""
    duration_s: float
    actions: tuple[Action, ...]

    @property
    def most_at_once(self) -> int:
        """So many sockets are open at the same time, those of half-open clients among them."""
        taken = set(range(self.stayers))
        most = len(taken)
        for action in self.actions:
            match action:
                case Connect() | Reconnect():
                    taken.add(action.slot)
                case Close() | Abort() | Vanish():
                    taken.discard(action.slot)
            most = max(most, len(taken))
        return most

    def to_json(self) -> str:
        """The text of `plan.json`."""
        actions = [{"do": type(action).__name__, **asdict(action)} for action in self.actions]
        whole = {"format": FORMAT, "seed": self.seed, "stayers": self.stayers, "duration_s": self.duration_s}
        return json.dumps(whole | {"actions": actions}, indent=0, ensure_ascii=True)

    @classmethod
    def from_json(cls, text: str) -> Plan:
        """Read `plan.json`. Raises ValueError with a sentence when the text is no plan."""
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"not a churnproof plan: {error}") from error
        found = data.get("format") if isinstance(data, dict) else None
        if found is None or not isinstance(data.get("actions"), list):
            raise ValueError("not a churnproof plan: it holds no list of actions")
        if found != FORMAT:
            raise ValueError(f"plan format {found!r}; this version reads format {FORMAT}")
        try:
            actions = [_action(part, f"actions[{place}]") for place, part in enumerate(data["actions"])]
            whole = decode(_Whole, data)
        except DecodingError as error:
            raise ValueError(f"damaged churnproof plan: {error}") from error
        # Performed in the order of time, whoever wrote them down.
        actions.sort(key=lambda action: action.at_s)
        return cls(whole.seed, whole.stayers, whole.duration_s, tuple(actions))


@dataclass(frozen=True, slots=True)
class _Whole:
    """What a plan's file holds beside the actions."""

    seed: int
    stayers: int
    duration_s: float

    def __post_init__(self) -> None:
        if self.stayers < 0 or self.duration_s < 0:
            raise DecodingError("stayers and duration_s", "0 or more", (self.stayers, self.duration_s))


def draw(seed: int, stayers: int, duration_s: float, rates: Rates | None = None) -> Plan:
    """A plan from its seed alone: the same arguments draw the same plan on every machine."""
    rates = rates or Rates()
    random = Random(seed)
    visits = list(_visits(random, stayers, duration_s, rates))
    actions: list[Action] = [Connect(0.0, slot, "stayer") for slot in range(stayers)]
    for visit in visits:
        actions += visit.actions()
    actions += _speech(random, stayers, visits, duration_s, rates)
    # Sorting is stable, so that a slot's actions of one moment stay in their order.
    actions.sort(key=lambda action: action.at_s)
    return Plan(seed, stayers, duration_s, tuple(actions))


@dataclass(frozen=True, slots=True)
class _Visit:
    slot: int
    begin_s: float
    end_s: float
    leave: Leave
    returning: bool
    vanish_s: float = 0.0
    """When a half-open client is gone for good."""

    def actions(self) -> Iterator[Action]:
        come = Reconnect if self.returning else Connect
        yield come(self.begin_s, self.slot, "joiner")
        match self.leave:
            case "close":
                yield Close(self.end_s, self.slot)
            case "abort":
                yield Abort(self.end_s, self.slot)
            case "stop-reading":
                yield StopReading(self.end_s, self.slot)
                yield Vanish(self.vanish_s, self.slot)


def _visits(random: Random, stayers: int, duration_s: float, rates: Rates) -> Iterator[_Visit]:
    slot = stayers
    for begin_s in _moments(random, rates.arrivals, duration_s):
        first = _visit(random, slot, begin_s, duration_s, rates)
        yield first
        back_s = round(first.end_s + random.expovariate(1 / rates.away_s), 3)
        if first.leave != "stop-reading" and random.random() < rates.returns and back_s < duration_s:
            yield replace(_visit(random, slot, back_s, duration_s, rates), returning=True)
        slot += 1


def _visit(random: Random, slot: int, begin_s: float, duration_s: float, rates: Rates) -> _Visit:
    end_s = _within(begin_s + random.expovariate(1 / rates.stay_s), duration_s)
    vanish_s = _within(end_s + random.expovariate(1 / rates.silence_s), duration_s)
    return _Visit(slot, begin_s, end_s, _leave(random, rates), returning=False, vanish_s=vanish_s)


def _speech(
    random: Random, stayers: int, visits: list[_Visit], duration_s: float, rates: Rates
) -> Iterator[Action]:
    talkers = range(stayers - int(rates.idle * stayers))
    for at_s in _moments(random, rates.sends, duration_s):
        present = [visit.slot for visit in visits if visit.begin_s < at_s < visit.end_s]
        if speakers := [*talkers, *present]:
            yield Send(at_s, random.choice(speakers), *_texts(random))
    for at_s in _moments(random, rates.bursts if talkers else 0.0, duration_s):
        yield Burst(at_s, random.choice(talkers), rates.burst_size)


def _moments(random: Random, rate: float, duration_s: float) -> Iterator[float]:
    """Poisson arrivals, to the millisecond: what is written down must be what is performed."""
    at_s = 0.0
    while rate > 0 and (at_s := at_s + random.expovariate(rate)) < duration_s:
        yield round(at_s, 3)


def _within(at_s: float, duration_s: float) -> float:
    return round(min(at_s, duration_s), 3)


def _leave(random: Random, rates: Rates) -> Leave:
    point = random.random()
    if point < rates.half_open:
        return "stop-reading"
    return "abort" if point < rates.half_open + rates.aborts else "close"


_WORDS = (
    "hello",
    "how are you",
    "Grüße aus Köln",
    "こんにちは世界",
    "مرحبا",
    "👩‍👩‍👧‍👦 🏳️‍🌈",
    "e\u0301\u0323 combining",
    '{"action":"sendmessage"}',
    "back\\slash \"quotes\" 'and' <tags> & more",
    "\u200b\u2028\ufeff invisible",
    "𝄞 beyond the BMP 🂡",
)
_SIZES = (0, 10, 120, 125, 126, 1000, 4000)


def _texts(random: Random) -> tuple[str, str]:
    """What stands before and after the envelope: mostly short, of any script, now and then long."""
    before = random.choice(_WORDS) if random.random() < 0.5 else ""
    after = random.choice(_WORDS)
    if random.random() < 0.2:
        after = (after * (1 + random.choice(_SIZES) // len(after)))[:4000]
    return before, after


def _action(data: object, where: str) -> Action:
    kind = ACTION_TYPES.get(str(data["do"])) if isinstance(data, dict) and "do" in data else None
    if kind is None:
        raise DecodingError(f"{where}.do", f"one of {', '.join(ACTION_TYPES)}", data)
    return decode(kind, data, where)
