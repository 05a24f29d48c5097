from __future__ import annotations

import pytest

from reference_app.gateway.unknowns import Unknowns
from reference_app.gateway.websocket_api import close_causes
from reference_app.gateway.websocket_api.close_causes import Ending, WireClose

UNKNOWNS = Unknowns()


@pytest.mark.parametrize(
    ("ending", "expected"),
    [
        pytest.param(
            close_causes.closed_by_client(1005, "", UNKNOWNS),
            Ending(1005, "Client-side close frame status not set", None),
            id="DC-20 no code",
        ),
        pytest.param(
            close_causes.closed_by_client(1001, "", UNKNOWNS),
            Ending(1001, "", None),
            id="DC-21 navigated away",
        ),
        pytest.param(
            close_causes.idle(),
            Ending(1001, "Going away", WireClose(1001, "Going away")),
            id="DC-22 LM-17 idle",
        ),
        pytest.param(
            close_causes.deleted(UNKNOWNS),
            Ending(1000, "Connection Closed Normally", WireClose(1000, "Connection Closed Normally")),
            id="DC-23 deleted",
        ),
        pytest.param(
            close_causes.closed_by_client(4001, "bye", UNKNOWNS),
            Ending(4001, "bye", None),
            id="DC-24 passed on",
        ),
        pytest.param(close_causes.abrupt(UNKNOWNS), Ending(1006, "", None), id="DC-25 abrupt"),
        pytest.param(
            close_causes.binary_frame(UNKNOWNS),
            Ending(1003, "", WireClose(1003, "")),
            id="DC-26 RT-50 binary",
        ),
        pytest.param(
            close_causes.too_big(UNKNOWNS), Ending(1009, "", WireClose(1009, "")), id="DC-26 RT-51 size"
        ),
        pytest.param(
            close_causes.invalid_text(UNKNOWNS), Ending(1007, "", WireClose(1007, "")), id="RT-60 UTF-8"
        ),
        pytest.param(
            close_causes.protocol_error(UNKNOWNS), Ending(1002, "", WireClose(1002, "")), id="RT-60 protocol"
        ),
        pytest.param(
            close_causes.too_old(UNKNOWNS),
            Ending(1001, "Going away", WireClose(1001, "Going away")),
            id="LM-18 two hours",
        ),
        pytest.param(
            close_causes.service_stopped(),
            Ending(1001, "Going away", WireClose(1001, "Going away")),
            id="DC-3 stop",
        ),
    ],
)
def test_a_cause_says_what_the_client_and_disconnect_are_told(ending: Ending, expected: Ending) -> None:
    assert ending == expected


def test_what_is_unknown_can_be_chosen() -> None:
    unknowns = Unknowns(abrupt_close_code=1001, abrupt_close_reason="gone", delete_close_reason="deleted")
    assert close_causes.abrupt(unknowns) == Ending(1001, "gone", None)
    assert close_causes.deleted(unknowns).wire == WireClose(1000, "deleted")


def test_the_reason_of_a_client_may_be_dropped() -> None:
    """DC-24."""
    unknowns = Unknowns(client_close_reason="dropped")
    assert close_causes.closed_by_client(4001, "bye", unknowns) == Ending(4001, "", None)


def test_a_refused_frame_may_count_as_an_abrupt_end() -> None:
    """DC-26."""
    unknowns = Unknowns(refused_frame_told="abrupt")
    assert close_causes.too_big(unknowns) == Ending(1006, "", WireClose(1009, ""))
