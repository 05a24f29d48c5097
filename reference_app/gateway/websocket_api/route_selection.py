"""Which route a message takes (RT-1 to RT-10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_app.gateway.websocket_api.lenient_json import NotJson
from reference_app.gateway.websocket_api.selection_expression import SelectionExpression

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reference_app.gateway.template.application import Route
    from reference_app.gateway.unknowns import Unknowns

DEFAULT_ROUTE = "$default"
_LIFECYCLE_ROUTES = frozenset({"$connect", "$disconnect"})


class RouteSelector:
    """The route selection expression of one API, with the API's routes."""

    def __init__(self, expression: str, routes: Mapping[str, Route], unknowns: Unknowns) -> None:
        """Compile the expression; raises UnsupportedExpression."""
        self._expression = SelectionExpression(expression, unknowns)
        self._routes = {key: route for key, route in routes.items() if key not in _LIFECYCLE_ROUTES}

    def select(self, message: str) -> Route | None:
        """Return the route of a text message, `$default` included; None means Forbidden (RT-5, RT-20)."""
        route = self._routes.get(self._evaluate(message))
        return route if route is not None else self._routes.get(DEFAULT_ROUTE)

    def _evaluate(self, message: str) -> str:
        try:
            return self._expression.evaluate(message)
        except NotJson:
            return DEFAULT_ROUTE  # RT-6
