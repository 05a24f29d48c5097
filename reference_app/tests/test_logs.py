"""What functions print."""

from __future__ import annotations

import io
import threading

import pytest

from reference_app.gateway.functions.invocation import Failed, Returned
from reference_app.gateway.functions.logs import FunctionLog, LogWriter, PrintedLines


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def log(stream: io.StringIO) -> FunctionLog:
    return FunctionLog(LogWriter(stream), "Send")


def written(log: FunctionLog, stream: io.StringIO) -> list[str]:
    assert log._writer is not None
    log._writer.close()
    return stream.getvalue().splitlines()


def test_a_line_carries_function_and_request_id(log: FunctionLog, stream: io.StringIO) -> None:
    log.printed("cold")
    log.request_id = "0123456789abcdef"
    log.printed("warm")

    assert written(log, stream) == ["[Send] cold", "[Send 01234567] warm"]


def test_the_lines_of_one_message_stay_together(log: FunctionLog, stream: io.StringIO) -> None:
    """awslambdaric writes an error as one event, its lines separated by carriage returns."""
    log.printed("[ERROR] ValueError: no\rTraceback:\r  line 1")

    assert written(log, stream) == ["[Send] [ERROR] ValueError: no", "    Traceback:", "      line 1"]


def test_a_report_says_duration_and_failure(log: FunctionLog, stream: io.StringIO) -> None:
    log.request_id = "01234567-89"
    log.report(0.0123, Returned(b"{}"))
    log.report(3.0, Failed("function-timeout", "Sandbox.Timedout", "late"))

    assert written(log, stream) == [
        "[Send 01234567] REPORT RequestId: 01234567-89  Duration: 12.30 ms",
        "[Send 01234567] REPORT RequestId: 01234567-89  Duration: 3000.00 ms"
        "  Status: function-timeout (Sandbox.Timedout)",
    ]


def test_the_tail_of_an_invocation_is_what_was_printed_since_the_one_before() -> None:
    """LI-8; also where nobody reads the log."""
    log = FunctionLog(None, "Send")
    log.printed("cold")
    for text in ("one", "two"):
        log.begin(f"id-{text}")
        log.printed(text)
        tail = log.take_tail(0.0101, Returned(b"{}")).decode().splitlines()
        assert tail[-4:] == [
            f"START RequestId: id-{text} Version: $LATEST",
            text,
            f"END RequestId: id-{text}",
            f"REPORT RequestId: id-{text}\tDuration: 10.10 ms\tBilled Duration: 11 ms\t",
        ]
        assert tail[:-4] == (["cold"] if text == "one" else [])


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (Failed("unhandled", "ValueError", "no"), ""),
        (Failed("function-timeout", "Sandbox.Timedout", "late"), "Status: timeout"),
        (Failed("exited", "Runtime.ExitError", "gone"), "Status: error\tError Type: Runtime.ExitError"),
    ],
)
def test_a_tail_is_of_4_kb_at_most_and_ends_in_the_report(outcome: Failed, status: str) -> None:
    log = FunctionLog(None, "Send")
    log.begin("id")
    log.printed("x" * 10_000)

    tail = log.take_tail(3.0, outcome)

    assert len(tail) == 4096
    assert tail.decode().endswith(f"Billed Duration: 3000 ms\t{status}\n")


def test_output_is_cut_into_lines_wherever_it_is_split(log: FunctionLog, stream: io.StringIO) -> None:
    lines = PrintedLines(log)
    for piece in (b"on", b"e\ntw", b"o\n\xff\nrest"):
        lines.data_received(piece)
    lines.connection_lost(None)

    assert written(log, stream) == ["[Send] one", "[Send] two", "[Send] \ufffd", "[Send] rest"]


def test_a_line_without_an_end_does_not_pile_up(log: FunctionLog, stream: io.StringIO) -> None:
    lines = PrintedLines(log)
    lines.data_received(b"x" * (256 * 1024 + 1))

    assert len(written(log, stream)[0]) > 256 * 1024


def test_a_quiet_log_writes_nothing() -> None:
    log = FunctionLog(None, "Send")
    log.note("nobody reads this")

    assert log.quiet


class StuckTerminal(io.StringIO):
    """Takes nothing until it is released."""

    def __init__(self) -> None:
        super().__init__()
        self.released = threading.Event()

    def write(self, text: str) -> int:
        self.released.wait()
        return super().write(text)


def test_a_reader_that_does_not_read_delays_nobody_and_lost_lines_are_counted() -> None:
    terminal = StuckTerminal()
    writer = LogWriter(terminal, capacity=2)
    for number in range(10):
        writer.write(f"line {number}")

    terminal.released.set()
    writer.close()

    lines = terminal.getvalue().splitlines()
    assert any("lines were lost: the reader is too slow" in line for line in lines)
    assert "line 0" in lines
    assert "line 9" not in lines


def test_a_log_can_be_closed_although_nobody_reads_it() -> None:
    terminal = StuckTerminal()
    writer = LogWriter(terminal, capacity=1)
    for number in range(5):
        writer.write(f"line {number}")

    writer.close(within_s=0.01)

    terminal.released.set()


def test_a_terminal_that_is_gone_ends_the_log_in_silence() -> None:
    terminal = io.StringIO()
    terminal.close()
    writer = LogWriter(terminal)
    writer.write("nobody is there")

    writer.close()
