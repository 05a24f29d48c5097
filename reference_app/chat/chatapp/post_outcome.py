"""What the answer to a PostToConnection says about the message."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus


class PostOutcome(Enum):
    """Each outcome says whether the client may have received the message."""

    DELIVERED = "delivered"
    """Taken by API Gateway; no receipt of the client's (RC-24)."""
    GONE = "gone"
    """410, not received: the connection is closed, or not yet established (RC-1)."""
    THROTTLED = "throttled"
    """429, not received (MG-17)."""
    UNREACHED = "unreached"
    """Not received: no TCP connection to API Gateway came about."""
    TOO_LARGE = "too-large"
    """413, not received (MG-16)."""
    REFUSED = "refused"
    """Any other 4xx, not received."""
    UNKNOWN = "unknown"
    """5xx, or no answer in time: it may have been received."""
    OUT_OF_TIME = "out-of-time"
    """Not received: the time budget ended before the post began."""

    @property
    def safe_to_repeat(self) -> bool:
        """True only where a second attempt cannot become a second delivery, and may go better."""
        return self in (PostOutcome.THROTTLED, PostOutcome.UNREACHED)


@dataclass(frozen=True, slots=True)
class PostResult:
    """One answer; `detail` is for the log alone."""

    outcome: PostOutcome
    detail: str = ""


def outcome_of_status(status: int) -> PostOutcome:
    """Classify an HTTP error status of `@connections` (MG-13 to MG-18)."""
    match status:
        case HTTPStatus.GONE:
            return PostOutcome.GONE
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return PostOutcome.TOO_LARGE
        case HTTPStatus.TOO_MANY_REQUESTS:
            return PostOutcome.THROTTLED
        case _:
            is_definite = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
            return PostOutcome.REFUSED if is_definite else PostOutcome.UNKNOWN
