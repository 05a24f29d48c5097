"""Certificates of one run: an authority that only this stack's functions trust, and the gateway's own."""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Mapping
from pathlib import Path

_NAMES_OF_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


class Certificates:
    """Makes the authority and a certificate for `host_names`; writes bundles into `folder`."""

    def __init__(self, host_names: Iterable[str], folder: Path) -> None:
        # cryptography and trustme take a tenth of a second to import.
        import certifi
        import trustme

        authority = trustme.CA(organization_name="churnproof local stack")
        self._certificate = authority.issue_cert(*host_names, *_NAMES_OF_THIS_MACHINE)
        self._own_bundle = folder / "local-ca.pem"
        self._bundle = folder / "ca-bundle.pem"
        authority.cert_pem.write_to_path(str(self._own_bundle))
        self._bundle.write_bytes(Path(certifi.where()).read_bytes() + authority.cert_pem.bytes())

    def server_context(self) -> ssl.SSLContext:
        """TLS for the gateway: 1.2 and 1.3 only (HS-2)."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._certificate.configure_cert(context)
        return context

    def variables(self) -> Mapping[str, str]:
        """What makes Python, requests and Node trust the authority beside the public ones, AWS's SDK alone.

        urllib3 reads AWS_CA_BUNDLE anew for every connection that the SDK opens: the public authorities take
        25 ms of a core each time, this one 2 ms. What they would vouch for refuses the stack's credentials.
        """
        return {
            "AWS_CA_BUNDLE": str(self._own_bundle),
            "REQUESTS_CA_BUNDLE": str(self._bundle),
            "SSL_CERT_FILE": str(self._bundle),
            "NODE_EXTRA_CA_CERTS": str(self._own_bundle),
        }
