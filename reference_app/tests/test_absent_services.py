"""Calls of services that are not here, as boto3 makes them and as it shows the answer."""

from __future__ import annotations

import json

import pytest

from reference_app.gateway.functions.absent_services import absent_call, refusal
from reference_app.gateway.http_server import Request


def signed(service: str, target: str = "/", body: bytes = b"", **headers: str) -> Request:
    scope = f"AWS4-HMAC-SHA256 Credential=local/20261123/us-east-1/{service}/aws4_request, SignedHeaders=host"
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request("POST", target, {"authorization": scope, **named}, body)


FORM = {"content_type": "application/x-www-form-urlencoded; charset=utf-8"}


@pytest.mark.parametrize(
    ("request_", "named"),
    [
        (
            signed("secretsmanager", x_amz_target="secretsmanager.GetSecretValue"),
            "secretsmanager:GetSecretValue",
        ),
        (signed("ssm", x_amz_target="AmazonSSM.GetParameter"), "ssm:GetParameter"),
        (signed("sns", body=b"Action=Publish&Version=2010-03-31", **FORM), "sns:Publish"),
        (
            signed("monitoring", "/service/GraniteServiceVersion20100801/operation/PutMetricData"),
            "monitoring:PutMetricData",
        ),
        (signed("s3", "/bucket/key?x-id=PutObject"), "s3:POST /bucket/key"),
        (signed("sns", body=b"\xff", **FORM), "sns:POST /"),
        (Request("GET", "/health", {}, b""), "GET /health"),
    ],
)
def test_service_and_operation_are_read_from_the_call(request_: Request, named: str) -> None:
    assert str(absent_call(request_)) == named


def test_who_speaks_json_is_answered_in_json() -> None:
    request = signed("sqs", x_amz_target="AmazonSQS.SendMessage", content_type="application/x-amz-json-1.0")

    answer = refusal(absent_call(request), request)

    body = json.loads(answer.body)
    assert (answer.status, body["__type"]) == (400, "ServiceNotOnThisMachine")
    assert body["message"].startswith("sqs:SendMessage is not on this machine")


def test_a_path_that_looks_like_xml_does_not_break_the_answer() -> None:
    request = signed("s3", "/<bucket>&co")

    answer = refusal(absent_call(request), request)

    assert b"s3:POST /&lt;bucket>&amp;co is not on this machine" in answer.body
    assert answer.body.startswith(b"<Error>")
