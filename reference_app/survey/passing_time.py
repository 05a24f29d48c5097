"""How hours pass: in earnest, or on the moved clock of a local stack."""

from __future__ import annotations

import json
import time
import urllib.request
from dataclasses import dataclass
from typing import Protocol


class PassingTime(Protocol):
    """Lets time pass."""

    def pass_by(self, seconds: float) -> None:
        """Return when this much later is now."""


class RealTime:
    """Waits."""

    def pass_by(self, seconds: float) -> None:
        time.sleep(seconds)


@dataclass(frozen=True)
class MovedClock:
    """Moves a local stack's clock forward, by its control endpoint."""

    control_url: str

    def pass_by(self, seconds: float) -> None:
        request = urllib.request.Request(  # noqa: S310 - the URL is the local stack's own
            f"{self.control_url}/v1/clock",
            json.dumps({"advance_s": seconds}).encode(),
            {"Content-Type": "application/json"},
        )
        urllib.request.urlopen(request, timeout=30).close()  # noqa: S310
