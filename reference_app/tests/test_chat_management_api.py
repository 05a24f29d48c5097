from __future__ import annotations

import os
import socket
import ssl
import threading
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING
from unittest import mock

import pytest
import trustme

from reference_app.chat.chatapp import kept_connections, management_api
from reference_app.chat.chatapp.management_api import ManagementApi, management_endpoint
from reference_app.chat.chatapp.post_outcome import PostOutcome, PostResult
from reference_app.chat.chatapp.signature import Keys
from reference_app.chat.chatapp.websocket_event import request_context
from reference_app.tests.chat_backend import ENVIRONMENT, event
from reference_app.tests.running_gateway import (
    ACCESS_KEY,
    PATIENCE_S,
    REGION,
    SECRET,
    running_gateway,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reference_app.tests.running_gateway import Running

NEVER_ISSUED = "L0SM9cOFvHcCIhw="


def keys(secret: str = SECRET) -> Keys:
    return Keys(ACCESS_KEY, secret, "token")


def api_at(port: int) -> closing[ManagementApi]:
    return closing(ManagementApi(f"http://127.0.0.1:{port}/prod", REGION, keys))


def post_to(port: int, connection_id: str, payload: bytes) -> PostResult:
    with api_at(port) as api:
        return api.post(connection_id, payload)


@pytest.fixture(scope="module")
def gateway() -> Iterator[Running]:
    with running_gateway() as running:
        yield running


def test_the_endpoint_is_the_domain_and_stage_of_the_event() -> None:
    context = request_context(event("a", stage="v2"))
    assert (
        management_endpoint(context, "eu-west-1")
        == "https://abcdef1234.execute-api.eu-west-1.amazonaws.com/v2"
    )


@pytest.mark.parametrize(
    ("region", "endpoint"),
    [
        ("eu-west-1", "https://abcdef1234.execute-api.eu-west-1.amazonaws.com/prod"),
        ("cn-north-1", "https://abcdef1234.execute-api.cn-north-1.amazonaws.com.cn/prod"),
    ],
)
def test_the_endpoint_behind_a_custom_domain_is_the_apis_own(region: str, endpoint: str) -> None:
    context = request_context(event("a", domainName="chat.example.com"))
    assert management_endpoint(context, region) == endpoint


def test_an_endpoint_of_the_environment_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI", "http://127.0.0.1:3001/prod")
    context = request_context(event("a"))
    assert management_endpoint(context, "eu-west-1") == "http://127.0.0.1:3001/prod"


def test_each_stage_has_one_api_of_its_own_that_signs_with_the_environments_credentials() -> None:
    with mock.patch.dict(os.environ, ENVIRONMENT):
        first = management_api.management_api("http://one.example/prod", REGION)
        assert management_api.management_api("http://one.example/prod", REGION) is first
        assert management_api.management_api("http://one.example/test", REGION) is not first
        assert first._keys().access_key_id == "testing"


@pytest.mark.parametrize("payload", [b"hello", "ü€😀".encode(), b"", b"x" * 131_072])
def test_a_post_reaches_the_client(gateway: Running, payload: bytes) -> None:
    with gateway.client() as client:
        result = post_to(gateway.port, gateway.newest_id(), payload)
        assert (result, client.recv()) == (PostResult(PostOutcome.DELIVERED), payload.decode())


def test_many_posts_share_one_connection(gateway: Running) -> None:
    with gateway.client() as client, api_at(gateway.port) as api:
        for number in range(5):
            api.post(gateway.newest_id(), b"%d" % number)
            assert client.recv() == str(number)
        assert len(api._connections._idle) == 1


def test_a_post_over_tls_trusts_the_bundle_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        _trusted_tls(tmp_path, monkeypatch) as tls,
        running_gateway(tls=tls) as running,
        running.client() as client,
        closing(ManagementApi(f"https://127.0.0.1:{running.port}/prod", REGION, keys)) as api,
    ):
        assert api.post(running.newest_id(), b"hello").outcome is PostOutcome.DELIVERED
        assert client.recv() == "hello"


