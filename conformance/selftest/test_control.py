from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.harness import trace_copy
from conformance.harness.control import Control, controlling
from conformance.harness.errors import HarnessError, UsageError
from conformance.harness.fault_rules import ConnectionsAnswer, FaultRule, Where
from conformance.harness.recorder import Recorder
from reports.history_reader import read_history
from reports.history_writer import HistoryWriter
from reports.trace import FunctionOutput, LifecycleStep

from .stand_in_control import StandInControl, stand_in_control

THROTTLED = FaultRule(ConnectionsAnswer(429), Where(connection="a="))


@pytest.fixture
def stack() -> Iterator[StandInControl]:
    with stand_in_control() as stack:
        yield stack


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[Recorder]:
    recorder = Recorder(HistoryWriter(tmp_path))
    yield recorder
    recorder.close()


def test_a_rule_is_in_force_inside_the_block_and_recorded_with_what_met_it(
    stack: StandInControl, recorder: Recorder, tmp_path: Path
) -> None:
    control = Control(stack.url, recorder)
    with control.faults("post/429", THROTTLED) as rules:
        assert list(stack.rules) == rules
        assert control.injected(rules[0]) == 3
    assert stack.rules == {}
    recorder.close()
    (span,) = read_history(tmp_path).faults
    assert (span.name, span.connection_id, span.seen, span.injected) == ("post/429", "a=", 5, 3)
    assert span.began_ns < (span.ended_ns or 0)


def test_a_rule_is_removed_when_the_block_fails(stack: StandInControl, recorder: Recorder) -> None:
    with pytest.raises(ZeroDivisionError), Control(stack.url, recorder).faults("post/429", THROTTLED):
        raise ZeroDivisionError
    assert stack.rules == {}


def test_a_rule_that_is_refused_is_our_error_and_leaves_none_behind(
    stack: StandInControl, recorder: Recorder
) -> None:
    refused = FaultRule(ConnectionsAnswer(403))
    with (
        pytest.raises(HarnessError, match=r"HTTP 400: .*not today"),
        Control(stack.url, recorder).faults("post/403", THROTTLED, refused),
    ):
        pytest.fail("it was taken")
    assert stack.rules == {}


def test_no_rule_is_in_force_when_a_run_begins_and_when_it_ends(
    stack: StandInControl, recorder: Recorder, tmp_path: Path
) -> None:
    with controlling(stack.url, tmp_path, recorder):
        assert stack.cleared == 1
    assert stack.cleared == 2


def test_the_trace_of_the_run_alone_is_kept_in_its_folder(
    stack: StandInControl, recorder: Recorder, tmp_path: Path
) -> None:
    stack.traced("output", function="Early")
    stack.traced("output", function="Send")
    with controlling(stack.url, tmp_path, recorder) as control:
        position = control.position()
    assert position == 2
    assert (tmp_path / "trace.jsonl").read_text() == ""


def test_a_trace_that_breaks_off_is_our_error(
    stack: StandInControl, recorder: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trace_copy, "_LAST_S", 0.1)
    stack.forgets_the_end = True
    with (
        pytest.raises(HarnessError, match="the trace ends at entry 0 of 1"),
        controlling(stack.url, tmp_path, recorder),
    ):
        stack.traced("output", function="Send")


def test_rows_are_read_from_a_position_on_and_by_kind(stack: StandInControl, recorder: Recorder) -> None:
    stack.traced("output", function="Early")
    control = Control(stack.url, recorder)
    position = control.position()
    stack.traced("output", function="Send")
    stack.traced("lifecycle", step="ended", connection_id="a=")
    assert [row.function for row in control.since(position).of(FunctionOutput)] == ["Send"]
    assert [row.step for row in control.since(position, "lifecycle").of(LifecycleStep)] == ["ended"]
    assert control.since(position, "lifecycle").of(FunctionOutput) == []


def test_the_clock_is_moved_and_tells_what_expired(stack: StandInControl, recorder: Recorder) -> None:
    assert Control(stack.url, recorder).advance(7500) == 2
    assert stack.advanced_s == [7500]


@pytest.mark.parametrize("url", ["http://192.0.2.1:80", "https://127.0.0.1:1", "http://127.0.0.1"])
def test_a_control_endpoint_elsewhere_is_refused(url: str, recorder: Recorder) -> None:
    with pytest.raises(UsageError, match="on this machine"):
        Control(url, recorder)


def test_a_control_endpoint_of_another_version_is_refused(stack: StandInControl, recorder: Recorder) -> None:
    stack.version = 2
    with pytest.raises(UsageError, match="version 2"):
        Control(stack.url, recorder).check()


def test_where_nothing_answers_the_user_is_told(recorder: Recorder) -> None:
    with stand_in_control() as stack:
        url = stack.url
    with pytest.raises(UsageError, match="no control endpoint answers there"):
        Control(url, recorder).check()
