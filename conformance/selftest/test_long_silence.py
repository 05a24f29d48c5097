from __future__ import annotations

from pathlib import Path

from conformance.workloads import long_silence
from reports.history_reader import read_history

from .controlled_session import controlled_session


def test_a_day_passes_while_nobody_tells_the_backend_who_has_gone(tmp_path: Path) -> None:
    in_force: list[set[str]] = []
    with controlled_session(tmp_path) as controlled:
        stack = controlled.stack
        stack.advancing = lambda: in_force.append({r["where"]["connection"] for r in stack.rules.values()})
        long_silence.run(controlled.session)
    history = read_history(tmp_path)
    silent = {c.connection_id for c in history.connections if c.group == "fault-silent"}
    assert stack.advanced_s == [26 * 3600.0]
    assert in_force == [silent]
    assert len(silent) == 2
    assert {span.name for span in history.faults} == {"life/silent"}


def test_without_a_control_endpoint_nothing_is_done(tmp_path: Path) -> None:
    with controlled_session(tmp_path, controls=False) as controlled:
        long_silence.run(controlled.session)
    assert read_history(tmp_path).connections == []
    assert controlled.stack.advanced_s == []
