"""What the survey asks: handlers that do as a query string or a message tells them, and note what they saw.

A note is a row under its subject: the token that a client came with, or, for `$disconnect`, the connection.
"""

from __future__ import annotations

import json
import os
import time
from typing import Any, TypeAlias

import boto3
from boto3.dynamodb.conditions import Key

_NOTES = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])
_KEPT_S = 4 * 3600
_CAME_WITH = "came-with"

Event: TypeAlias = dict[str, Any]
Result: TypeAlias = object
"""Whatever the survey asks for: proxy results, and what is none."""


class AskedToFail(Exception):  # noqa: N818 - no fault but an order
    """The survey wants to know what comes of it."""


def authorize(event: Event, _context: object) -> Event:
    if event["queryStringParameters"].get("authorizer") == "throw":
        raise AskedToFail
    statement = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": event["methodArn"]}
    return {"principalId": "survey", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}


def connect(event: Event, _context: object) -> Result:
    """Note the client, sleep for `sleep` seconds, and return `result`."""
    asked, request = event["queryStringParameters"], event["requestContext"]
    _note(request["connectionId"], _CAME_WITH, asked)
    _note(asked["token"], _occasion(request), request)
    time.sleep(float(asked.get("sleep", 0)))
    return json.loads(asked.get("result", '{"statusCode": 200}'))


def disconnect(event: Event, _context: object) -> Event:
    """Note how the client left; fail if it came with `disconnect=fail`."""
    request = event["requestContext"]
    came_with = _noted(request["connectionId"], _CAME_WITH)
    _note(came_with["token"], f"{_occasion(request)}#{time.time_ns()}", request)
    if came_with.get("disconnect") == "fail":
        raise AskedToFail
    return {"statusCode": 200}


def answer(event: Event, _context: object) -> Result:
    """Do what the message says: return a result, sleep, tell the notes of a token; else tell the route."""
    request, asked = event["requestContext"], _asked(event["body"])
    match asked.get("do"):
        case "return":
            return asked["result"]
        case "sleep":
            began = time.time()
            time.sleep(asked["s"])
            if "note" in asked:
                _note(asked["note"], "woke", {})
            told: Event = {"from": began, "to": time.time()}
        case "notes":
            told = {"notes": _all_noted(asked["of"])}
        case _:
            told = {"route": request["routeKey"], "bytes": len(event["body"].encode()), "survey": 1}
    return {"statusCode": 200, "body": json.dumps(told)}


def _asked(body: str) -> Event:
    try:
        asked = json.loads(body)
    except ValueError:
        return {}
    return asked if isinstance(asked, dict) else {}


def _occasion(request: Event) -> str:
    return f"{request['requestTimeEpoch']}#{request['eventType']}#{request['requestId']}"


def _note(subject: str, occasion: str, what: object) -> None:
    row = {"subject": subject, "occasion": occasion, "what": json.dumps(what)}
    _NOTES.put_item(Item={**row, "expiresAt": int(time.time()) + _KEPT_S})


def _noted(subject: str, occasion: str) -> Event:
    row = _NOTES.get_item(Key={"subject": subject, "occasion": occasion}, ConsistentRead=True)["Item"]
    return dict(json.loads(str(row["what"])))


def _all_noted(subject: str) -> list[Event]:
    rows = _NOTES.query(KeyConditionExpression=Key("subject").eq(subject), ConsistentRead=True)["Items"]
    return [json.loads(str(row["what"])) for row in rows]
