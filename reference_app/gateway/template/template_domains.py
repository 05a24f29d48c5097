"""Custom domains of a template: which names lead to a stage, under which base paths (MG-31)."""

from __future__ import annotations

from reference_app.gateway.template.application import CustomDomain
from reference_app.gateway.template.resolved_template import ResolvedTemplate

DOMAIN = "AWS::ApiGatewayV2::DomainName"
MAPPING = "AWS::ApiGatewayV2::ApiMapping"


def read_domains(template: ResolvedTemplate, api_id: str, stage: str) -> tuple[CustomDomain, ...]:
    """The custom domains that are mapped to a stage of an API, by its name.

    Raises TemplateError for a mapping without a domain name.
    """
    return tuple(
        CustomDomain(
            template.text(mapping, "DomainName").lower(),
            str(template.get(mapping, "ApiMappingKey", "")).strip("/"),
        )
        for mapping in template.of_type(MAPPING)
        if template.get(mapping, "ApiId") == api_id and template.get(mapping, "Stage") == stage
    )
