from __future__ import annotations

import pytest

from reference_app.chat.chatapp.post_outcome import PostOutcome, outcome_of_status


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (400, PostOutcome.REFUSED),
        (403, PostOutcome.REFUSED),
        (410, PostOutcome.GONE),
        (413, PostOutcome.TOO_LARGE),
        (429, PostOutcome.THROTTLED),
        (500, PostOutcome.UNKNOWN),
        (503, PostOutcome.UNKNOWN),
        (301, PostOutcome.UNKNOWN),
    ],
)
def test_a_status_says_whether_the_message_may_have_arrived(status: int, outcome: PostOutcome) -> None:
    assert outcome_of_status(status) is outcome


def test_only_what_surely_did_not_arrive_and_may_go_better_is_repeated() -> None:
    assert {outcome for outcome in PostOutcome if outcome.safe_to_repeat} == {
        PostOutcome.THROTTLED,
        PostOutcome.UNREACHED,
    }
