"""What opens the backend's AWS side to the harness: its table and its management API."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Credentials:
    """Static credentials; without them the ordinary AWS chain decides."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ManagementAccess:
    """`@connections` (MG-1); `endpoint` ends with the stage, except on custom domains (MG-31)."""

    endpoint: str
    region: str


@dataclass(frozen=True, slots=True)
class TableAccess:
    """The connection table."""

    name: str
    region: str
    key: str | None = None
    """Name of the attribute that holds the connection id, where the user says so."""
    endpoint: str | None = None
    """Of a DynamoDB other than AWS's own in that region."""
