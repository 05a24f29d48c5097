from __future__ import annotations

from reference_app.chat.chatapp.error_frame import error_frame
from reference_app.chat.chatapp.websocket_event import request_context
from reference_app.tests.chat_backend import event


def test_an_error_frame_has_the_keys_of_api_gateways_own() -> None:
    sender = request_context(event("L0SM9cOFvHcCIhw="))
    assert error_frame("Message has no data", sender) == (
        b'{"message": "Message has no data", '
        b'"connectionId": "L0SM9cOFvHcCIhw=", "requestId": "BFaVtH2HoAMFZEQ="}'
    )
