from __future__ import annotations

import pytest

from reference_app.chat.chatapp.websocket_event import RequestContext, request_context
from reference_app.tests.chat_backend import event


def test_the_request_context_of_a_proxy_event_is_read() -> None:
    assert request_context(event("L0SM9cOFvHcCIhw=")) == RequestContext(
        connection_id="L0SM9cOFvHcCIhw=",
        request_id="BFaVtH2HoAMFZEQ=",
        api_id="abcdef1234",
        domain_name="abcdef1234.execute-api.eu-west-1.amazonaws.com",
        stage="prod",
    )


def test_an_event_of_another_source_is_an_error() -> None:
    with pytest.raises(KeyError, match="requestContext"):
        request_context({"Records": []})
