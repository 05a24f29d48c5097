"""The command line, by subprocess: what users and other tools rely on."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import pytest

from reference_app import __main__
from reference_app.tests.process_state import PATIENCE_S, eventually, state
from reference_app.tests.running_command import APPS, Running, command, is_port_free, run, running

ANNOUNCING = APPS / "announcing" / "template.yaml"
PLAIN = APPS / "plain" / "template.yaml"
SAM_FUNCTION = """
Transform: AWS::Serverless-2016-10-31
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties: {Handler: nowhere.handler, Runtime: python3.12}
  A:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      RouteSelectionExpression: $request.body.action
      Routes: {$connect: {FunctionArn: !GetAtt F.Arn}}
"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("stack")
    with running(folder, ANNOUNCING, "--parameter", "StageName=dev") as result:
        yield result


def test_the_target_file_names_url_table_and_credentials(stack: Running) -> None:
    port = urlsplit(stack.target["url"]).port

    assert stack.target["url"] == f"ws://127.0.0.1:{port}/dev"
    assert stack.target["management"] == {"endpoint": f"http://127.0.0.1:{port}/dev"}
    assert stack.target["table"]["key"] == "connectionId"
    assert stack.target["credentials"] == {"access_key_id": "local", "secret_access_key": "local-secret"}


def test_the_url_is_printed(stack: Running) -> None:
    assert stack.target["url"] in stack.stdout.read_text().splitlines()


def test_unmodified_handlers_reach_table_and_gateway_by_the_names_they_build(stack: Running) -> None:
    with stack.client() as one, stack.client() as two:
        assert len(stack.rows()) == 2
        one.send(json.dumps({"action": "announce", "data": "héllo"}))
        # Twice each: by requestContext.domainName, and by apiId and region.
        assert [client.recv() for client in (one, two) for _ in range(2)] == ["héllo"] * 4
    eventually(lambda: not stack.rows(), "the rows of closed connections go")


def test_the_same_port_takes_tls(stack: Running) -> None:
    url = stack.target["url"].replace("ws://", "wss://")

    with stack.client(url, sslopt={"cert_reqs": ssl.CERT_NONE}) as client:
        assert client.connected


def test_connections_can_be_managed_with_the_target_files_credentials(stack: Running) -> None:
    management = boto3.client(
        "apigatewaymanagementapi",
        endpoint_url=stack.target["management"]["endpoint"],
        region_name=stack.target["table"]["region"],
        aws_access_key_id=stack.target["credentials"]["access_key_id"],
        aws_secret_access_key=stack.target["credentials"]["secret_access_key"],
    )
    with stack.client() as client:
        (connection_id,) = stack.rows()
        management.post_to_connection(ConnectionId=connection_id, Data=b"from outside")
        assert client.recv() == "from outside"
    management.close()
    eventually(lambda: not stack.rows(), "the row goes")


def test_what_functions_do_is_on_the_terminal(stack: Running) -> None:
    with stack.client():
        pass

    eventually(lambda: "REPORT RequestId:" in stack.stderr.read_text(), "a report line")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_0_and_leaves_nothing_behind(tmp_path: Path, number: int) -> None:
    with running(tmp_path, PLAIN, "--quiet") as stack:
        family = stack.family()
        assert len(family) == 2  # the function and the table
        port = urlsplit(stack.target["url"]).port
        assert port is not None
        with stack.client():
            assert stack.end(number) == 0
        assert not any(state(pid) for pid in family)
        assert is_port_free(port)
        assert not (tmp_path / "ready.toml").exists()
        assert stack.stderr.read_text() == ""


def test_a_killed_stack_takes_its_processes_along(tmp_path: Path) -> None:
    with running(tmp_path, PLAIN) as stack:
        family = stack.family()
        assert stack.end(signal.SIGKILL) == -signal.SIGKILL
        eventually(lambda: not any(state(pid) for pid in family), "no process is left")


def test_another_dynamodb_endpoint_gets_the_tables(stack: Running, tmp_path: Path) -> None:
    endpoint = stack.target["table"]["endpoint"]

    with running(tmp_path, APPS / "echo" / "template.yaml", "--dynamodb-endpoint", endpoint) as other:
        assert len(other.family()) == 2
        with other.client() as client:
            client.send('{"action": "echo"}')
            assert client.recv() == '{"action": "echo"}'


