"""API Gateway's `@connections`: where it is, and one post to one connection.

Not through boto3: its general machinery takes most of the CPU time of a large broadcast, and this is one
request with one signature. `python -m reference_app.benchmark` measures what that saves.
"""

from __future__ import annotations

import os
import ssl
import time
from functools import cache
from http import HTTPStatus
from http.client import HTTP_PORT, HTTPS_PORT, HTTPException, HTTPResponse
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import boto3

from .kept_connections import ANSWER_TIMEOUT_S, CONNECT_TIMEOUT_S, KeptConnections
from .post_outcome import PostOutcome, PostResult, outcome_of_status
from .signature import Keys, signed_headers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .websocket_event import RequestContext

POST_LIMIT_S = CONNECT_TIMEOUT_S + ANSWER_TIMEOUT_S
"""The longest that one post can last (BP-51)."""


def management_endpoint(context: RequestContext, region: str) -> str:
    """Make the URL under which the stage of an event takes `@connections` calls (MG-1).

    An event that came in over a custom domain does not say its base path (MG-31); the API's own domain
    serves the same connections. The AWS SDKs' own variable for this service's endpoint goes first.
    """
    if (configured := os.environ.get("AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI")) is not None:
        return configured
    own_domain = f"{context.api_id}.execute-api."
    domain = context.domain_name
    if not domain.startswith(own_domain):
        suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
        domain = f"{own_domain}{region}.{suffix}"
    return f"https://{domain}/{context.stage}"


class ManagementApi:
    """The `@connections` of one stage; may be used from many threads at once."""

    def __init__(self, endpoint: str, region: str, keys: Callable[[], Keys]) -> None:
        """`keys` is asked for every post, since credentials that are temporary change."""
        url = urlsplit(endpoint)
        self._host = url.netloc
        self._path = f"{url.path.rstrip('/')}/@connections/"
        self._region = region
        self._keys = keys
        tls = _tls_context() if url.scheme == "https" else None
        port = url.port or (HTTP_PORT if tls is None else HTTPS_PORT)
        self._connections = KeptConnections(url.hostname or "", port, tls)

    def post(self, connection_id: str, payload: bytes) -> PostResult:
        """Post once. Never raises for what the network or API Gateway does."""
        path = self._path + quote(connection_id, safe="")  # MG-4
        timestamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        headers = signed_headers(
            self._host, path, payload, keys=self._keys(), region=self._region, timestamp=timestamp
        )
        return self._exchange(_request(path, headers, payload))

    def close(self) -> None:
        """Close the connections that are open and idle; a later post opens others."""
        self._connections.close()

    def _exchange(self, request: bytes) -> PostResult:
        try:
            connection = self._connections.take()
        except OSError as error:
            return PostResult(PostOutcome.UNREACHED, repr(error))
        try:
            connection.sendall(request)
        except OSError as error:
            # A request that was cut short is carried out by nobody.
            connection.close()
            return PostResult(PostOutcome.UNREACHED, repr(error))
        try:
            with HTTPResponse(connection, method="POST") as response:
                response.begin()
                response.read()
        except (OSError, HTTPException) as error:
            connection.close()
            return PostResult(PostOutcome.UNKNOWN, repr(error))
        if response.will_close:
            connection.close()
        else:
            self._connections.give_back(connection)
        return _result(response)


@cache
def management_api(endpoint: str, region: str) -> ManagementApi:
    """Keep one a stage: a warm environment may serve several (BP-49)."""
    credentials = boto3.Session().get_credentials()
    if credentials is None:
        raise RuntimeError("there are no AWS credentials to sign posts with")

    def keys() -> Keys:
        current = credentials.get_frozen_credentials()
        assert current.access_key is not None
        assert current.secret_key is not None
        return Keys(current.access_key, current.secret_key, current.token)

    return ManagementApi(endpoint, region, keys)


@cache
def _tls_context() -> ssl.SSLContext:
    """Read the trusted authorities once; AWS_CA_BUNDLE replaces the system's, as in the AWS SDKs."""
    return ssl.create_default_context(cafile=os.environ.get("AWS_CA_BUNDLE"))


def _request(path: str, headers: Mapping[str, str], body: bytes) -> bytes:
    """Write the whole request, so that it goes out at once; http.client would send head and body apart."""
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    lines.append(f"content-length: {len(body)}\r\n\r\n")
    return "\r\n".join(lines).encode("ascii") + body


def _result(response: HTTPResponse) -> PostResult:
    if response.status == HTTPStatus.OK:
        return PostResult(PostOutcome.DELIVERED)
    # The status, not the error type: a 410 without that header means the same (CL-3).
    kind = response.getheader("x-amzn-errortype", "")
    return PostResult(outcome_of_status(response.status), f"{response.status} {kind}".rstrip())
