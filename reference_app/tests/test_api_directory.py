from __future__ import annotations

import pytest

from reference_app.gateway.http_message import HttpRequest
from reference_app.gateway.template.application import CustomDomain
from reference_app.gateway.websocket_api.api_directory import (
    ApiDirectory,
    Destination,
    domain_name,
    is_management_call,
)
from reference_app.tests.running_gateway import REGION, api

FIRST = api(logical_id="First", api_id="aaaaaaaaaa", stage="prod")
SECOND = api(logical_id="Second", api_id="bbbbbbbbbb", stage="prod")
THIRD = api(logical_id="Third", api_id="cccccccccc", stage="v1")
DIRECTORY = ApiDirectory((FIRST, SECOND, THIRD), REGION)


def find(path: str, host: str = "127.0.0.1:3001") -> Destination | None:
    return DIRECTORY.find(HttpRequest("GET", path, (("Host", host),)))


def test_the_domain_name_is_that_of_the_default_endpoint() -> None:
    """HS-1, EV-34."""
    assert domain_name(FIRST, REGION) == "aaaaaaaaaa.execute-api.eu-west-1.amazonaws.com"


def test_the_host_name_chooses_the_api() -> None:
    assert find("/prod", "BBBBBBBBBB.execute-api.eu-west-1.amazonaws.com:443") == Destination(
        SECOND, (), domain_name(SECOND, REGION)
    )


def test_another_host_reaches_the_first_api_with_the_stage() -> None:
    assert find("/prod") == Destination(FIRST, (), domain_name(FIRST, REGION))
    assert find("/v1") == Destination(THIRD, (), domain_name(THIRD, REGION))


def test_what_follows_the_stage_is_decoded() -> None:
    """MG-4."""
    assert find("/prod/%40connections/ab%3D?x=y") == Destination(
        FIRST, ("@connections", "ab="), domain_name(FIRST, REGION)
    )


@pytest.mark.parametrize("path", ["/", "/other", "/@connections/x"])
def test_a_path_without_a_stage_leads_nowhere(path: str) -> None:
    """HS-3, MG-33."""
    assert find(path) is None


def test_a_stage_of_another_api_leads_nowhere() -> None:
    """MG-15."""
    assert find("/v1", "aaaaaaaaaa.execute-api.eu-west-1.amazonaws.com") is None


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/prod/@connections/x", True),
        ("/%40connections/x", True),
        ("/prod", False),
        ("/prod?@connections", False),
    ],
)
def test_management_calls_are_told_by_their_path(path: str, expected: bool) -> None:
    """MG-4."""
    assert is_management_call(HttpRequest("GET", path, ())) is expected


ROOT = api(logical_id="Root", domains=(CustomDomain("ws.example.com"),))
DEEP = api(logical_id="Deep", api_id="dddddddddd", domains=(CustomDomain("ws.example.com", "v2/chat"),))
CUSTOM = ApiDirectory((ROOT, DEEP), REGION)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", (ROOT, ("",))),
        ("/@connections/x", (ROOT, ("@connections", "x"))),
        ("/prod", (ROOT, ("prod",))),
        ("/v2/chat", (DEEP, ())),
        ("/v2/chat/@connections/x", (DEEP, ("@connections", "x"))),
    ],
)
def test_at_a_custom_domain_the_base_path_chooses_and_no_stage_is_named(path: str, expected: object) -> None:
    """MG-31."""
    found = CUSTOM.find(HttpRequest("GET", path, (("Host", "WS.example.com:443"),)))
    assert found is not None
    assert (found.api, found.rest) == expected
    assert (found.domain, found.is_custom) == ("ws.example.com", True)


def test_the_default_endpoint_stays_beside_a_custom_domain() -> None:
    found = CUSTOM.find(HttpRequest("GET", "/prod", (("Host", domain_name(DEEP, REGION)),)))
    assert found == Destination(DEEP, (), domain_name(DEEP, REGION))
