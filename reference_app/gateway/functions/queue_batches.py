"""Messages of a queue on their way into a function's event, and what its result says of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from reference_app.gateway.functions import event_filter
from reference_app.gateway.functions.batch_item_failures import failed_items
from reference_app.gateway.functions.invocation import Failed, Returned
from reference_app.gateway.sqs.message_queue import Message
from reference_app.gateway.sqs.sqs_call import md5_of_attributes, md5_of_body
from reference_app.gateway.template.application import QueueSource


def wanted(source: QueueSource, messages: Sequence[Message]) -> list[Message]:
    """Those that a filter of the source lets pass, all where it has none (ES-4)."""
    if not source.filters:
        return list(messages)
    return [message for message in messages if _passes(source, message)]


def event_of(source: QueueSource, messages: Sequence[Message], region: str) -> bytes:
    """The event that the function gets."""
    own = {"eventSource": "aws:sqs", "eventSourceARN": source.queue_arn, "awsRegion": region}
    return json.dumps({"Records": [{**_record(message), **own} for message in messages]}).encode()


def done_of(source: QueueSource, messages: Sequence[Message], outcome: Returned | Failed) -> list[Message]:
    """What can be deleted: nothing of a batch that failed, else all that the result does not name (SQ-5)."""
    if not isinstance(outcome, Returned):
        return []
    if not source.reports_failures:
        return list(messages)
    failed = failed_items(outcome.payload, [message.message_id for message in messages])
    return [] if failed is None else [message for message in messages if message.message_id not in failed]


def _passes(source: QueueSource, message: Message) -> bool:
    """Filters see a body that is JSON as what it says, and any other as text."""
    seen = _record(message)
    try:
        seen["body"] = json.loads(message.body)
    except ValueError:
        seen["body"] = message.body
    return any(event_filter.matches(pattern, seen) for pattern in source.filters)


def _record(message: Message) -> dict[str, Any]:
    times = {
        "ApproximateReceiveCount": str(message.receives),
        "SentTimestamp": str(message.sent_ms),
        "SenderId": message.sender,
        "ApproximateFirstReceiveTimestamp": str(message.first_received_ms),
    }
    trace = {"AWSTraceHeader": message.trace_header} if message.trace_header is not None else {}
    digest = {"md5OfMessageAttributes": md5_of_attributes(message.attributes)} if message.attributes else {}
    return {
        "messageId": message.message_id,
        "receiptHandle": message.receipt_handle,
        "body": message.body,
        "attributes": {**trace, **times},
        "messageAttributes": {
            name: _attribute_in_events(attribute) for name, attribute in message.attributes.items()
        },
        "md5OfBody": md5_of_body(message.body),
        **digest,
    }


def _attribute_in_events(attribute: Mapping[str, Any]) -> dict[str, Any]:
    """As in SendMessage, but for the names, which begin in lower case there, and two empty lists."""
    value = {name[:1].lower() + name[1:]: given for name, given in attribute.items()}
    return {**value, "stringListValues": [], "binaryListValues": []}
