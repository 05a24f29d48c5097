"""The embedded DynamoDB beside a second engine: the same random calls, the same answers.

The second engine is the one at CHURNPROOF_SECOND_DYNAMODB, a URL; else dynalite, if npm has installed it by
`npm install --prefix ~/.cache/churnproof/dynalite dynalite`.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import urllib3
from hypothesis import given, note, settings
from hypothesis import strategies as st

from reference_app.gateway.dynamodb.dynamodb_engine import DynamoDbEngine
from reference_app.gateway.user_cache import cache_folder
from reference_app.tests.dynamodb_operations import CALLS, CREATE, KEYS, TABLE, Call
from reference_app.tests.process_state import PATIENCE_S, eventually

REGION = "eu-west-1"
_MOST_PAGES = 2 * len(KEYS)
ACCOUNT = "699999999999"  # moto keeps the tables of an account for as long as the process runs

Engine = Callable[[str, dict[str, Any]], tuple[int, dict[str, Any]]]


@pytest.fixture(scope="module")
def engines() -> Iterator[tuple[Engine, Engine]]:
    with urllib3.PoolManager() as http:
        for url in _second_engine():
            both = _embedded(DynamoDbEngine(ACCOUNT)), _remote(http, url)
            for engine in both:
                engine("DeleteTable", {"TableName": TABLE})
                eventually(partial(_is_absent, engine), "the table is gone")
                engine("CreateTable", CREATE)
                eventually(partial(_is_active, engine), "the table is there")
            yield both


def _second_engine() -> Iterator[str]:
    """The URL of the second engine, which runs meanwhile. Skips without one."""
    if url := os.environ.get("CHURNPROOF_SECOND_DYNAMODB"):
        yield url
        return
    program = cache_folder() / "dynalite" / "node_modules" / "dynalite" / "cli.js"
    if not program.is_file() or shutil.which("node") is None:
        pytest.skip(f"there is no second engine: neither CHURNPROOF_SECOND_DYNAMODB nor {program}")
    yield from _dynalite(program)


def _dynalite(program: Path) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = ("--port", str(port), "--host", "127.0.0.1", "--createTableMs", "0", "--deleteTableMs", "0")
    process = subprocess.Popen(["node", str(program), *options], stdout=subprocess.DEVNULL)
    try:
        eventually(lambda: _listens(port), "dynalite listens")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _is_absent(engine: Engine) -> bool:
    return engine("DescribeTable", {"TableName": TABLE})[0] == 400


def _is_active(engine: Engine) -> bool:
    status, answer = engine("DescribeTable", {"TableName": TABLE})
    return status == 200 and answer["Table"]["TableStatus"] == "ACTIVE"


def _embedded(engine: DynamoDbEngine) -> Engine:
    def call(operation: str, parameters: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        answer = engine.answer(operation, json.dumps(parameters).encode(), REGION)
        return answer.status, json.loads(answer.body)

    return call


def _remote(http: urllib3.PoolManager, url: str) -> Engine:
    headers = {
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Date": "20200101T000000Z",
        "Authorization": f"AWS4-HMAC-SHA256 Credential=local/20200101/{REGION}/dynamodb/aws4_request, "
        f"SignedHeaders=host;x-amz-date, Signature={'0' * 64}",
    }

    def call(operation: str, parameters: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        target = {"X-Amz-Target": f"DynamoDB_20120810.{operation}"}
        answer = http.request("POST", url, body=json.dumps(parameters), headers={**headers, **target})
        return answer.status, json.loads(answer.data)

    return call


def outcome(engine: Engine, call: Call) -> object:
    """What a caller learns: the result with every page, or the kind of error."""
    operation, parameters = call
    pages: list[dict[str, Any]] = []
    start: dict[str, Any] = {}
    while len(pages) <= _MOST_PAGES:
        status, answer = engine(operation, {**parameters, **start})
        if status != 200:
            return status, str(answer["__type"]).rpartition("#")[2]
        pages.append(answer)
        if "LastEvaluatedKey" not in answer:
            return _told(operation, pages)
        start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
    return "pages without end"


def _told(operation: str, pages: list[dict[str, Any]]) -> object:
    if operation in ("Query", "Scan"):
        items = [_value({"M": item}) for page in pages for item in page["Items"]]
        # A Query is sorted by its range key, whose equals have no order; a Scan is not sorted at all.
        return sorted(map(repr, items)), [sum(page[n] for page in pages) for n in ("Count", "ScannedCount")]
    (answer,) = pages
    if operation == "BatchGetItem":
        return sorted(repr(_value({"M": item})) for item in answer["Responses"].get(TABLE, []))
    return {name: _value({"M": answer[name]}) for name in ("Item", "Attributes") if answer.get(name)}


def _value(value: dict[str, Any]) -> object:
    """An attribute value without what has no meaning: order of sets and members, spelling of numbers."""
    ((kind, content),) = value.items()
    match kind:
        case "N":
            return kind, Decimal(content).normalize()
        case "SS" | "BS" | "NS":
            return kind, sorted(content)
        case "L":
            return kind, [_value(item) for item in content]
        case "M":
            return kind, sorted((name, _value(item)) for name, item in content.items())
        case _:
            return kind, content


@settings(max_examples=60, deadline=None, derandomize=True)
@given(calls=st.lists(CALLS, min_size=3, max_size=25))
def test_both_engines_answer_the_same_calls_alike(engines: tuple[Engine, Engine], calls: list[Call]) -> None:
    for engine in engines:
        for key in KEYS:
            assert engine("DeleteItem", {"TableName": TABLE, "Key": key})[0] == 200
    for call in calls:
        note(f"{call[0]} {json.dumps(call[1])}")
        embedded, second = (outcome(engine, call) for engine in engines)
        assert embedded == second


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"N": "1.0"}, {"N": "1"}),
        ({"SS": ["a", "b"]}, {"SS": ["b", "a"]}),
        ({"M": {"a": {"N": "1"}, "b": {"N": "2"}}}, {"M": {"b": {"N": "2.0"}, "a": {"N": "1"}}}),
    ],
)
def test_spelling_is_no_difference(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert _value(one) == _value(other)


@pytest.mark.parametrize(("one", "other"), [({"N": "1"}, {"S": "1"}), ({"L": []}, {"L": [{"NULL": True}]})])
def test_content_and_type_are_a_difference(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert _value(one) != _value(other)
