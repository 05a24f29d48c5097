"""Calls of SQS as they stand on the wire, in its JSON protocol (SQ-1, SQ-2).

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reference_app.gateway.http_server import Response

_HEADERS = {"Content-Type": "application/x-amz-json-1.0"}
_MOST_ENTRIES = 10
_LONGEST_BATCH = 1_048_576
_LONGEST_DELAY_S = 900
_RECEIPT_HANDLE = re.compile(r"[0-9a-f-]{36}#\d+")
_ENTRY_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")
_REFUSED_CHARACTERS = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class RefusedError(Exception):
    """A call, or one entry of a batch, that SQS does not carry out."""

    def __init__(self, kind: str, code: str, message: str) -> None:
        """`kind` is the error's shape in the JSON protocol, `code` its name in the query protocol's."""
        super().__init__(message)
        self.kind = kind
        self.code = code


@dataclass(frozen=True)
class Entry:
    """One message on its way into a queue."""

    body: str
    attributes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    delay_s: float | None = None
    trace_header: str | None = None

    @property
    def size(self) -> int:
        """Bytes that count: of the body, and of the attributes' names, types and values."""
        attributes = sum(
            len(name.encode()) + len(attribute["DataType"].encode()) + len(_value(attribute))
            for name, attribute in self.attributes.items()
        )
        return len(self.body.encode("utf-8", "surrogatepass")) + attributes


def entry_of(asked: Mapping[str, Any], longest: int) -> Entry:
    """One message of a call; raises RefusedError where SQS would not take it, of at most `longest` bytes."""
    body = asked.get("MessageBody")
    if not isinstance(body, str) or not body:
        raise _missing("MessageBody")
    entry = Entry(body, _attributes(asked), _delay(asked), _trace_header(asked))
    if entry.size > longest:
        raise _invalid(
            f"One or more parameters are invalid. Reason: Message must be shorter than {longest} bytes."
        )
    if _REFUSED_CHARACTERS.search(body):
        raise RefusedError(
            "InvalidMessageContents",
            "InvalidMessageContents",
            "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | "
            "#xE000 to #xFFFD | #x10000 to #x10FFFF",
        )
    return entry


