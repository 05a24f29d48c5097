"""When what was said while posts fail has been posted: the workload waits for that, whoever posts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import pytest

from conformance.workloads.post_faults import _Piece
from reports.trace import ConnectionsCall, Invocation, Trace


class Told:
    """A control endpoint whose trace has these rows."""

    def __init__(self, *rows: ConnectionsCall | Invocation) -> None:
        self._rows = rows

    def since(self, _position: int, *_kinds: str) -> Trace:
        return Trace(list(self._rows))


def run(function: str, started_ns: int, ended_ns: int) -> Invocation:
    return Invocation(
        seq=0,
        started_ns=started_ns,
        ended_ns=ended_ns,
        epoch_ms=0,
        function=function,
        route="",
        connection_id="",
        request_id="",
        outcome="returned",
    )


def post(function: str, at_ns: int) -> ConnectionsCall:
    return ConnectionsCall(
        seq=0,
        started_ns=at_ns,
        ended_ns=at_ns + 1,
        epoch_ms=0,
        method="POST",
        connection_id="a",
        function=function,
    )


@pytest.mark.parametrize(
    ("rows", "is_over"),
    [
        pytest.param([run("Send", 10, 20), post("Send", 15)], True, id="posted"),
        pytest.param([run("Send", 10, 20)], False, id="handed-on"),
        pytest.param([run("Send", 10, 20), post("Broadcast", 25)], False, id="being-posted"),
        pytest.param(
            [run("Send", 10, 20), post("Broadcast", 25), run("Broadcast", 22, 30)],
            True,
            id="posted-by-another",
        ),
        pytest.param([run("Send", 4, 20), post("Send", 15)], False, id="of-what-was-said-before"),
        pytest.param([run("Send", 10, 20), post("Send", 5)], False, id="posted-before"),
    ],
)
def test_it_is_over_when_an_invocation_that_posted_has_ended(rows: list[Any], is_over: bool) -> None:
    piece = _Piece(cast("Any", None), cast("Any", Told(*rows)), [], cast("Any", None))

    assert piece._was_posted(0, since_ns=8) is is_over


class Diary:
    """A session and a control endpoint that note what they are asked for, one after the other."""

    def __init__(self) -> None:
        self.entries: list[str] = []

    @contextmanager
    def faults(self, name: str, *_rules: object) -> Iterator[list[str]]:
        self.entries.append(f"{name} on")
        yield ["rule"]
        self.entries.append(f"{name} off")

    def injected(self, _rule: str) -> int:
        return 1

    def say(self, _speaker: object, group: str, **_: object) -> int:
        self.entries.append(f"say {group}")
        return len(self.entries)

    def await_heard_by_all(self, message: int, _speaker: object, among: list[object]) -> None:
        self.entries.append(f"{len(among)} hear {self.entries[message - 1].removeprefix('say ')}")


class Named:
    connection_id = "a"


def test_whoever_missed_something_before_hears_what_was_said_before_everybody_is_refused() -> None:
    diary = cast("Any", Diary())
    victim, speaker, other = (cast("Any", Named()) for _ in range(3))

    _Piece(diary, diary, [victim, speaker, other], speaker).hanging(victim)

    assert diary.entries == [
        "post/hang on",
        "say fault/post/hang",
        "say fault/post/hang/next",
        "2 hear fault/post/hang",
        "2 hear fault/post/hang/next",
        "post/hang off",
    ]
