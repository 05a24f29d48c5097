"""A session against a correct backend whose control endpoint tells of connections and does nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from conformance.harness.contract import Bounds
from conformance.harness.plan import Plan
from conformance.harness.target import Target, load_target
from conformance.open_session import open_session
from conformance.workloads.session import Scale, Session

from .broadcast_server import BroadcastServer
from .stand_in_control import StandInControl, stand_in_control


@dataclass(frozen=True)
class Controlled:
    """The session, and both ends of what it speaks with."""

    session: Session
    stack: StandInControl
    server: BroadcastServer


@contextmanager
def controlled_session(folder: Path, *, controls: bool = True) -> Iterator[Controlled]:
    """Open inside the block; without `controls` the target has no control endpoint."""
    with stand_in_control() as stack, BroadcastServer(came=_Came(stack), went=_Went(stack)) as server:
        target = load_target(server.url)
        assert isinstance(target, Target)
        control_url = stack.url if controls else None
        target = replace(target, control_url=control_url, bounds=Bounds(deliver_s=1.0))
        plan = Plan(seed=1, stayers=4, duration_s=1.0, actions=())
        with open_session(target, folder, Scale(1), plan, _quiet) as session:
            yield Controlled(session, stack, server)


@dataclass(frozen=True)
class _Came:
    stack: StandInControl

    def __call__(self, connection_id: str, source_port: int) -> None:
        self.stack.traced(
            "lifecycle", step="connecting", connection_id=connection_id, source_port=source_port
        )
        self.stack.ran("$connect", connection_id)


@dataclass(frozen=True)
class _Went:
    stack: StandInControl

    def __call__(self, connection_id: str) -> None:
        self.stack.ran("$disconnect", connection_id)


def _quiet(_line: str) -> None:
    """Progress that no test looks at."""
