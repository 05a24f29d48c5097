from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from conformance.harness.errors import HarnessError
from conformance.harness.trace_copy import TraceCopy
from reports.trace import FunctionOutput
from reports.trace_file import read_trace

_HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def line(number: int) -> bytes:
    times = {"started_ns": 1, "ended_ns": 2, "epoch_ms": 0}
    return json.dumps({"seq": number, "kind": "output", **times, "function": f"F{number}"}).encode() + b"\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


@contextmanager
def tracing(*parts: bytes, stays: bool = True) -> Iterator[http.client.HTTPConnection]:
    """A server that sends the parts, and then says nothing for as long as it `stays`."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        left = threading.Event()

        def serve() -> None:
            peer, _ = server.accept()
            with peer:
                peer.recv(4096)
                for part in parts:
                    peer.sendall(part)
                if stays:
                    left.wait()

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield http.client.HTTPConnection("127.0.0.1", server.getsockname()[1], timeout=10)
        finally:
            left.set()
            thread.join()


def test_all_lines_up_to_the_newest_are_kept_however_they_are_cut_into_chunks(tmp_path: Path) -> None:
    text = line(1) + line(2) + line(3)
    with tracing(_HEAD, chunk(text[:30]), chunk(text[30:150]), chunk(text[150:])) as connection:
        TraceCopy(connection, 0, tmp_path, ()).stop(lambda: 3)
    assert [row.function for row in read_trace(tmp_path).of(FunctionOutput)] == ["F1", "F2", "F3"]


def test_a_backend_that_does_nothing_has_an_empty_trace(tmp_path: Path) -> None:
    with tracing() as connection:
        TraceCopy(connection, 7, tmp_path, ()).stop(lambda: 7)
    assert read_trace(tmp_path).rows == []


@pytest.mark.parametrize("parts", [[], [_HEAD, chunk(line(1))], [_HEAD, chunk(b"no trace\n")]])
def test_a_copy_that_lacks_an_entry_says_so(parts: list[bytes], tmp_path: Path) -> None:
    with tracing(*parts, stays=False) as connection:
        copy = TraceCopy(connection, 0, tmp_path, ())
        with pytest.raises(HarnessError, match="of 2"):
            copy.stop(lambda: 2)


def test_a_copy_that_failed_keeps_no_socket(tmp_path: Path) -> None:
    """The failure that it remembers has the answer in its traceback."""
    head = _HEAD.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    with tracing(head, chunk(b"no trace\n")) as connection:
        copy = TraceCopy(connection, 0, tmp_path, ())
        with pytest.raises(HarnessError, match="of 2"):
            copy.stop(lambda: 2)
        assert copy._socket.fileno() == -1


def test_where_nobody_listens_the_copy_does_not_begin(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(HarnessError, match="cannot be followed"):
        TraceCopy(http.client.HTTPConnection("127.0.0.1", port), 0, tmp_path, ())