def batch_of(asked: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """The entries of a batch by their ids; raises RefusedError where SQS takes none of them (SQ-2)."""
    entries: Sequence[Mapping[str, Any]] = asked.get("Entries") or []
    ids = [str(entry.get("Id", "")) for entry in entries]
    if not entries:
        raise _of_batch("EmptyBatchRequest", "There should be at least one entry in the request.")
    if len(entries) > _MOST_ENTRIES:
        most = f"Maximum number of entries per request are {_MOST_ENTRIES}. You have sent {len(entries)}."
        raise _of_batch("TooManyEntriesInBatchRequest", most)
    if not all(_ENTRY_ID.fullmatch(entry_id) for entry_id in ids):
        raise _of_batch(
            "InvalidBatchEntryId",
            "A batch entry id can only contain alphanumeric characters, hyphens and underscores. "
            "It can be at most 80 letters long.",
        )
    repeated = next((entry_id for entry_id in ids if ids.count(entry_id) > 1), None)
    if repeated is not None:
        raise _of_batch("BatchEntryIdsNotDistinct", f"Id {repeated} repeated.")
    size = sum(len(str(entry.get("MessageBody", "")).encode("utf-8", "surrogatepass")) for entry in entries)
    if size > _LONGEST_BATCH:
        longest = f"Batch requests cannot be longer than {_LONGEST_BATCH} bytes. You have sent {size} bytes."
        raise _of_batch("BatchRequestTooLong", longest)
    return dict(zip(ids, entries, strict=True))


def receipt_handle_of(asked: Mapping[str, Any]) -> str:
    """Which receipt a deletion is about; raises RefusedError for what is no handle of a receipt."""
    handle = str(asked.get("ReceiptHandle", ""))
    if not _RECEIPT_HANDLE.fullmatch(handle):
        message = f'The input receipt handle "{handle}" is not a valid receipt handle.'
        raise RefusedError("ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid", message)
    return handle


def sent(entry: Entry, message_id: str) -> dict[str, str]:
    """What a call is told of a message that is in the queue; SDKs check the digests."""
    told = {"MessageId": message_id, "MD5OfMessageBody": md5_of_body(entry.body)}
    if entry.attributes:
        told["MD5OfMessageAttributes"] = md5_of_attributes(entry.attributes)
    return told


def failed_entry(entry_id: str, refused: RefusedError) -> dict[str, Any]:
    """What a batch is told of an entry that is not in the queue."""
    return {"Id": entry_id, "SenderFault": True, "Code": refused.code, "Message": str(refused)}


def answer(result: Mapping[str, Any]) -> Response:
    """The answer to a call that was carried out."""
    return Response(200, json.dumps(result).encode(), _HEADERS)


def refusal(refused: RefusedError) -> Response:
    """The answer to a call that was not (SQ-6)."""
    body = {"__type": f"com.amazonaws.sqs#{refused.kind}", "message": str(refused)}
    return Response(
        400, json.dumps(body).encode(), {**_HEADERS, "x-amzn-query-error": f"{refused.code};Sender"}
    )


def no_such_queue() -> RefusedError:
    """SQ-6."""
    return RefusedError(
        "QueueDoesNotExist",
        "AWS.SimpleQueueService.NonExistentQueue",
        "The specified queue does not exist.",
    )


def malformed_call(wrong: Exception) -> RefusedError:
    """What is no call at all."""
    return RefusedError("SerializationException", "SerializationException", str(wrong))


def md5_of_body(body: str) -> str:
    return hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()


def md5_of_attributes(attributes: Mapping[str, Mapping[str, Any]]) -> str:
    """Over names, types and values, each behind its length, in the order of the names (SQ-1)."""
    digest = hashlib.md5(usedforsecurity=False)
    for name, attribute in sorted(attributes.items()):
        for part in (name.encode(), attribute["DataType"].encode()):
            digest.update(len(part).to_bytes(4) + part)
        value = _value(attribute)
        digest.update((b"\x02" if "BinaryValue" in attribute else b"\x01") + len(value).to_bytes(4) + value)
    return digest.hexdigest()


def _value(attribute: Mapping[str, Any]) -> bytes:
    if "BinaryValue" in attribute:
        return base64.b64decode(attribute["BinaryValue"])
    return str(attribute.get("StringValue", "")).encode()


def _attributes(asked: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    attributes: Mapping[str, Mapping[str, Any]] = asked.get("MessageAttributes") or {}
    for name, attribute in attributes.items():
        if not attribute.get("DataType"):
            raise _invalid(f"The message attribute '{name}' must contain non-empty message attribute type.")
        if not attribute.get("StringValue") and not attribute.get("BinaryValue"):
            raise _invalid(f"The message attribute '{name}' must contain non-empty message attribute value.")
    return attributes


def _delay(asked: Mapping[str, Any]) -> float | None:
    delay_s = asked.get("DelaySeconds")
    if delay_s is None:
        return None
    if not isinstance(delay_s, int) or not 0 <= delay_s <= _LONGEST_DELAY_S:
        raise _invalid(
            f"Value {delay_s} for parameter DelaySeconds is invalid. "
            f"Reason: DelaySeconds must be >= 0 and <= {_LONGEST_DELAY_S}."
        )
    return float(delay_s)


def _trace_header(asked: Mapping[str, Any]) -> str | None:
    header = (asked.get("MessageSystemAttributes") or {}).get("AWSTraceHeader") or {}
    return header.get("StringValue")


def _of_batch(kind: str, message: str) -> RefusedError:
    return RefusedError(kind, f"AWS.SimpleQueueService.{kind}", message)


def _missing(parameter: str) -> RefusedError:
    message = f"The request must contain the parameter {parameter}."
    return RefusedError("MissingRequiredParameterException", "MissingParameter", message)


def _invalid(message: str) -> RefusedError:
    return RefusedError("InvalidParameterValueException", "InvalidParameterValue", message)