def write(folder: Path, text: str) -> Path:
    path = folder / "template.yaml"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: [1", "this is neither YAML nor JSON"),
        ("Resources: {T: {Type: AWS::SNS::Topic}}", "the template has no WebSocket API"),
        (SAM_FUNCTION, "function F: the file of its handler nowhere.handler"),
        (SAM_FUNCTION.replace("python3.12", "ruby3.4"), "runtime ruby3.4 is not run here"),
        (SAM_FUNCTION.replace("Handler:", "CodeUri: gone, Handler:"), "gone, does not exist"),
    ],
)
def test_a_template_that_cannot_run_is_one_sentence_and_4(tmp_path: Path, text: str, problem: str) -> None:
    result = run(write(tmp_path, text))

    assert result.returncode == 4
    assert len(result.stderr.splitlines()) == 1
    assert problem in result.stderr
    assert "template.yaml" in result.stderr


def test_a_selection_expression_that_cannot_be_evaluated_is_one_sentence_and_4(tmp_path: Path) -> None:
    text = PLAIN.read_text().replace("$request.body.action", "$context.x")
    (tmp_path / "code").symlink_to(PLAIN.parent / "code")

    result = run(write(tmp_path, text))

    assert result.returncode == 4
    assert len(result.stderr.splitlines()) == 1
    assert "$context.x" in result.stderr


def test_an_unreadable_template_is_one_sentence_and_4(tmp_path: Path) -> None:
    result = run(tmp_path / "none.yaml")

    assert result.returncode == 4
    assert result.stderr == f"reference_app: {tmp_path}/none.yaml: there is no such template\n"


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--port", "many"], "'many' is no port"),
        (["--port", "65536"], "'65536' is no port"),
        (["--concurrency", "0"], "'0' is not a number of 1 or more"),
        (["--region", "Frankfurt"], "'Frankfurt' is no AWS region"),
        (["--parameter", "Stage"], "'Stage' is not of the form NAME=VALUE"),
        (["--parameter", "Colour=red"], "the template has no parameter Colour"),
        (["--unknown", "colour=red"], "--unknown: "),
        (["--unknowns", "/nowhere"], "--unknowns /nowhere: "),
        (["--unheard-of"], "unrecognized arguments: --unheard-of"),
        (["--ready-file", "/nowhere/at/all"], "cannot write /nowhere/at/all"),
        (["--ready-file", "/"], "cannot write /"),
        (["--dynamodb-endpoint", "nowhere"], "the DynamoDB endpoint nowhere cannot be used"),
    ],
)
def test_wrong_usage_is_one_sentence_and_4(arguments: list[str], problem: str) -> None:
    result = run(PLAIN, "--quiet", *arguments)

    assert result.returncode == 4
    assert len(result.stderr.splitlines()) == 1
    assert problem in result.stderr


def test_a_taken_port_is_named_with_the_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run(PLAIN, "--quiet", "--port", str(port))

    assert result.returncode == 4
    assert f"cannot listen on 127.0.0.1 port {port}: Address already in use" in result.stderr
    assert "--port" in result.stderr


def test_an_address_that_others_reach_is_warned_of(tmp_path: Path) -> None:
    with running(tmp_path, PLAIN, "--host", "0.0.0.0") as stack:
        assert "warning: 0.0.0.0 is not a loopback address" in stack.stderr.read_text()
        assert stack.target["url"].startswith("ws://127.0.0.1:")
        with stack.client() as client:
            assert client.connected


def test_a_reader_that_leaves_does_not_end_it(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    ready = tmp_path / "ready.toml"
    process = subprocess.Popen(
        command(APPS / "echo" / "template.yaml", "--ready-file", ready), stdout=writing, stderr=writing
    )
    os.close(writing)
    eventually(ready.exists, "ready")
    process.terminate()

    assert process.wait(PATIENCE_S) == 0


def test_a_fault_of_the_stack_itself_is_3(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def broken(options: object) -> int:
        raise ZeroDivisionError(options)

    monkeypatch.setattr(__main__, "_run", broken)
    before = signal.getsignal(signal.SIGTERM)
    try:
        assert __main__.main([]) == 3
    finally:
        signal.signal(signal.SIGTERM, before)

    assert "this is a fault of the local stack" in capsys.readouterr().err
