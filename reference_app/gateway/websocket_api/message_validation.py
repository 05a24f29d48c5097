"""Which messages a route's models let pass (RT-23)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_app.gateway.websocket_api import lenient_json
from reference_app.gateway.websocket_api.selection_expression import SelectionExpression

if TYPE_CHECKING:
    from reference_app.gateway.template.application import Models
    from reference_app.gateway.unknowns import Unknowns

_DEFAULT_MODEL = "$default"


class MessageValidation:
    """The models of one route, JSON schemas of draft 4."""

    def __init__(self, models: Models, unknowns: Unknowns) -> None:
        """Compile the model selection expression; raises UnsupportedExpression."""
        from jsonschema import Draft4Validator  # it takes half a second to import, and few routes have models

        always = models.selection_expression == _DEFAULT_MODEL
        self._expression = None if always else SelectionExpression(models.selection_expression, unknowns)
        self._leniency: lenient_json.Leniency = unknowns.lenient_json
        self._validators = {key: Draft4Validator(schema) for key, schema in models.schemas.items()}

    def accepts(self, message: str) -> bool:
        """Return whether the message is valid; without a matching model, nor a `$default` one, it is not."""
        try:
            key = _DEFAULT_MODEL if self._expression is None else self._expression.evaluate(message)
            body = lenient_json.parse(message, self._leniency)
        except lenient_json.NotJson:
            return False
        validator = self._validators.get(key) or self._validators.get(_DEFAULT_MODEL)
        return validator is not None and bool(validator.is_valid(body))
