"""Names that resources get when they are created: what `Ref` and `Fn::GetAtt` stand for.

Names that AWS draws at random are derived from the template's path and the logical id, so that the same
template gives the same names at every start.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"

_NAME_PROPERTIES: Mapping[str, str] = {
    "AWS::DynamoDB::Table": "TableName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Lambda::LayerVersion": "LayerName",
    "AWS::ApiGatewayV2::Stage": "StageName",
    "AWS::ApiGatewayV2::DomainName": "DomainName",
    "AWS::IAM::Role": "RoleName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::SSM::Parameter": "Name",
}

_ARN_RESOURCES: Mapping[str, str] = {
    "AWS::DynamoDB::Table": "dynamodb:{region}:{account}:table/{name}",
    "AWS::Lambda::Function": "lambda:{region}:{account}:function:{name}",
    "AWS::Lambda::LayerVersion": "lambda:{region}:{account}:layer:{name}:1",
    "AWS::IAM::Role": "iam::{account}:role/{name}",
    "AWS::Logs::LogGroup": "logs:{region}:{account}:log-group:{name}:*",
    "AWS::S3::Bucket": "s3:::{name}",
    "AWS::SNS::Topic": "sns:{region}:{account}:{name}",
    "AWS::SQS::Queue": "sqs:{region}:{account}:{name}",
}


def derived(seed: str, length: int) -> str:
    """Characters `[0-9a-z]` that depend on nothing but `seed`."""
    number = int.from_bytes(hashlib.sha256(seed.encode()).digest(), "big")
    characters = []
    for _ in range(length):
        number, digit = divmod(number, 36)
        characters.append(_BASE36[digit])
    return "".join(characters)


@dataclass(frozen=True)
class PhysicalResources:
    """The created resources of one template, as far as names go."""

    resources: Mapping[str, Any]
    """Resources of the plain CloudFormation template."""
    resolve: Callable[[Any], Any]
    """Evaluates intrinsic functions, for names that are given by some."""
    stack: str
    seed: str
    region: str
    account_id: str

    def reference(self, logical_id: str) -> str:
        """What `Ref` gives. Raises KeyError for an unknown logical id."""
        kind = self._kind(logical_id)
        if kind == "AWS::ApiGatewayV2::Api":
            return self.api_id(logical_id)
        if kind in {"AWS::SNS::Topic", "AWS::Lambda::Version", "AWS::Lambda::LayerVersion"}:
            return self.attribute(logical_id, "Arn")
        if kind == "AWS::Lambda::Alias":
            return self._alias_arn(logical_id)
        if kind == "AWS::SQS::Queue":
            return f"https://sqs.{self.region}.amazonaws.com/{self.account_id}/{self.name(logical_id)}"
        return self.name(logical_id)

    def attribute(self, logical_id: str, attribute: str) -> str:
        """What `Fn::GetAtt` gives. Raises KeyError for an unknown logical id or attribute."""
        kind = self._kind(logical_id)
        match kind, attribute:
            case "AWS::ApiGatewayV2::Api", "ApiEndpoint":
                return f"wss://{self.api_id(logical_id)}.execute-api.{self.region}.amazonaws.com"
            case "AWS::ApiGatewayV2::Api", "ApiId":
                return self.api_id(logical_id)
            case "AWS::SQS::Queue", "QueueUrl":
                return self.reference(logical_id)
            case "AWS::SSM::Parameter", "Value":
                return str(self.resolve(self.resources[logical_id]["Properties"]["Value"]))
            case "AWS::DynamoDB::Table", "StreamArn":
                return f"{self.attribute(logical_id, 'Arn')}/stream/2026-01-01T00:00:00.000"
            case "AWS::Lambda::Version", ("Arn" | "FunctionArn"):
                return f"{self._function_arn(logical_id)}:1"
            case "AWS::Lambda::Alias", ("Arn" | "AliasArn"):
                return self._alias_arn(logical_id)
            case _, ("Arn" | "TopicArn" | "AuthorizerArn"):
                return self._arn(logical_id)
            case _, _ if attribute.endswith(("Name", "Id")):
                return self.name(logical_id)
        raise KeyError(attribute)

    def name(self, logical_id: str) -> str:
        """The given name, or one like CloudFormation's `{stack}-{logical id}-{random}`."""
        resource = self.resources[logical_id]
        named_by = _NAME_PROPERTIES.get(resource["Type"])
        given = (resource.get("Properties") or {}).get(named_by) if named_by else None
        if given is not None and (name := self.resolve(given)) is not None:
            return str(name)
        return f"{self.stack}-{logical_id}-{derived(self.seed + logical_id, 12).upper()}"

    def api_id(self, logical_id: str) -> str:
        """Ten characters `[a-z0-9]` (EV-36)."""
        return derived(f"{self.seed}/{logical_id}", 10)

    def _kind(self, logical_id: str) -> str:
        return str(self.resources[logical_id]["Type"])

    def _arn(self, logical_id: str) -> str:
        service = self._kind(logical_id).split("::")[1].lower()
        pattern = _ARN_RESOURCES.get(self._kind(logical_id), service + ":{region}:{account}:{name}")
        path = pattern.format(region=self.region, account=self.account_id, name=self.name(logical_id))
        return f"arn:aws:{path}"

    def _alias_arn(self, logical_id: str) -> str:
        alias = self.resolve(self.resources[logical_id]["Properties"]["Name"])
        return f"{self._function_arn(logical_id)}:{alias}"

    def _function_arn(self, logical_id: str) -> str:
        """The unqualified ARN of the function that a version or alias is of."""
        function = str(self.resolve(self.resources[logical_id]["Properties"]["FunctionName"]))
        return function if function.startswith("arn:") else self._lambda_arn(function)

    def _lambda_arn(self, name: str) -> str:
        return f"arn:aws:lambda:{self.region}:{self.account_id}:function:{name}"
