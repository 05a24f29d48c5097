"""Opens everything that workloads need against a target that is there: clients, record, table, controls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from conformance.harness.control import controlling
from conformance.harness.fleet import Fleet
from conformance.harness.management import Management
from conformance.harness.plan import Plan
from conformance.harness.planting_ledger import PlantingLedger
from conformance.harness.table import ConnectionTable
from conformance.harness.target import Target
from conformance.workloads.session import Scale, Session
from reports.history_writer import HistoryWriter


@contextmanager
def open_session(
    target: Target, folder: Path, scale: Scale, plan: Plan, progress: Callable[[str], None]
) -> Iterator[Session]:
    """A session whose record is in `folder`, and whole when the `with` block has ended.

    Raises UsageError for a table, a management API or a control endpoint that cannot be used.
    """
    with ExitStack() as stack:
        fleet = stack.enter_context(Fleet(target, HistoryWriter(folder)))
        session = Session(fleet, scale, plan, progress)
        if target.table is not None:
            session.table = stack.enter_context(
                ConnectionTable(target.table, target.credentials, fleet.recorder, PlantingLedger(folder))
            )
        if target.management is not None:
            session.management = stack.enter_context(
                closing(Management(target.management, target.credentials))
            )
        if target.control_url is not None:
            session.control = stack.enter_context(
                controlling(target.control_url, folder, fleet.recorder, target.secrets)
            )
        stack.enter_context(session.retiring())
        yield session
