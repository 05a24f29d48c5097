"""Everything that can go wrong, in two trees that never mix.

ChurnproofError             ours: the command was wrong, or the harness broke
├── UsageError              what the user gave cannot work (exit 4)
└── HarnessError            the harness itself failed (exit 3)

TargetFailure               theirs: what the backend under test did; evidence, not an accident
├── Unreachable             no TCP connection
├── TlsFailure              no TLS session
├── HandshakeRefused        an HTTP answer other than 101
├── HandshakeBroken         no whole or no valid HTTP answer
├── ConnectionLost          the connection ended under an operation
└── SendStalled             the peer does not take the bytes
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from typing import ClassVar

from reports.history import OpOutcome
from reports.results import Exit

_BODY_EXCERPT = 300
_UNTRUSTED = (18, 19, 20, 21)
"""OpenSSL's X509_V_ERR_… for chains that end in no authority that is trusted."""


class ChurnproofError(Exception):
    """Ends the command with `exit_code`; its text is the one message that the user sees."""

    exit_code: ClassVar[Exit] = Exit.HARNESS_ERROR


class UsageError(ChurnproofError):
    exit_code: ClassVar[Exit] = Exit.USAGE


class HarnessError(ChurnproofError):
    exit_code: ClassVar[Exit] = Exit.HARNESS_ERROR


class TargetFailure(Exception):  # noqa: N818 - evidence, not an error
    """An operation on the target did not succeed; `outcome` says whether it may have taken effect."""

    outcome: OpOutcome = "unknown"
    status: int | None = None
    """HTTP status of the handshake, where one came."""

    @property
    def alike(self) -> str:
        """What is the same each time that this happens: failures are counted by it."""
        return str(self)


class Unreachable(TargetFailure):
    outcome: OpOutcome = "failed"

    def __init__(self, where: str, cause: OSError) -> None:
        super().__init__(where, cause)
        self.where = where
        self.cause = cause

    def __str__(self) -> str:
        return f"cannot reach {self.where}: {self._why()}"

    def _why(self) -> str:
        match self.cause:
            case socket.gaierror():
                return "the host name does not resolve; check its spelling and the DNS of this machine"
            case ConnectionRefusedError():
                return "connection refused; nothing listens there"
            case TimeoutError():
                return "no answer to the TCP connect; check the port, firewalls and security groups"
        return self.cause.strerror or str(self.cause)


class TlsFailure(TargetFailure):
    outcome: OpOutcome = "failed"

    def __init__(self, where: str, cause: OSError) -> None:
        super().__init__(where, cause)
        self.where = where
        self.cause = cause

    def __str__(self) -> str:
        return f"no TLS session with {self.where}: {self._why()}"

    def _why(self) -> str:
        match self.cause:
            case ssl.SSLCertVerificationError() as error:
                advice = "; to trust a private authority, name its PEM file in SSL_CERT_FILE"
                untrusted = error.verify_code in _UNTRUSTED
                return (
                    f"the certificate is not accepted ({error.verify_message}){advice if untrusted else ''}"
                )
            case ssl.SSLError(reason="WRONG_VERSION_NUMBER" | "RECORD_LAYER_FAILURE"):
                return "the server does not speak TLS on this port; is it ws:// rather than wss://?"
            case TimeoutError():
                return "the TLS handshake did not end in time"
        return str(self.cause)


class HandshakeRefused(TargetFailure):
    """The answer to the upgrade was not 101 (facts HS-8, HS-9, HS-17, HS-24)."""

    outcome: OpOutcome = "failed"

    def __init__(self, where: str, status: int, headers: Mapping[str, str], body: str) -> None:
        super().__init__(where, status, headers, body)
        self.where = where
        self.status = status
        self.headers = headers
        self.body = body

    def __str__(self) -> str:
        excerpt = self.body[:_BODY_EXCERPT].strip()
        said = f", saying {excerpt!r}" if excerpt else ""
        return f"{self.alike}{said}"

    @property
    def alike(self) -> str:
        # API Gateway's bodies name connection and request.
        return f"{self.where} refused the WebSocket handshake with HTTP {self.status}"


class HandshakeBroken(TargetFailure):
    """The upgrade was asked for, and no valid answer came: the backend may have seen a `$connect`."""

    def __init__(self, where: str, detail: str) -> None:
        super().__init__(where, detail)
        self.where = where
        self.detail = detail

    def __str__(self) -> str:
        return f"the WebSocket handshake with {self.where} broke off: {self.detail}"


class ConnectionLost(TargetFailure):
    def __init__(self, detail: str, *, outcome: OpOutcome = "unknown") -> None:
        super().__init__(detail)
        self.detail = detail
        self.outcome = outcome

    def __str__(self) -> str:
        return f"the connection was lost: {self.detail}"


class SendStalled(TargetFailure):
    def __init__(self, unsent: int, waited_s: float) -> None:
        super().__init__(unsent, waited_s)
        self.unsent = unsent
        self.waited_s = waited_s

    def __str__(self) -> str:
        return f"{self.alike} for {self.waited_s:.1f} s; {self.unsent} bytes are still unsent"

    @property
    def alike(self) -> str:
        return "the peer took no bytes"
