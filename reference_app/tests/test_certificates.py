"""Certificates of one run."""

from __future__ import annotations

import socket
import ssl
import threading
from pathlib import Path

import pytest

from reference_app.gateway.certificates import Certificates

NAME = "abcdefghij.execute-api.eu-west-1.amazonaws.com"


def handshake(certificates: Certificates, bundle: str, name: str) -> str | None:
    """TLS version that a client with this bundle and a server agree on."""
    context = ssl.create_default_context(cafile=bundle)
    ours, theirs = socket.socketpair()
    server = threading.Thread(target=accept, args=(certificates.server_context(), theirs))
    server.start()
    try:
        with ours, context.wrap_socket(ours, server_hostname=name) as client:
            return client.version()
    finally:
        server.join()


def accept(context: ssl.SSLContext, connection: socket.socket) -> None:
    with connection:
        try:
            context.wrap_socket(connection, server_side=True).close()
        except (ssl.SSLError, OSError):
            return  # the client did not trust it


@pytest.mark.parametrize("name", [NAME, "localhost", "127.0.0.1"])
@pytest.mark.parametrize(
    "variable", ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"]
)
def test_whoever_trusts_the_bundles_trusts_the_gateway(tmp_path: Path, variable: str, name: str) -> None:
    """HS-2."""
    certificates = Certificates([NAME], tmp_path)

    assert handshake(certificates, certificates.variables()[variable], name) in {"TLSv1.2", "TLSv1.3"}


def test_other_names_are_not_vouched_for(tmp_path: Path) -> None:
    certificates = Certificates([NAME], tmp_path)

    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(certificates, certificates.variables()["SSL_CERT_FILE"], "dynamodb.eu-west-1.amazonaws.com")


def test_the_public_authorities_stay_trusted(tmp_path: Path) -> None:
    variables = Certificates([NAME], tmp_path).variables()

    own = Path(variables["NODE_EXTRA_CA_CERTS"]).read_text()
    everybody = Path(variables["SSL_CERT_FILE"]).read_text()
    assert own in everybody
    assert everybody.count("BEGIN CERTIFICATE") > 50


def test_each_run_has_an_authority_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first, second = Certificates([NAME], tmp_path / "a"), Certificates([NAME], tmp_path / "b")

    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(first, second.variables()["NODE_EXTRA_CA_CERTS"], NAME)
