"""Custom domains of a template."""

from __future__ import annotations

from pathlib import Path

from reference_app.gateway.template.application import CustomDomain
from reference_app.tests.template_writing import SMALLEST, application

MAPPED = """
Domain: {Type: AWS::ApiGatewayV2::DomainName, Properties: {DomainName: WS.example.com}}
Mapping:
  Type: AWS::ApiGatewayV2::ApiMapping
  Properties: {ApiId: !Ref Api, DomainName: !Ref Domain, Stage: !Ref Stage, ApiMappingKey: /chat}
Other:
  Type: AWS::ApiGatewayV2::ApiMapping
  Properties: {ApiId: another, DomainName: !Ref Domain, Stage: !Ref Stage}
"""


def test_a_mapping_leads_its_domain_to_its_stage(tmp_path: Path) -> None:
    """MG-31."""
    result = application(tmp_path, SMALLEST + MAPPED)

    assert result.apis[0].domains == (CustomDomain("ws.example.com", "chat"),)
    assert result.warnings == ()


def test_sams_domain_is_a_mapping_to_the_root(tmp_path: Path) -> None:
    """MG-31."""
    head = "Transform: AWS::Serverless-2016-10-31"
    resources = """
    Fn:
      Type: AWS::Serverless::Function
      Properties: {CodeUri: code, Handler: app.handler, Runtime: python3.12}
    Api:
      Type: AWS::Serverless::WebSocketApi
      Properties:
        RouteSelectionExpression: $request.body.action
        StageName: prod
        Domain: {DomainName: ws.example.com, CertificateArn: arn, Route53: {HostedZoneId: Z}}
        Routes: {$connect: {FunctionArn: !GetAtt Fn.Arn}}
    """

    result = application(tmp_path, resources, head)

    assert result.apis[0].domains == (CustomDomain("ws.example.com"),)
    assert result.warnings == ()