def test_a_gateway_that_is_not_trusted_has_not_received_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _trusted_tls(tmp_path, monkeypatch) as tls, running_gateway(tls=tls) as running:
        monkeypatch.delenv("AWS_CA_BUNDLE")
        management_api._tls_context.cache_clear()
        api = ManagementApi(f"https://127.0.0.1:{running.port}/prod", REGION, keys)
        assert api.post(NEVER_ISSUED, b"hello").outcome is PostOutcome.UNREACHED


@contextmanager
def _trusted_tls(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ssl.SSLContext]:
    authority = trustme.CA()
    bundle = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    monkeypatch.setenv("AWS_CA_BUNDLE", str(bundle))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    management_api._tls_context.cache_clear()
    yield tls
    management_api._tls_context.cache_clear()


@pytest.mark.parametrize(
    ("connection_id", "result"),
    [
        (NEVER_ISSUED, PostResult(PostOutcome.GONE, "410 GoneException")),
        ("not an id/é?#", PostResult(PostOutcome.REFUSED, "400 BadRequestException")),
        ("", PostResult(PostOutcome.REFUSED, "403 ForbiddenException")),
    ],
)
def test_an_id_that_is_nobodys_is_answered_by_the_gateway(
    gateway: Running, connection_id: str, result: PostResult
) -> None:
    """MG-14, MG-21: whatever the id, it travels percent-encoded and its signature is right."""
    assert post_to(gateway.port, connection_id, b"hello") == result


def test_a_payload_that_is_too_large_is_told_so(gateway: Running) -> None:
    assert post_to(gateway.port, NEVER_ISSUED, b"x" * 131_073).outcome is PostOutcome.TOO_LARGE


def test_a_wrong_signature_is_refused(gateway: Running) -> None:
    with closing(
        ManagementApi(f"http://127.0.0.1:{gateway.port}/prod", REGION, lambda: keys("wrong"))
    ) as api:
        assert api.post(NEVER_ISSUED, b"hello") == PostResult(PostOutcome.REFUSED, "403 ForbiddenException")


def test_a_post_that_reaches_nobody_was_not_received() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
    assert post_to(port, NEVER_ISSUED, b"hello").outcome is PostOutcome.UNREACHED


@contextmanager
def _server(*answers: bytes) -> Iterator[ManagementApi]:
    """Answer one request a connection with these bytes, then end the connection."""

    def serve() -> None:
        for answer in answers:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        thread = threading.Thread(target=serve)
        thread.start()
        with api_at(server.getsockname()[1]) as api:
            yield api
        thread.join(PATIENCE_S)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (b"", PostOutcome.UNKNOWN),
        (b"HTTP/1.1 2", PostOutcome.UNKNOWN),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort", PostOutcome.UNKNOWN),
        (b"no http\r\n\r\n", PostOutcome.UNKNOWN),
        (b"HTTP/1.1 503 Slow Down\r\ncontent-length: 0\r\n\r\n", PostOutcome.UNKNOWN),
        (b"HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n", PostOutcome.GONE),
        (b"HTTP/1.1 429 Too Many Requests\r\n\r\n", PostOutcome.THROTTLED),
    ],
)
def test_an_answer_is_classified_by_its_status_and_one_that_breaks_off_is_unknown(
    answer: bytes, outcome: PostOutcome
) -> None:
    """CL-3: without the error type header, too."""
    with _server(answer) as api:
        assert api.post(NEVER_ISSUED, b"hello").outcome is outcome


def test_a_connection_that_the_answer_ends_is_not_used_again() -> None:
    answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    with _server(answer, answer) as api:
        assert (
            api.post(NEVER_ISSUED, b"a") == api.post(NEVER_ISSUED, b"b") == PostResult(PostOutcome.DELIVERED)
        )


def test_an_answer_that_does_not_come_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_connections, "ANSWER_TIMEOUT_S", 0.01)
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        result = post_to(server.getsockname()[1], NEVER_ISSUED, b"hello")
    assert result.outcome is PostOutcome.UNKNOWN


def test_a_request_that_cannot_be_sent_to_its_end_was_not_received() -> None:
    """A connection that breaks in the middle of a request larger than the sockets' buffers."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        thread = threading.Thread(target=lambda: server.accept()[0].close())
        thread.start()
        result = post_to(server.getsockname()[1], NEVER_ISSUED, bytes(64_000_000))
        thread.join(PATIENCE_S)
    assert result.outcome is PostOutcome.UNREACHED
