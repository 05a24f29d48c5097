"""What a further recipient costs."""

from __future__ import annotations

import numpy as np
import pytest

from reports.fan_out import fan_out
from reports.latency_counts import TimeAxis
from reports.metrics import LOST, OwedPairs

from .sample_pairs import owed_pairs


def _pairs(recipients_of: list[int], last_ms: list[float]) -> OwedPairs:
    """Messages with so many recipients each, of which the last hears after so long, the others at once."""
    message = np.repeat(np.arange(len(recipients_of)), recipients_of)
    latency = np.full(len(message), 1_000_000, np.int64)
    for place, last in zip(np.cumsum(recipients_of) - 1, last_ms, strict=True):
        latency[place] = LOST if last == LOST else int(last * 1e6)
    return owed_pairs(message, np.zeros(len(message), np.int64), latency, TimeAxis.over(0, 1, 1.0))


def test_the_slope_is_the_cost_of_one_more_recipient() -> None:
    counts = [10 * (1 + n % 10) for n in range(60)]
    found = fan_out(_pairs(counts, [20 + 0.5 * count for count in counts]))
    assert found.per_recipient_ms == pytest.approx(0.5, rel=1e-3)
    assert found.base_ms == pytest.approx(20, rel=1e-3)
    assert found.recipients[0] == 10
    assert sum(found.messages) == 60


def test_too_few_messages_are_not_fitted() -> None:
    found = fan_out(_pairs([10, 20, 30], [1, 2, 3]))
    assert found.per_recipient_ms is None
    assert found.reason == "3 messages, and a fit needs 20"


def test_too_equal_numbers_of_recipients_are_not_fitted() -> None:
    found = fan_out(_pairs([40 + n % 6 for n in range(60)], [50.0] * 60))
    assert found.per_recipient_ms is None
    assert "too similar" in found.reason


def test_messages_that_lost_somebody_are_left_out() -> None:
    assert fan_out(_pairs([10] * 3, [5, 5, LOST])).messages == (2,)


def test_without_a_whole_message_there_is_a_reason_and_nothing_else() -> None:
    found = fan_out(_pairs([2], [LOST]))
    assert found.recipients == ()
    assert found.reason == "no message reached all of its recipients"
