from __future__ import annotations

from pathlib import Path

import pytest

from conformance.harness.access import Credentials, ManagementAccess, TableAccess
from conformance.harness.errors import UsageError
from conformance.harness.target_file import KEYS, Routing, TargetFile, read_target_file, region_of

WHOLE = """
url = "wss://abc123.execute-api.eu-west-1.amazonaws.com/prod"

[handshake]
headers = { Authorization = "Bearer ${TOKEN}" }
query = { room = "1" }
subprotocols = ["chat"]

[message]
send = { action = "say", text = "{payload}" }
receive = { text = "{payload}" }
unknown_action = "ignored"

[contract]
echo_to_sender = false
delivery = "at-least-once"
order = "per-sender"

[bounds]
deliver_s = 2
cleanup_s = 3.5
stale_s = 60

[management]
endpoint = "https://abc123.execute-api.eu-west-1.amazonaws.com/prod"

[table]
name = "connections"
key = "connectionId"
region = "eu-west-1"
endpoint = "http://127.0.0.1:8000"

[credentials]
access_key_id = "AKID"
secret_access_key = "${SECRET}"

[control]
url = "http://127.0.0.1:3002"

[routing]
expression = "$request.body.action"
routes = ["$connect", "say"]
"""


def read(folder: Path, text: str) -> TargetFile:
    path = folder / "target.toml"
    path.write_text(text, encoding="utf-8")
    return read_target_file(path)


def complaint(folder: Path, text: str) -> str:
    with pytest.raises(UsageError) as caught:
        read(folder, text)
    return str(caught.value)


def test_every_section_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "t0ken-value")
    monkeypatch.setenv("SECRET", "s3cret-value")
    file = read(tmp_path, WHOLE)
    assert file.url == "wss://abc123.execute-api.eu-west-1.amazonaws.com/prod"
    assert file.headers == {"Authorization": "Bearer t0ken-value"}
    assert (file.query, file.subprotocols) == ({"room": "1"}, ("chat",))
    assert file.send is not None
    assert file.send.render("x") == '{"action":"say","text":"x"}'
    assert file.receive is not None
    assert file.receive.payload('{"text":"x"}') == "x"
    assert file.contract == {
        "echo_to_sender": False,
        "delivery": "at-least-once",
        "order": "per-sender",
        "unknown_action": "ignored",
    }
    assert file.bounds == {"deliver_s": 2.0, "cleanup_s": 3.5, "stale_s": 60.0}
    assert file.management == ManagementAccess(
        "https://abc123.execute-api.eu-west-1.amazonaws.com/prod", "eu-west-1"
    )
    assert file.table == TableAccess("connections", "eu-west-1", "connectionId", "http://127.0.0.1:8000")
    assert file.credentials == Credentials("AKID", "s3cret-value")
    assert file.control_url == "http://127.0.0.1:3002"
    assert file.routing == Routing("$request.body.action", ("$connect", "say"))
    assert file.secrets == ("t0ken-value", "s3cret-value")


def test_an_empty_file_says_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, "") == TargetFile(tmp_path / "target.toml")


def test_the_sample_covers_every_section() -> None:
    assert all(f"[{section}]" in WHOLE for section in KEYS)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("url = 5", ["target.toml:1", "url", "must be a string"]),
        ("[messages]\nsend = 'x'", ["target.toml:1", "messages", "did you mean 'message'?", "accepted: url"]),
        ("[bounds]\n\ndeliver = 5", ["target.toml:3", "[bounds] deliver", "did you mean 'deliver_s'?"]),
        ("bounds = 5", ["target.toml", "bounds", "write [bounds]"]),
        ("[bounds]\ndeliver_s = 0", ["target.toml:2", "[bounds] deliver_s", "above 0"]),
        ("[bounds]\ndeliver_s = '5'", ["above 0", "'5'"]),
        ("[bounds]\nstale_s = inf", ["above 0"]),
        ("[bounds]\nstale_s = true", ["above 0"]),
        ("[contract]\necho_to_sender = 'yes'", ["true or false"]),
        (
            "[contract]\ndelivery = 'exactly-once'",
            [
                "target.toml:2",
                "[contract] delivery",
                "'at-least-once'?",
                "accepted: at-most-once, at-least-once",
            ],
        ),
        ("[message]\nunknown_action = 'error'", ["'error-frame'?", "accepted: error-frame, ignored"]),
        ("[message]\nsend = { action = 'x' }", ["target.toml:2", "[message] send", "{payload}"]),
        ("[handshake]\nheaders = { a = 1 }", ["[handshake] headers", "table of strings"]),
        ("[handshake]\nheaders = { a = 'b\\n' }".replace("'", '"'), ["control characters"]),
        ("[handshake]\nsubprotocols = 'chat'", ["list of strings"]),
        ("[handshake.headers]\na = '${NOT_SET_ANYWHERE}'", ["target.toml:1", "NOT_SET_ANYWHERE is not set"]),
        ("[management]\nregion = 'eu-west-1'", ["[management] endpoint", "is missing"]),
        ("[management]\nendpoint = 'https://chat.example.org'", ["[management] region", "is missing"]),
        (
            "[management]\nendpoint = 'wss://h/prod'",
            ["[management] endpoint", "not an http:// or https:// URL"],
        ),
        (
            "[table]\nname = 'c'\nregion = 'r'\nendpoint = '127.0.0.1:8000'",
            ["[table] endpoint", "not an http://"],
        ),
        ("[table]\nname = 'c'", ["[table] region", "is missing"]),
        ("[table]\nregion = 'eu-west-1'", ["[table] name", "is missing"]),
        ("[credentials]\naccess_key_id = 'x'", ["[credentials] secret_access_key", "is missing"]),
        ("url = nope", ["is not TOML", "line 1"]),
    ],
)
def test_a_wrong_file_is_refused_with_place_and_reason(tmp_path: Path, text: str, words: list[str]) -> None:
    message = complaint(tmp_path, text)
    assert [word for word in words if word not in message] == [], message


def test_a_value_from_the_environment_is_not_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", "planted-token")
    assert "planted" not in complaint(tmp_path, "[contract]\ndelivery = '${TOKEN}'")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        read_target_file(tmp_path / "missing.toml")


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "target.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="not UTF-8"):
        read_target_file(path)


def test_the_region_of_a_local_endpoint_does_not_matter(tmp_path: Path) -> None:
    file = read(tmp_path, "[management]\nendpoint = 'http://127.0.0.1:3001/prod'")
    assert file.management is not None


@pytest.mark.parametrize(
    ("endpoint", "region"),
    [
        ("wss://abc.execute-api.eu-west-1.amazonaws.com/prod", "eu-west-1"),
        ("https://abc.execute-api.us-gov-west-1.amazonaws.com/x", "us-gov-west-1"),
        ("https://abc.execute-api.cn-north-1.amazonaws.com.cn/x", "cn-north-1"),
        ("https://dynamodb.ap-southeast-2.amazonaws.com", "ap-southeast-2"),
        ("wss://chat.example.org", None),
    ],
)
def test_an_aws_host_shows_its_region(endpoint: str, region: str | None) -> None:
    assert region_of(endpoint) == region
