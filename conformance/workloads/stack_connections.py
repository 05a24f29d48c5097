"""Clients whose connection ids the local stack has told: its trace knows who came from which port."""

from __future__ import annotations

from conformance.harness.client import Client
from conformance.harness.control import Control
from reports.trace import LifecycleStep

from .session import Session


def connect_told(session: Session, control: Control, group: str, count: int) -> list[Client]:
    """Connect clients one after the other. Raises TargetFailure, which is recorded."""
    position = control.position()
    clients = session.connect(group, count)
    ids = {step.source_port: step.connection_id for step in _steps(control, position)}
    for client in clients:
        if client.connection_id is None and client.source_port in ids:
            client.connection_id = ids[client.source_port]
    return clients


def refused_since(control: Control, position: int) -> list[str]:
    """The ids of the connections that were refused since that position of the trace."""
    return [step.connection_id for step in _steps(control, position) if step.step == "refused"]


def _steps(control: Control, position: int) -> list[LifecycleStep]:
    return control.since(position, "lifecycle").of(LifecycleStep)
