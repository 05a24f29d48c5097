"""MOCK integrations as outcomes: MK-1, MK-2."""

from __future__ import annotations

import json

from reference_app.gateway.functions.invocation import Failed, Returned
from reference_app.gateway.template.application import Mock
from reference_app.gateway.websocket_api.mock_integration import outcome_of


def test_a_mock_is_what_a_function_would_have_returned() -> None:
    outcome = outcome_of(Mock(200, "pong"))

    assert isinstance(outcome, Returned)
    assert json.loads(outcome.payload) == {"statusCode": 200, "body": "pong"}


def test_without_a_response_template_there_is_no_body() -> None:
    assert outcome_of(Mock(403)) == Returned(b'{"statusCode": 403}')


def test_a_mock_without_a_status_fails() -> None:
    assert isinstance(outcome_of(Mock(None, "pong")), Failed)
