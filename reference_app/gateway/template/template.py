"""SAM template -> Application: the one way into the local stack."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reference_app.gateway.functions.lambda_runtime import check_runnable
from reference_app.gateway.stack_errors import BUILT_TEMPLATE, TemplateError
from reference_app.gateway.template.application import Application, Route
from reference_app.gateway.template.resolved_template import ResolvedTemplate, resolved
from reference_app.gateway.template.sam_translation import translate
from reference_app.gateway.template.template_api_keys import API_KEY, USAGE_PLAN, USAGE_PLAN_KEY
from reference_app.gateway.template.template_apis import (
    API,
    AUTHORIZER,
    INTEGRATION,
    ROUTE,
    ROUTE_RESPONSE,
    STAGE,
    read_apis,
)
from reference_app.gateway.template.template_document import TemplateDocument, read_document
from reference_app.gateway.template.template_domains import DOMAIN, MAPPING
from reference_app.gateway.template.template_event_sources import EVENT_SOURCE, read_event_sources
from reference_app.gateway.template.template_functions import FUNCTION, RETRIES, read_functions
from reference_app.gateway.template.template_mocks import INTEGRATION_RESPONSE
from reference_app.gateway.template.template_models import MODEL
from reference_app.gateway.template.template_parameters import parameter_values
from reference_app.gateway.template.template_queues import QUEUE, read_queues
from reference_app.gateway.template.template_tables import TABLE, read_table, with_tables

REGION = "us-east-1"
"""Of a stack that is not told another."""
ACCOUNT_ID = "123456789012"
"""AWS's documentation account; also the one that moto keeps its tables under."""
STACK_NAME = "local"

_READ = frozenset(
    {
        *(API, AUTHORIZER, INTEGRATION, INTEGRATION_RESPONSE, MODEL, ROUTE, ROUTE_RESPONSE, STAGE),
        *(DOMAIN, MAPPING),
        *(API_KEY, USAGE_PLAN, USAGE_PLAN_KEY),
        *(FUNCTION, RETRIES, EVENT_SOURCE, QUEUE, TABLE),
    }
)

# Resources without a local meaning: the stack evaluates no IAM, keeps no logs, and has no networks.
_WITHOUT_MEANING = (
    "AWS::ApiGateway::Account",
    "AWS::ApiGateway::Deployment",
    "AWS::ApiGateway::Stage",
    "AWS::ApiGatewayV2::Deployment",
    "AWS::ApplicationAutoScaling::",
    "AWS::CDK::Metadata",
    "AWS::CloudFormation::WaitConditionHandle",
    "AWS::CloudWatch::",
    "AWS::EC2::EIP",
    "AWS::EC2::InternetGateway",
    "AWS::EC2::NatGateway",
    "AWS::EC2::Route",
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::Subnet",
    "AWS::EC2::VPC",
    "AWS::IAM::",
    "AWS::Lambda::Alias",
    "AWS::Lambda::LayerVersion",
    "AWS::Lambda::Permission",
    "AWS::Lambda::Version",
    "AWS::Logs::",
    "AWS::Route53::",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
)


def read_application(path: Path, parameters: Mapping[str, str], *, region: str = REGION) -> Application:
    """The application that a SAM or CloudFormation template describes.

    `parameters` are values for the template's parameters beyond its defaults. Needs neither network nor
    credentials. Raises StackError: TemplateError or ParameterError.
    """
    return application_of(read_document(path), parameters, region=region)


def application_of(
    document: TemplateDocument, parameters: Mapping[str, str], *, region: str = REGION
) -> Application:
    """The same for a template that is read already."""
    values = parameter_values(_needed_parameters(document.content, parameters), parameters)
    template = resolved(
        document,
        with_tables(translate(document, values, region)),
        values,
        region=region,
        account_id=ACCOUNT_ID,
        stack=STACK_NAME,
    )
    apis = read_apis(template)
    if not apis:
        raise TemplateError(
            "the template has no WebSocket API",
            template=document.path,
            accepted="AWS::Serverless::WebSocketApi, or AWS::ApiGatewayV2::Api with ProtocolType WEBSOCKET",
        )
    stages = [api.stage for api in apis]
    for api in apis:
        if stages.count(api.stage) > 1:
            first = apis[stages.index(api.stage)].logical_id
            template.warn(api.logical_id, f"several APIs have a stage {api.stage}: its URL reaches {first}")
    called = {name for api in apis for route in api.routes.values() for name in _called(route)}
    sources = read_event_sources(template)
    functions = read_functions(template, called, {source.function for source in sources})
    tables = tuple(read_table(template, logical_id) for logical_id in template.of_type(TABLE))
    queues = read_queues(template)
    _warn_of_the_rest(template)
    return Application(
        document.path.resolve(),
        region,
        apis,
        functions,
        tables,
        queues,
        tuple(source for source in sources if source.function in functions),
        tuple(template.warnings),
    )


def check_application(application: Application) -> None:
    """Raise TemplateError for a function that this machine cannot run: other runtime, missing handler."""
    for function in application.functions.values():
        problem = check_runnable(function)
        if problem is not None and not function.on_demand:
            raise TemplateError(
                f"function {function.logical_id}: {problem.what}",
                template=application.template,
                line=function.line,
                accepted=_already_built(application.template, problem.accepted),
            )


def _already_built(template: Path, accepted: str) -> str:
    """The advice to build, unless somebody has: then where that is."""
    built = template.parent / BUILT_TEMPLATE
    if BUILT_TEMPLATE not in accepted or not built.is_file():
        return accepted
    return f"`sam build` has been run here: give {built}"


def _called(route: Route) -> list[str]:
    """Logical ids of the functions that a route leads to."""
    authorizer = route.authorizer.function if route.authorizer is not None else None
    return [function for function in (route.function, authorizer) if function is not None]


def _needed_parameters(template: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, Any]:
    """Those that are given or named anywhere; the CDK declares one that only its own rules look at."""
    rest = {section: part for section, part in template.items() if section not in ("Parameters", "Rules")}
    used = json.dumps(rest, default=repr)
    declared = template.get("Parameters") or {}
    return {name: declaration for name, declaration in declared.items() if name in given or name in used}


def _warn_of_the_rest(template: ResolvedTemplate) -> None:
    for logical_id in template.resources:
        kind = template.type_of(logical_id)
        if kind is not None and kind not in _READ and not kind.startswith(_WITHOUT_MEANING):
            template.warn(logical_id, "resources of this type are not run here")
