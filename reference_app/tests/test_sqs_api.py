"""SQS as boto3 and the AWS SDK for JavaScript meet it: SQ-1, SQ-2, SQ-6."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from reference_app.gateway.clock import SystemClock
from reference_app.gateway.functions import node_runtime
from reference_app.gateway.functions.node_sdk import installed_sdk
from reference_app.gateway.http_server import LOOPBACK, HttpServer, Request
from reference_app.gateway.sqs.message_queue import Message, MessageQueue, message_queues
from reference_app.gateway.sqs.sqs_api import SqsApi
from reference_app.gateway.stack_errors import NodeSdkError
from reference_app.gateway.template.application import Queue
from reference_app.gateway.user_cache import cache_folder
from reference_app.tests.process_state import PATIENCE_S

URL = "https://sqs.eu-west-1.amazonaws.com/123456789012/posts"
POSTS = Queue("posts", URL, "arn:posts", longest_message=1024)


@dataclass
class Served:
    """One queue behind an endpoint."""

    endpoint: str
    queue: MessageQueue
    loop: asyncio.AbstractEventLoop

    def sent(self) -> list[Message]:
        """What has come since the last time."""

        async def take() -> list[Message]:
            return self.queue.take(10)

        return asyncio.run_coroutine_threadsafe(take(), self.loop).result(PATIENCE_S)

    @contextmanager
    def boto3(self) -> Iterator[Any]:
        client = boto3.client(
            "sqs",
            region_name="eu-west-1",
            endpoint_url=self.endpoint,
            aws_access_key_id="local",
            aws_secret_access_key="secret",
        )
        try:
            yield client
        finally:
            client.close()


@pytest.fixture
def sqs() -> Iterator[Served]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    clock = SystemClock()
    queues = message_queues([POSTS], clock, print)
    server = HttpServer(SqsApi(queues.values(), clock).answer, longest_body=1 << 20)
    port = asyncio.run_coroutine_threadsafe(server.start(), loop).result(PATIENCE_S)
    try:
        yield Served(f"http://{LOOPBACK}:{port}", queues[POSTS.arn], loop)
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result(PATIENCE_S)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(PATIENCE_S)
        loop.close()


def test_boto3_sends_a_message(sqs: Served) -> None:
    with sqs.boto3() as client:
        told = client.send_message(
            QueueUrl=URL,
            MessageBody="héllo",
            MessageAttributes={"bytes": {"DataType": "Binary", "BinaryValue": b"\x00\x01"}},
        )

    (message,) = sqs.sent()
    assert (message.body, message.message_id, message.sender) == ("héllo", told["MessageId"], "local")
    assert message.attributes == {"bytes": {"DataType": "Binary", "BinaryValue": "AAE="}}
    assert told["MD5OfMessageBody"]


def test_a_batch_is_answered_entry_by_entry(sqs: Served) -> None:
    with sqs.boto3() as client:
        entries = [{"Id": "good", "MessageBody": "x"}, {"Id": "long", "MessageBody": "x" * 1025}]
        told = client.send_message_batch(QueueUrl=URL, Entries=entries)

    assert [entry["Id"] for entry in told["Successful"]] == ["good"]
    (failed,) = told["Failed"]
    assert (failed["Id"], failed["Code"], failed["SenderFault"]) == ("long", "InvalidParameterValue", True)
    assert [message.body for message in sqs.sent()] == ["x"]


def test_a_function_may_delete_what_it_received(sqs: Served) -> None:
    with sqs.boto3() as client:
        client.send_message_batch(
            QueueUrl=URL, Entries=[{"Id": name, "MessageBody": name} for name in ("one", "two", "three")]
        )
        one, two, three = (message.receipt_handle for message in sqs.sent())
        client.delete_message(QueueUrl=URL, ReceiptHandle=one)
        batch = [{"Id": "two", "ReceiptHandle": two}, {"Id": "none", "ReceiptHandle": "two"}]
        told = client.delete_message_batch(QueueUrl=URL, Entries=batch)

    assert set(sqs.queue._hidden) == {three}  # what is hidden shows nowhere else
    assert [entry["Id"] for entry in told["Successful"]] == ["two"]
    assert [(entry["Id"], entry["Code"]) for entry in told["Failed"]] == [("none", "ReceiptHandleIsInvalid")]


def test_a_queue_is_found_by_its_name(sqs: Served) -> None:
    with sqs.boto3() as client:
        assert client.get_queue_url(QueueName="posts")["QueueUrl"] == URL


def test_a_queue_that_is_not_there_is_the_exception_that_code_catches(sqs: Served) -> None:
    with sqs.boto3() as client:
        with pytest.raises(client.exceptions.QueueDoesNotExist) as caught:
            client.send_message(QueueUrl=URL + "s", MessageBody="x")
        with pytest.raises(client.exceptions.QueueDoesNotExist):
            client.get_queue_url(QueueName="nobody")
    assert caught.value.response["Error"]["Code"] == "AWS.SimpleQueueService.NonExistentQueue"


def test_what_sqs_does_not_take_is_told(sqs: Served) -> None:
    with sqs.boto3() as client, pytest.raises(ClientError, match="must be shorter than 1024 bytes"):
        client.send_message(QueueUrl=URL, MessageBody="x" * 1025)
    assert sqs.sent() == []


@pytest.mark.parametrize("body", [b"", b"[]", b'{"QueueUrl": "x/posts", "MessageBody": 1}'])
def test_a_call_that_is_none_is_refused(body: bytes) -> None:
    queues = message_queues([POSTS], SystemClock(), print)
    request = Request("POST", "/", {"x-amz-target": "AmazonSQS.SendMessage"}, body)

    answer = SqsApi(queues.values(), SystemClock()).answer(request)

    assert answer.status == 400
    assert answer.headers["x-amzn-RequestId"]


def test_only_what_is_here_is_served() -> None:
    api = SqsApi([], SystemClock())

    def serves(target: str) -> bool:
        return api.serves(Request("POST", "/", {"x-amz-target": target}, b"{}"))

    assert serves("AmazonSQS.SendMessage")
    assert not serves("AmazonSQS.ReceiveMessage")


SEND = """
const { SQS } = require("@aws-sdk/client-sqs");
const QueueUrl = process.argv[1];
(async () => {
  const sqs = new SQS({});
  const { MessageId } = await sqs.sendMessage({ QueueUrl, MessageBody: "héllo" });
  const nobody = { QueueUrl: `${QueueUrl}s`, MessageBody: "x" };
  const error = await sqs.sendMessage(nobody).catch(({ name }) => name);
  console.log(JSON.stringify({ MessageId, error }));
})();
"""


def test_the_sdk_for_javascript_sends_to_the_url_that_the_template_gives(sqs: Served) -> None:
    """It goes to the queue's own host, whatever AWS_ENDPOINT_URL says."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node here")
    try:
        sdk = asyncio.run(installed_sdk(cache_folder(), print))
    except NodeSdkError as offline:
        pytest.skip(str(offline))
    environment = {
        "NODE_PATH": str(sdk),
        "AWS_ENDPOINT_URL": sqs.endpoint,
        "AWS_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED": "true",
    }
    preload = str(node_runtime.FOLDER / "service_endpoints.cjs")
    done = subprocess.run(
        [node, "--require", preload, "--eval", SEND, URL],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )

    (message,) = sqs.sent()
    assert message.body == "héllo"
    assert json.loads(done.stdout) == {"MessageId": message.message_id, "error": "QueueDoesNotExist"}
