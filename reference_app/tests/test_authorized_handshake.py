"""Handshakes with a REQUEST authorizer, or with an API key, over sockets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
import websocket
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from reference_app.gateway.functions.invocation import Failed
from reference_app.gateway.template.application import ApiKeys, Authorizer, Route
from reference_app.gateway.unknowns import Unknowns
from reference_app.tests.running_gateway import ACCESS_KEY, REGION, SECRET, Running, api, running_gateway

AUTHORIZER = Authorizer("authorizer", ("route.request.querystring.token",))
ROUTES = (
    Route("$connect", "connect", authorizer=AUTHORIZER),
    Route("$default", "say"),
    Route("$disconnect", "disconnect"),
)
GUARDED = api(*ROUTES, stage_variables={"tier": "gold"})
ARN = "arn:aws:execute-api:eu-west-1:123456789012:abcdefghij/prod/$connect"


def policy(effect: str) -> dict[str, Any]:
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": ARN}
    return {
        "principalId": "user",
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": {"n": 1},
    }


@contextmanager
def guarded(answer: object, unknowns: Unknowns | None = None) -> Iterator[Running]:
    async def authorizer(_event: dict[str, Any]) -> object:
        return answer

    with running_gateway(apis=(GUARDED,), handlers={"authorizer": authorizer}, unknowns=unknowns) as gateway:
        yield gateway


def presigned(gateway: Running, secret: str = SECRET, service: str = "execute-api") -> str:
    """The query string that a browser signs a handshake with."""
    request = AWSRequest("GET", gateway.url)
    SigV4QueryAuth(Credentials(ACCESS_KEY, secret), service, REGION).add_auth(request)
    return "?" + urlsplit(str(request.url)).query


def signed_headers(gateway: Running) -> dict[str, str]:
    request = AWSRequest("GET", gateway.url)
    SigV4Auth(Credentials(ACCESS_KEY, SECRET), "execute-api", REGION).add_auth(request)
    return dict(request.headers.items())


def refusal(gateway: Running, path: str = "?token=x", **options: Any) -> int:
    with pytest.raises(websocket.WebSocketBadStatusException) as caught, gateway.client(path, **options):
        pass
    return int(caught.value.status_code)


def test_what_the_authorizer_says_goes_with_every_event() -> None:
    """EV-23, DC-8."""
    with guarded(policy("Allow")) as gateway:
        with gateway.client("?token=x") as client:
            client.send("hello")
            message = gateway.functions.of_type("MESSAGE")[0]
        disconnect = gateway.functions.of_type("DISCONNECT")[0]
        connect = gateway.functions.of_type("CONNECT", 2)[1]

    for event in (connect, message, disconnect):
        assert event["requestContext"]["authorizer"] == {
            "principalId": "user",
            "n": "1",
            "integrationLatency": 0,
        }


def test_the_authorizer_is_asked_with_the_handshake_and_the_arn_of_the_route() -> None:
    """HS-20."""
    with guarded(policy("Allow")) as gateway, gateway.client("?token=x", header={"Auth": "y"}):
        asked = gateway.functions.of_type("CONNECT")[0]

    assert (asked["type"], asked["methodArn"]) == ("REQUEST", ARN)
    assert (asked["headers"]["Auth"], asked["queryStringParameters"]) == ("y", {"token": "x"})
    assert asked["stageVariables"] == {"tier": "gold"}
    assert asked["requestContext"]["routeKey"] == "$connect"
    assert not {"pathParameters", "body", "isBase64Encoded"} & asked.keys()


def test_frames_after_connect_are_not_authorized_again() -> None:
    """HS-20."""
    with guarded(policy("Allow")) as gateway, gateway.client("?token=x") as client:
        client.send("hello")
        gateway.functions.of_type("MESSAGE")
        assert [event.get("type") for event in gateway.functions.events] == ["REQUEST", None, None]


def test_a_missing_identity_source_is_401_and_nobody_is_asked() -> None:
    """HS-18."""
    with guarded(policy("Allow")) as gateway:
        assert refusal(gateway, "") == 401
        assert gateway.functions.events == []


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (policy("Deny"), 403),
        (Failed("unhandled", "Error", "Unauthorized"), 401),
        (Failed("unhandled", "Error", "boom"), 500),
        ({"statusCode": 200}, 500),
    ],
)
def test_a_refused_client_never_reaches_connect(answer: object, status: int) -> None:
    """HS-17, HS-19, HS-21."""
    with guarded(answer) as gateway:
        assert refusal(gateway) == status
        assert [event.get("type") for event in gateway.functions.events] == ["REQUEST"]


def test_the_status_of_a_failed_authorizer_can_be_chosen() -> None:
    """HS-21, Q-6."""
    with guarded(Failed("unhandled", "E", "boom"), Unknowns(authorizer_failure_status=403)) as gateway:
        assert refusal(gateway) == 403


@pytest.mark.parametrize(
    ("headers", "status"), [({}, 403), ({"x-api-key": "other"}, 403), ({"X-Api-Key": "secret"}, 101)]
)
def test_an_api_key_is_looked_for_in_its_header(headers: dict[str, str], status: int) -> None:
    """HS-23."""
    keyed = api(Route("$connect", "connect", api_key_required=True), api_keys=ApiKeys({"secret": "id1"}))
    with running_gateway(apis=(keyed,)) as gateway:
        if status == 403:
            assert refusal(gateway, header=headers) == 403
            assert gateway.functions.events == []
        else:
            with gateway.client(header=headers):
                identity = gateway.functions.of_type("CONNECT")[0]["requestContext"]["identity"]
            assert (identity["apiKey"], identity["apiKeyId"]) == ("secret", "id1")


@pytest.mark.parametrize(("said", "is_let_in"), [("secret", True), ("other", False), (None, False)])
def test_the_authorizer_may_name_the_api_key(said: str | None, *, is_let_in: bool) -> None:
    """HS-23."""
    route = Route("$connect", "connect", authorizer=Authorizer("authorizer"), api_key_required=True)
    keyed = api(route, api_keys=ApiKeys({"secret": "id1"}, "authorizer"))

    async def authorizer(_event: dict[str, Any]) -> object:
        return {**policy("Allow"), "usageIdentifierKey": said}

    with running_gateway(apis=(keyed,), handlers={"authorizer": authorizer}) as gateway:
        if is_let_in:
            with gateway.client():
                assert len(gateway.functions.of_type("CONNECT", 2)) == 2
        else:
            assert refusal(gateway) == 403


IAM = api(Route("$connect", "connect", iam=True), Route("$default", "say"))


def test_iam_lets_in_who_signs_the_handshake_in_headers_or_query() -> None:
    """HS-22; frames are not authorized any more (HS-17)."""
    with running_gateway(apis=(IAM,)) as gateway:
        with gateway.client(header=signed_headers(gateway)):
            pass
        with gateway.client(presigned(gateway)) as client:
            client.send("hello")
            gateway.functions.of_type("MESSAGE")


def test_iam_refuses_who_does_not_sign_or_wrongly() -> None:
    """HS-22, HS-17."""
    with running_gateway(apis=(IAM,)) as gateway:
        refused = ["", "?X-Amz-Signature=x", presigned(gateway, "other"), presigned(gateway, service="s3")]
        assert [refusal(gateway, query) for query in refused] == [403] * 4
        assert gateway.functions.events == []
