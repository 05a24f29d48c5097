"""Which messages a route's models let pass."""

from __future__ import annotations

import pytest

from reference_app.gateway.template.application import Models
from reference_app.gateway.unknowns import Unknowns
from reference_app.gateway.websocket_api.message_validation import MessageValidation

NAMED = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
NUMBERED = {"type": "object", "required": ["number"]}


def accepts(message: str, expression: str = "$request.body.kind", **schemas: object) -> bool:
    by_key = {key.replace("default", "$default"): schema for key, schema in schemas.items()}
    return MessageValidation(Models(expression, by_key), Unknowns()).accepts(message)


@pytest.mark.parametrize(
    ("message", "accepted"),
    [
        ('{"kind":"named","name":"x"}', True),
        ('{kind:"named",name:"x"}', True),
        ('{"kind":"named","name":1}', False),
        ('{"kind":"named"}', False),
        ("[]", False),
        ("no JSON", False),
    ],
)
def test_the_model_that_the_expression_selects_is_asked(message: str, *, accepted: bool) -> None:
    """RT-23."""
    assert accepts(message, named=NAMED) is accepted


def test_without_a_matching_model_the_default_is_asked() -> None:
    """RT-23."""
    assert accepts('{"kind":"other","number":1}', named=NAMED, default=NUMBERED)
    assert not accepts('{"kind":"other","name":"x"}', named=NAMED, default=NUMBERED)


def test_without_a_matching_model_and_a_default_nothing_passes() -> None:
    """RT-23."""
    assert not accepts('{"kind":"other","name":"x"}', named=NAMED)


def test_the_default_model_can_be_named() -> None:
    """RT-23."""
    assert accepts('{"number":1}', "$default", default=NUMBERED)
