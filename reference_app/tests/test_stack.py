"""The stack from within: deployment, failures on the way, and nothing left behind."""

from __future__ import annotations

import asyncio
import os
import socket
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from reference_app.gateway.functions import node_runtime
from reference_app.gateway.stack import Stack, StackOptions
from reference_app.gateway.stack_errors import EndpointUnusableError, PortTakenError, TemplateError
from reference_app.gateway.template.application import Application
from reference_app.gateway.template.template import read_application
from reference_app.tests.process_state import PATIENCE_S
from reference_app.tests.running_command import APPS


def plain() -> Application:
    return read_application(APPS / "plain" / "template.yaml", {})


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the stack keeps what it needs only while it runs."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


async def deploy(application: Application, options: StackOptions) -> None:
    async with Stack(options) as stack:
        await stack.deploy(application)


def test_a_deployed_application_listens_until_the_stack_ends(folder: Path) -> None:
    async def run() -> int:
        async with Stack(StackOptions()) as stack:
            running = await stack.deploy(plain())
            _, writer = await asyncio.open_connection(running.address, running.port)
            writer.close()
            assert list(folder.iterdir())
            return running.port

    port = asyncio.run(run())

    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
    assert not list(folder.iterdir())


def test_a_function_that_cannot_run_is_refused_before_anything_listens(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(node_runtime, "installed_version", lambda: None)
    application = read_application(APPS / "classic" / "template.yaml", {})

    with pytest.raises(TemplateError, match=r"no node on the PATH"):
        asyncio.run(deploy(application, StackOptions()))

    assert not list(folder.iterdir())


def test_a_taken_port_leaves_nothing_behind(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(PortTakenError) as caught:
        asyncio.run(deploy(plain(), StackOptions(port=taken.getsockname()[1])))

    assert caught.value.reason == "Address already in use"
    assert not list(folder.iterdir())


def test_a_taken_control_port_is_told_by_its_option(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(PortTakenError) as caught:
        asyncio.run(deploy(plain(), StackOptions(control_port=taken.getsockname()[1])))

    assert "--control-port" in str(caught.value)
    assert not list(folder.iterdir())


def test_a_stack_with_controls_listens_on_loopback_until_it_ends(folder: Path) -> None:
    async def run() -> int:
        async with Stack(StackOptions(control_port=0)) as stack:
            running = await stack.deploy(plain())
            url = urlsplit(running.control_url or "")
            assert (url.hostname, running.ready.control_url) == ("127.0.0.1", running.control_url)
            assert url.port is not None
            _, writer = await asyncio.open_connection("127.0.0.1", url.port)
            writer.close()
            return url.port

    port = asyncio.run(run())
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_a_stack_without_controls_tells_of_none(folder: Path) -> None:
    async def run() -> str | None:
        async with Stack(StackOptions()) as stack:
            return (await stack.deploy(plain())).ready.control_url

    assert asyncio.run(run()) is None


def test_an_unusable_endpoint_leaves_nothing_behind(folder: Path) -> None:
    application = read_application(APPS / "announcing" / "template.yaml", {})

    with pytest.raises(EndpointUnusableError):
        asyncio.run(deploy(application, StackOptions(dynamodb_endpoint="nowhere")))

    assert not list(folder.iterdir())


def test_cancelling_a_deployment_leaves_nothing_behind(folder: Path) -> None:
    async def run() -> None:
        task = asyncio.ensure_future(deploy(plain(), StackOptions()))
        while not list(folder.iterdir()) and not task.done():
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())

    assert not list(folder.iterdir())


def test_the_unexpected_end_of_the_dynamodb_endpoint_is_told() -> None:
    told: list[str] = []

    async def run() -> None:
        async with Stack(StackOptions(notify=told.append)) as stack:
            (endpoint,) = (
                int(pid.name)
                for pid in Path("/proc").iterdir()
                if pid.name.isdecimal() and is_child_endpoint(pid)
            )
            os.kill(endpoint, 9)
            async with asyncio.timeout(PATIENCE_S):
                while not told:
                    await asyncio.sleep(0.005)
            assert stack is not None

    asyncio.run(run())

    assert told == ["the DynamoDB endpoint ended unexpectedly (return code -9)"]


def is_child_endpoint(process: Path) -> bool:
    try:
        parent = int((process / "stat").read_text().rpartition(") ")[2].split()[1])
        return parent == os.getpid()
    except (FileNotFoundError, ProcessLookupError):
        return False
