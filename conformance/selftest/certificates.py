"""TLS for servers on this machine: an authority of the moment, and who trusts it."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import trustme


@dataclass(frozen=True)
class Certificates:
    """A server's context, and that of a client who trusts its authority."""

    server: ssl.SSLContext
    client: ssl.SSLContext
    authority_pem: bytes

    def write_authority(self, folder: Path) -> Path:
        """The authority's certificate as a file, for SSL_CERT_FILE."""
        path = folder / "authority.pem"
        path.write_bytes(self.authority_pem)
        return path


@cache
def certificates(name: str = "localhost", *, expired: bool = False) -> Certificates:
    """For a server of that name."""
    authority = trustme.CA()
    end = datetime.now(UTC) - timedelta(days=1) if expired else None
    certificate = authority.issue_cert(name, not_after=end)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(server)
    client = ssl.create_default_context()
    authority.configure_trust(client)
    return Certificates(server, client, authority.cert_pem.bytes())
