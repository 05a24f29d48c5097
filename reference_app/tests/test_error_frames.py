from __future__ import annotations

import pytest

from reference_app.gateway.websocket_api import error_frames


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (error_frames.FORBIDDEN, "Forbidden"),  # RT-20
        (error_frames.INTERNAL_SERVER_ERROR, "Internal server error"),  # RT-21
        (error_frames.ENDPOINT_TIMED_OUT, "Endpoint request timed out"),  # RT-22
    ],
)
def test_frames_are_spaced_as_captured(message: str, text: str) -> None:
    """RT-20, RT-21, RT-22: a space after `"message":` and after commas, none after the other colons."""
    expected = f'{{"message": "{text}", "connectionId":"BFHPhfCWIAMCKlQ=", "requestId":"BFHPhFe3IAMF95g="}}'
    assert error_frames.error_frame(message, "BFHPhfCWIAMCKlQ=", "BFHPhFe3IAMF95g=") == expected.encode()
