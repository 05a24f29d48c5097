"""MOCK integrations: what API Gateway makes of its own templates, as if a function had returned it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from reference_app.gateway.functions.invocation import Failed, Returned

if TYPE_CHECKING:
    from reference_app.gateway.template.application import Mock

CONFIGURATION_ERROR_STATUS = 500
"""Of a handshake whose request template states no status (MK-2)."""


def outcome_of(mock: Mock) -> Returned | Failed:
    """The status of the request template with the body of the response template (MK-1, MK-2)."""
    if mock.status is None:
        return Failed("unhandled", "ConfigurationError", "the request template states no integer statusCode")
    body = {} if mock.body is None else {"body": mock.body}
    return Returned(json.dumps({"statusCode": mock.status, **body}).encode())
