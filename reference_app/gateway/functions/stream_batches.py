"""Records of a table's stream on their way into a function's event, and what its result says of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from reference_app.gateway.functions import event_filter
from reference_app.gateway.functions.batch_item_failures import failed_items
from reference_app.gateway.template.application import StreamSource

Record: TypeAlias = Mapping[str, Any]
"""As GetRecords has it, or, where a function is to see it, as events have it."""


@dataclass(frozen=True)
class Batch:
    """Records that are sent together, in their order."""

    records: tuple[Record, ...]
    attempts: int = 0
    """How often it has failed."""

    def halves(self) -> tuple[Batch, ...]:
        """The batch in two, each tried as often; a single record stays as it is."""
        middle = len(self.records) // 2
        parts = (self.records[:middle], self.records[middle:])
        return tuple(Batch(part, self.attempts) for part in parts if part)


def as_in_events(record: Record) -> Record:
    """A record as filters and functions see it: they have members of `userIdentity` in lower case (ES-6)."""
    if "userIdentity" not in record:
        return record
    members = {name[:1].lower() + name[1:]: value for name, value in record["userIdentity"].items()}
    return {**record, "userIdentity": members}


def wanted(source: StreamSource, records: Sequence[Record]) -> tuple[Record, ...]:
    """Those that a filter of the source lets pass, all where it has none (ES-4)."""
    if not source.filters:
        return tuple(records)
    return tuple(r for r in records if any(event_filter.matches(pattern, r) for pattern in source.filters))


def event_of(source: StreamSource, batch: Batch, region: str) -> bytes:
    """The event that the function gets."""
    own = {"eventVersion": "1.1", "awsRegion": region, "eventSourceARN": source.stream_arn}
    return json.dumps({"Records": [{**record, **own} for record in batch.records]}).encode()


def left_of(source: StreamSource, batch: Batch, payload: bytes) -> Batch | None:
    """What a function that returned left undone: from the first failed record on (ES-3); None for nothing.

    A result that names a record which is not in the batch, or cannot be read, fails all of it.
    """
    if not source.reports_failures:
        return None
    numbers = [str(record["dynamodb"]["SequenceNumber"]) for record in batch.records]
    failed = failed_items(payload, numbers)
    if failed is not None and not failed:
        return None
    first = 0 if failed is None else min(map(numbers.index, failed))
    return Batch(batch.records[first:], batch.attempts if first == 0 else 0)
