"""API Gateway's host names lead to the local gateway, in an interpreter of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap

import pytest

from reference_app.gateway.functions import name_interception

HOST = "abcdefghij.execute-api.eu-west-1.amazonaws.com"


def in_an_interpreter(script: str, *hosts: str) -> object:
    """What a script prints as JSON when the folder comes first on its PYTHONPATH."""
    environment = {**os.environ, "PYTHONPATH": str(name_interception.FOLDER)}
    if hosts:
        environment |= name_interception.variables(hosts, "127.0.0.1", 4321)
    output = subprocess.run(
        [sys.executable, "-c", "import json, socket\n" + textwrap.dedent(script)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(output.stdout)


ADDRESS = "print(json.dumps(socket.getaddrinfo({host!r}, {port}, type=socket.SOCK_STREAM)[0][4]))"


@pytest.mark.parametrize("host", [HOST, HOST.upper(), HOST + ".", HOST.encode()])
def test_an_intercepted_name_has_the_gateways_address_and_port(host: str | bytes) -> None:
    assert in_an_interpreter(ADDRESS.format(host=host, port=443), HOST) == ["127.0.0.1", 4321]


def test_other_names_are_left_alone() -> None:
    assert in_an_interpreter(ADDRESS.format(host="127.0.0.9", port=80), HOST) == ["127.0.0.9", 80]


def test_a_service_that_is_not_here_is_told_once() -> None:
    script = """
    import contextlib, io
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        for _ in range(2):
            with contextlib.suppress(OSError):
                socket.getaddrinfo("sns.invalid.amazonaws.com", "no such service")
    print(json.dumps(said.getvalue().splitlines()))
    """

    assert in_an_interpreter(script, HOST) == [
        "local stack: sns.invalid.amazonaws.com is not here; DynamoDB, Lambda, SQS and @connections are"
    ]


def test_without_hosts_nothing_is_wrapped() -> None:
    assert in_an_interpreter("print(json.dumps(socket.getaddrinfo.__module__))") == "socket"


def test_http_clients_and_asyncio_connect_to_the_gateways_port() -> None:
    script = f"""
    import asyncio, threading, urllib3

    listener = socket.create_server(("127.0.0.1", 0))
    import sitecustomize
    sitecustomize.install(f"127.0.0.1:{{listener.getsockname()[1]}} {HOST}")
    with socket.create_connection(("{HOST}", 443)) as one:
        peers = [one.getpeername()[1]]
    async def connect():
        _, writer = await asyncio.open_connection("{HOST}", 443)
        peers.append(writer.get_extra_info("peername")[1])
        writer.close()
    asyncio.run(connect())
    with urllib3.util.connection.create_connection(("{HOST}", 443)) as three:
        peers.append(three.getpeername()[1])
    print(json.dumps(set(peers) == {{listener.getsockname()[1]}} and len(peers) == 3))
    """

    assert in_an_interpreter(script) is True
