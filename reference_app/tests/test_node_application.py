"""A Node.js application on the whole stack: AWS SDK v3, API Gateway's own names, TLS and all."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from reference_app.gateway.functions import node_runtime
from reference_app.gateway.functions.node_sdk import installed_sdk
from reference_app.gateway.stack_errors import NodeSdkError
from reference_app.gateway.user_cache import cache_folder
from reference_app.tests.process_state import eventually
from reference_app.tests.running_command import APPS, Running, running

APP = APPS / "node_announcing"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    if node_runtime.installed_version() is None:
        pytest.skip("there is no node here")
    try:
        asyncio.run(installed_sdk(cache_folder(), print))
    except NodeSdkError as offline:
        pytest.skip(str(offline))
    with running(tmp_path_factory.mktemp("stack"), APP / "template.yaml") as result:
        yield result


def test_unmodified_node_handlers_reach_table_layer_and_gateway(stack: Running) -> None:
    with stack.client() as one, stack.client() as two:
        assert len(stack.rows()) == 2
        one.send("héllo")
        assert [client.recv() for client in (one, two)] == ["hear: héllo"] * 2
    eventually(lambda: not stack.rows(), "the rows of closed connections go")


def test_the_users_folder_is_left_as_it_was(stack: Running) -> None:
    assert stack.process.poll() is None
    assert {entry.name for entry in APP.iterdir()} == {"app.js", "layer", "template.yaml"}
