"""What Node loads before a function's code: it leads connections that are for AWS to the stack."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import textwrap
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from reference_app.gateway.functions import name_interception, node_runtime

pytestmark = pytest.mark.skipif(node_runtime.installed_version() is None, reason="there is no node here")

HOST = "abcdefghij.execute-api.eu-west-1.amazonaws.com"
CONNECT = """
const net = require("node:net");
const socket = net.connect({call}, () => {{
  console.log(socket.remotePort);
  socket.destroy();
}});
"""


@pytest.mark.parametrize("call", [f"{{host: '{HOST}', port: 443}}", f"443, '{HOST.upper()}'"])
def test_connections_to_the_apis_names_lead_to_the_gateway(call: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        environment = name_interception.variables([HOST], "127.0.0.1", port)
        assert connected(call, environment) == port


def test_other_names_are_left_alone_by_node_too() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        environment = name_interception.variables([HOST], "127.0.0.1", 9)
        assert connected(f"{{host: '127.0.0.1', port: {port}}}", environment) == port


def test_a_service_that_is_not_here_is_told_once_by_node_too() -> None:
    script = """
    process.stderr.write = (text) => process.stdout.write(text);
    const lookup = (name, options, done) => done(new Error("no network"));
    const options = { host: "sns.eu-west-1.amazonaws.com", port: 443, lookup };
    for (const _ of [1, 2]) require("node:net").connect(options).on("error", () => 0);
    """
    environment = name_interception.variables([HOST], "127.0.0.1", 9)

    assert preloaded("name_interception.cjs", textwrap.dedent(script), environment).splitlines() == [
        "local stack: sns.eu-west-1.amazonaws.com is not here; DynamoDB, Lambda, SQS and @connections are"
    ]


def connected(call: str, environment: Mapping[str, str]) -> int:
    return int(preloaded("name_interception.cjs", textwrap.dedent(CONNECT.format(call=call)), environment))


def preloaded(hook: str, script: str, environment: Mapping[str, str]) -> str:
    """What a script prints that runs after this hook."""
    node = shutil.which("node")
    assert node is not None
    command = [node, "--require", str(node_runtime.FOLDER / hook), "--eval", script]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


CALL = """
const https = require("node:https");
const { request } = await import("node:https");
const answer = await new Promise((resolve, reject) => {
  const hostname = "dynamodb.eu-west-1.amazonaws.com";
  const options = { hostname, path: "/", headers: { Host: hostname }, agent: new https.Agent() };
  https.request(options, resolve).on("error", reject).end();
});
console.log(JSON.stringify({ host: answer.headers.heard, isSame: request === https.request }));
"""


def test_an_sdk_that_knows_no_endpoint_variable_reaches_the_local_dynamodb() -> None:
    with HTTPServer(("127.0.0.1", 0), HostTeller) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        environment = {"AWS_ENDPOINT_URL_DYNAMODB": f"http://127.0.0.1:{server.server_port}"}

        printed = preloaded("service_endpoints.cjs", f"(async () => {{{CALL}}})()", environment)

    assert json.loads(printed) == {"host": "dynamodb.eu-west-1.amazonaws.com", "isSame": True}


SIGNED = """
const https = require("node:https");
const ask = (hostname, headers) => new Promise((resolve) => {
  const lookup = (name, options, done) => done(new Error("no network"));
  const told = (answer) => resolve(answer.headers.heard);
  https.request({ hostname, headers, lookup }, told).on("error", (error) => resolve(error.message)).end();
});
(async () => {
  const lambda = "lambda.eu-west-1.amazonaws.com";
  const gateway = "abc.execute-api.eu-west-1.amazonaws.com";
  const heard = [
    await ask(lambda, { Host: lambda, Authorization: "AWS4" }),
    await ask(gateway, { Host: gateway, Authorization: "AWS4" }),
    await ask("s3.amazonaws.com", {}),
  ];
  console.log(JSON.stringify(heard));
})();
"""


def test_its_other_signed_calls_reach_the_stack_and_nothing_else_does() -> None:
    with HTTPServer(("127.0.0.1", 0), HostTeller) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        environment = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}"}

        printed = preloaded("service_endpoints.cjs", SIGNED, environment)

    assert json.loads(printed) == ["lambda.eu-west-1.amazonaws.com", "no network", "no network"]


class HostTeller(BaseHTTPRequestHandler):
    """Answers with the host that was asked for."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("heard", self.headers["Host"])
        self.end_headers()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""
