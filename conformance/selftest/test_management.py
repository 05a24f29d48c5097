from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from conformance.harness.access import Credentials, ManagementAccess
from conformance.harness.errors import HarnessError, UsageError
from conformance.harness.management import Management, Status

ID = "BD0R86oM6wFSgik="
OPEN = b'{\n  "connectedAt" : "2020-11-15T12:23:14.726Z",\n  "lastActiveAt" : "2020-11-15T12:23:14.972Z"\n}'
ANSWERS: dict[str, tuple[int, str, bytes]] = {
    "MG-11": (200, "", OPEN),
    "MG-13": (410, "GoneException", b""),
    "bare 410": (410, "", b""),
    "MG-14": (400, "BadRequestException", b'{"message":"Invalid connectionId: x"}'),
    "MG-15": (403, "ForbiddenException", b""),
    "MG-17": (429, "LimitExceededException", b""),
    "5xx": (500, "InternalFailure", b""),
}


@contextmanager
def answering(name: str) -> Iterator[tuple[Management, list[str]]]:
    """The management API of a server that always gives this answer, and the requests it got."""
    status, error_type, body = ANSWERS[name]
    requests: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            requests.append(self.requestline)
            self.send_response(status)
            if error_type:
                self.send_header("x-amzn-errortype", error_type)
            if status != 204:
                self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_DELETE = do_GET  # noqa: N815 - the name that http.server calls

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    access = ManagementAccess(f"http://127.0.0.1:{server.server_address[1]}/prod", "eu-west-1")
    management = Management(access, Credentials("local", "local-secret"))
    try:
        yield management, requests
    finally:
        management.close()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ("MG-11", "open"),
        ("MG-13", "gone"),
        ("bare 410", "gone"),
        ("MG-14", "malformed"),
    ],
)
def test_the_gateway_says_what_it_knows_of_a_connection(answer: str, status: Status) -> None:
    with answering(answer) as (management, requests):
        assert management.status(ID) == status
        assert requests == ["GET /prod/@connections/BD0R86oM6wFSgik%3D HTTP/1.1"]


def test_throttling_is_tried_again_and_then_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)  # botocore's pauses between its attempts
    with answering("MG-17") as (management, requests):
        assert management.status(ID) == "throttled"
        assert len(requests) > 1


def test_credentials_that_may_not_are_a_usage_error() -> None:
    with answering("MG-15") as (management, _), pytest.raises(UsageError, match="may not call GetConnection"):
        management.status(ID)


def test_a_failing_gateway_is_an_error_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    with answering("5xx") as (management, _), pytest.raises(HarnessError):
        management.status(ID)


def test_an_endpoint_where_nobody_listens_is_a_usage_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    with answering("MG-11") as (management, _):
        endpoint = management.access
    closed = Management(endpoint, Credentials("local", "local-secret"))
    with pytest.raises(UsageError, match="cannot be reached"):
        closed.status(ID)
    closed.close()
