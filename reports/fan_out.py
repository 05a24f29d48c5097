"""What a further recipient costs: the number that tells when a broadcast design stops scaling."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from .latency_counts import Nanoseconds
from .metrics import LOST, OwedPairs
from .results import FanOut

_MOST_CLASSES = 24
_LEAST_MESSAGES = 20
_LEAST_CLASSES = 5
_LEAST_SPREAD = 2.0
"""Times as many recipients in the largest class as in the smallest."""


def fan_out(pairs: OwedPairs) -> FanOut:
    """Latency to the last recipient by number of recipients, and a line through the medians.

    The line is fitted by least squares, each class weighted by its messages. It is not fitted where
    too few messages, or too equal numbers of recipients, would make its slope a matter of chance.
    """
    whole = pairs.owed() & (pairs.last_ns != LOST)
    recipients, last_ns = pairs.recipients[whole], pairs.last_ns[whole]
    if len(recipients) == 0:
        return FanOut(reason="no message reached all of its recipients")
    classes = [of_class for of_class in _classes(recipients) if of_class.any()]
    found = FanOut(
        recipients=tuple(float(recipients[c].mean()) for c in classes),
        messages=tuple(int(c.sum()) for c in classes),
        last_p50_ms=tuple(_percentile_ms(last_ns[c], 50) for c in classes),
        last_p95_ms=tuple(_percentile_ms(last_ns[c], 95) for c in classes),
    )
    return _fitted(found)


def _classes(recipients: npt.NDArray[np.int64]) -> list[npt.NDArray[np.bool_]]:
    """One class a number, or classes of equal width where there are more than two dozen numbers."""
    low, high = int(recipients.min()), int(recipients.max())
    width = -(-(high - low + 1) // _MOST_CLASSES)
    number = (recipients - low) // width
    return [number == n for n in range(int(number.max()) + 1)]


def _fitted(found: FanOut) -> FanOut:
    messages, (fewest, *_, most) = sum(found.messages), (*found.recipients, found.recipients[-1])
    if messages < _LEAST_MESSAGES:
        return _unfitted(found, f"{messages} messages, and a fit needs {_LEAST_MESSAGES}")
    if len(found.recipients) < _LEAST_CLASSES or most < _LEAST_SPREAD * fewest:
        spread = f"{fewest:.0f} to {most:.0f} recipients"
        return _unfitted(found, f"{spread} are too similar to tell what one more costs")
    # polyfit weighs residuals before they are squared.
    weights = np.sqrt(found.messages)
    (slope, base), covariance = np.polyfit(found.recipients, found.last_p50_ms, 1, w=weights, cov=True)
    return replace(
        found,
        base_ms=float(base),
        per_recipient_ms=float(slope),
        per_recipient_error_ms=_student_95(len(found.recipients) - 2) * math.sqrt(covariance[0][0]),
    )


def _student_95(freedom: int) -> float:
    """Two-sided 95 % quantile of Student's t, at most 3 % too large for 3 degrees of freedom and more."""
    return 1.96 + 3.7 / freedom


def _unfitted(found: FanOut, reason: str) -> FanOut:
    return replace(found, reason=reason)


def _percentile_ms(latency_ns: Nanoseconds, percent: int) -> float:
    return float(np.percentile(latency_ns, percent, method="inverted_cdf")) / 1e6
