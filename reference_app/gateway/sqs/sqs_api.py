"""SQS, as far as functions send to the queues of their template."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from reference_app.gateway.functions.session_token import calling_function
from reference_app.gateway.sqs.message_queue import Message, MessageQueue
from reference_app.gateway.sqs.sqs_call import (
    Entry,
    RefusedError,
    answer,
    batch_of,
    entry_of,
    failed_entry,
    malformed_call,
    no_such_queue,
    receipt_handle_of,
    refusal,
    sent,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reference_app.gateway.clock import Clock
    from reference_app.gateway.http_server import Request, Response

_TARGET = "AmazonSQS."


class SqsApi:
    """Answers calls for some queues."""

    def __init__(self, queues: Iterable[MessageQueue], clock: Clock) -> None:
        self._by_name = {queue.queue.name: queue for queue in queues}
        self._clock = clock
        self._calls: Mapping[str, Callable[[Request, Mapping[str, Any]], Mapping[str, Any]]] = {
            f"{_TARGET}SendMessage": self._send,
            f"{_TARGET}SendMessageBatch": self._send_batch,
            f"{_TARGET}DeleteMessage": self._delete,
            f"{_TARGET}DeleteMessageBatch": self._delete_batch,
            f"{_TARGET}GetQueueUrl": self._url,
        }

    def serves(self, request: Request) -> bool:
        """Whether it is a call of an operation that is here."""
        return request.headers.get("x-amz-target") in self._calls

    def answer(self, request: Request) -> Response:
        """Carry out a call that it serves."""
        try:
            asked = json.loads(request.body)
            answered = answer(self._calls[request.headers["x-amz-target"]](request, asked))
        except RefusedError as refused:
            answered = refusal(refused)
        except (ValueError, AttributeError, TypeError) as malformed:
            answered = refusal(malformed_call(malformed))
        return replace(answered, headers={**answered.headers, "x-amzn-RequestId": str(uuid.uuid4())})

    def _send(self, request: Request, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        queue = self._queue(asked)
        return self._put(queue, entry_of(asked, queue.queue.longest_message), request)

    def _send_batch(self, request: Request, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        queue = self._queue(asked)
        longest = queue.queue.longest_message
        return _each(asked, lambda entry: self._put(queue, entry_of(entry, longest), request))

    def _delete(self, _request: Request, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        self._queue(asked).delete(receipt_handle_of(asked))
        return {}

    def _delete_batch(self, request: Request, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        url = {"QueueUrl": asked.get("QueueUrl")}
        return _each(asked, lambda entry: self._delete(request, {**entry, **url}))

    def _url(self, _request: Request, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        queue = self._by_name.get(str(asked.get("QueueName")))
        if queue is None:
            raise no_such_queue()
        return {"QueueUrl": queue.queue.url}

    def _queue(self, asked: Mapping[str, Any]) -> MessageQueue:
        """By the name at the end of the URL: an endpoint of one's own changes the rest."""
        name = urlsplit(str(asked.get("QueueUrl"))).path.rpartition("/")[2]
        if name not in self._by_name:
            raise no_such_queue()
        return self._by_name[name]

    def _put(self, queue: MessageQueue, entry: Entry, request: Request) -> Mapping[str, str]:
        message = Message(
            entry.body,
            entry.attributes,
            sender=calling_function(request.headers.get("x-amz-security-token")) or "local",
            sent_ms=self._clock.epoch_ms(),
            trace_header=entry.trace_header or request.headers.get("x-amzn-trace-id"),
        )
        queue.put(message, entry.delay_s)
        return sent(entry, message.message_id)


def _each(
    asked: Mapping[str, Any], carry_out: Callable[[Mapping[str, Any]], Mapping[str, Any]]
) -> Mapping[str, Any]:
    """Carry out the entries of a batch, each for itself (SQ-2)."""
    successful, failed = [], []
    for entry_id, entry in batch_of(asked).items():
        try:
            successful.append({"Id": entry_id, **carry_out(entry)})
        except RefusedError as refused:
            failed.append(failed_entry(entry_id, refused))
    return {"Successful": successful, "Failed": failed} if failed else {"Successful": successful}
