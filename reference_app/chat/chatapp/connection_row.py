"""One row of the connection table: who is connected, since when, and until when at most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from types_boto3_dynamodb.type_defs import AttributeValueTypeDef

ROW_LIFETIME_S = 2 * 3600 + 600
"""No connection lives longer than two hours (LM-4); a row that missed its `$disconnect` goes soon after."""

ESTABLISHMENT_MARGIN_S = 1.0
"""For the time between the return of `$connect` and the first post that works (RC-4), and for clock skew."""


@dataclass(frozen=True, slots=True)
class ConnectionRow:
    """A row as far as a broadcast needs it."""

    connection_id: str
    connected_at_ms: int | None
    """When the `$connect` function began, on Lambda's clock, epoch milliseconds; None if unreadable.

    Not the gateway's `connectedAt` (EV-30): that precedes a cold start, which does not count towards the
    function's timeout, so a row could look older than any `$connect` while its own is still running.
    """

    def may_be_connecting(self, now_ms: int, connect_timeout_s: float) -> bool:
        """Tell whether this row's `$connect` can still be running: if so, a 410 says nothing (RC-1, RC-3)."""
        if self.connected_at_ms is None:
            return False
        return now_ms - self.connected_at_ms <= (connect_timeout_s + ESTABLISHMENT_MARGIN_S) * 1000


def new_item(connection_id: str, now_ms: int) -> dict[str, AttributeValueTypeDef]:
    """Make the DynamoDB item for a connection that begins now; its expiry is in seconds, as TTL wants it."""
    return {
        "connectionId": {"S": connection_id},
        "connectedAt": {"N": str(now_ms)},
        "expiresAt": {"N": str(now_ms // 1000 + ROW_LIFETIME_S)},
    }


def row_of(item: Mapping[str, AttributeValueTypeDef]) -> ConnectionRow:
    """Read an item; one that this backend did not write is still somebody's connection id."""
    return ConnectionRow(item["connectionId"]["S"], _integer(item.get("connectedAt", {}).get("N", "")))


def _integer(text: str) -> int | None:
    try:
        return int(text)
    except ValueError:
        return None
