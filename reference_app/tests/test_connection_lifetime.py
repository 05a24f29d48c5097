from __future__ import annotations

from reference_app.gateway.websocket_api.connection_lifetime import expiry, next_deadline


def test_ten_minutes_without_a_message_are_too_long() -> None:
    """LM-3, noticed 3.9 s late: LM-16."""
    assert expiry(0.0, 50.0, 653.8) is None
    assert expiry(0.0, 50.0, 653.9) == "idle"


def test_two_hours_are_too_long_however_busy_the_client_is() -> None:
    """LM-4."""
    assert expiry(0.0, 7199.0, 7199.9) is None
    assert expiry(0.0, 7199.0, 7200.0) == "duration"


def test_the_next_deadline_is_the_nearer_one() -> None:
    assert next_deadline(0.0, 100.0) == 703.9
    assert next_deadline(0.0, 7000.0) == 7200.0
