"""Templates written in a test, and what the stack reads in them."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent, indent

from reference_app.gateway.template.application import Application
from reference_app.gateway.template.resolved_template import ResolvedTemplate, resolved
from reference_app.gateway.template.template import ACCOUNT_ID, REGION, STACK_NAME, read_application
from reference_app.gateway.template.template_document import parse_document

SMALLEST = """
Api:
  Type: AWS::ApiGatewayV2::Api
  Properties: {ProtocolType: WEBSOCKET, RouteSelectionExpression: $request.body.action}
Connect:
  Type: AWS::ApiGatewayV2::Route
  Properties: {ApiId: !Ref Api, RouteKey: $connect, Target: !Sub "integrations/${ToFn}"}
ToFn:
  Type: AWS::ApiGatewayV2::Integration
  Properties:
    ApiId: !Ref Api
    IntegrationType: AWS_PROXY
    IntegrationUri: !Sub arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${Fn.Arn}/invocations
Stage:
  Type: AWS::ApiGatewayV2::Stage
  Properties: {ApiId: !Ref Api, StageName: prod}
Fn:
  Type: AWS::Lambda::Function
  Properties: {Code: code, Handler: app.handler, Runtime: python3.12}
"""
"""An API with one route, in plain CloudFormation: no SAM, no wait for its translator."""


def resolved_template(resources: str, parameters: dict[str, object] | None = None) -> ResolvedTemplate:
    """A plain template of these resources."""
    document = parse_document("Resources:\n" + indent(dedent(resources), "  "), Path("template.yaml"))
    return resolved(
        document,
        document.resources,
        parameters or {},
        region=REGION,
        account_id=ACCOUNT_ID,
        stack=STACK_NAME,
    )


def application(folder: Path, resources: str = SMALLEST, head: str = "") -> Application:
    """What the stack reads in a template in `folder`, where `code/app.py` is a function's code."""
    (folder / "code").mkdir(exist_ok=True)
    (folder / "code" / "app.py").touch()
    path = folder / "template.yaml"
    path.write_text(dedent(head) + "\nResources:\n" + indent(dedent(resources), "  "))
    return read_application(path, {})
