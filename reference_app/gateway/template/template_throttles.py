"""Throttles of a template: of stages, routes and usage plans."""

from __future__ import annotations

from reference_app.gateway.template.application import Throttle
from reference_app.gateway.template.resolved_template import ResolvedTemplate
from reference_app.gateway.template.template_document import TemplateValue

_ACCOUNT_RATE, _ACCOUNT_BURST = 10_000.0, 5_000  # LM-13


def read_throttle(
    template: ResolvedTemplate, resource: str, what: str, rate: TemplateValue, burst: TemplateValue
) -> Throttle | None:
    """The throttle that a resource states; what it leaves out is the account's, all of it none.

    Raises TemplateError for what is not a number.
    """
    if rate is None and burst is None:
        return None
    try:
        return Throttle(
            _ACCOUNT_RATE if rate is None else float(rate),
            _ACCOUNT_BURST if burst is None else int(float(burst)),
        )
    except (TypeError, ValueError, OverflowError) as wrong:
        raise template.error(resource, f"{what} is not a number: {rate!r}, {burst!r}") from wrong
