"""Where a deployed application is."""

from __future__ import annotations

from pathlib import Path

from reference_app.gateway.running_application import RunningApplication
from reference_app.gateway.template.application import Application, WebSocketApi


def running(address: str = "127.0.0.1") -> RunningApplication:
    apis = tuple(WebSocketApi(name, name.lower() * 10, name, "$request.body.action", {}) for name in "AB")
    application = Application(Path("t.yaml"), "eu-west-1", apis, {}, ())
    return RunningApplication(application, address, 4321, "http://127.0.0.1:2")


def test_each_api_has_a_url_and_the_first_is_the_target() -> None:
    assert running().urls == ("ws://127.0.0.1:4321/A", "ws://127.0.0.1:4321/B")
    assert running().ready.url == "ws://127.0.0.1:4321/A"
    assert running().ready.management_endpoint == "http://127.0.0.1:4321/A"


def test_an_ipv6_address_is_bracketed() -> None:
    assert running("::1").urls[0] == "ws://[::1]:4321/A"
