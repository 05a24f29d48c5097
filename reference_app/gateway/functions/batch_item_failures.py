"""What a function's result says of the records that it was sent (`ReportBatchItemFailures`: ES-3, SQ-5)."""

from __future__ import annotations

import json
from collections.abc import Collection


def failed_items(payload: bytes, identifiers: Collection[str]) -> frozenset[str] | None:
    """Which of these the result names as failed, none if it names none.

    None, which fails all of them, for a result that names others, or cannot be read.
    """
    try:
        result = json.loads(payload)
        failures = (result or {}).get("batchItemFailures") or []
        named = frozenset(str(failure["itemIdentifier"] or "") for failure in failures)
    except (ValueError, AttributeError, KeyError, TypeError):
        return None
    return named if named <= frozenset(identifiers) else None
