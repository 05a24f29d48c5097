from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance.harness.access import ManagementAccess, TableAccess
from conformance.harness.contract import Bounds, Contract
from conformance.harness.errors import UsageError
from conformance.harness.target import LocalApplication, Target, load_target
from conformance.harness.target_file import read_target_file

API = "abc123.execute-api.eu-west-1.amazonaws.com/prod"


def loaded(spec: str, **access: str) -> Target:
    target = load_target(spec, **access)
    assert isinstance(target, Target)
    return target


def complaint(spec: str, **access: str) -> str:
    with pytest.raises(UsageError) as caught:
        load_target(spec, **access)
    return str(caught.value)


def test_local_is_the_reference_app() -> None:
    assert load_target("local") == LocalApplication(None)


def test_a_template_is_an_application_for_the_local_stack(tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text("")
    assert load_target(str(template)) == LocalApplication(template)


def test_a_template_takes_parameters_and_a_region(tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text("")
    assert load_target(str(template), parameters=["A=1"], region="eu-west-1") == LocalApplication(
        template, ("A=1",), "eu-west-1"
    )


def test_what_is_deployed_already_takes_no_parameters() -> None:
    with pytest.raises(UsageError, match="only a SAM template"):
        load_target(f"wss://{API}", parameters=["A=1"])


def test_a_url_is_a_target_with_the_contract_of_the_reference() -> None:
    target = loaded(f"wss://{API}")
    assert target.url == f"wss://{API}"
    assert (target.contract, target.bounds) == (Contract(), Bounds())
    assert target.send.render("x") == '{"action":"sendmessage","data":"x"}'
    assert target.receive.identity
    assert target.features == frozenset()


def test_table_and_region_open_table_and_management() -> None:
    target = loaded(f"wss://{API}", table="connections", region="eu-west-1")
    assert target.table == TableAccess("connections", "eu-west-1")
    assert target.management == ManagementAccess(f"https://{API}", "eu-west-1")
    assert target.features == {"table", "management"}


def test_the_url_may_show_the_region_of_the_table() -> None:
    target = loaded(f"wss://{API}", table="connections")
    assert target.table == TableAccess("connections", "eu-west-1")


def test_endpoints_of_ones_own_are_used() -> None:
    target = loaded(
        "wss://chat.example.org/",
        table="c",
        region="eu-west-1",
        dynamodb_endpoint="http://127.0.0.1:8000",
        management_endpoint="https://chat.example.org",
    )
    assert target.table == TableAccess("c", "eu-west-1", None, "http://127.0.0.1:8000")
    assert target.management == ManagementAccess("https://chat.example.org", "eu-west-1")


def test_a_custom_domain_does_not_show_its_management_endpoint() -> None:
    assert loaded("wss://chat.example.org/", region="eu-west-1").features == frozenset()


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (f"https://{API}", f"wss://{API}"),
        ("http://127.0.0.1:3001/prod", "ws://127.0.0.1:3001/prod"),
        ("ftp://host", "unknown scheme 'ftp'"),
        ("wss://", "names no host"),
        ("wss://host:99999/prod", "not a valid URL"),
        ("wss://host:0/prod", "names no host"),
        ("wss://user:pw@host/prod", "no user name"),
        ("wss://host/prod#top", "fragment"),
        ("wss://host/a b", "contains whitespace"),
        ("wss://host..example/prod", "names no host"),
        ("lokal", "did you mean 'local'?"),
        ("", "a target is"),
        ("no-such.yaml", "no such SAM template"),
        ("no-such.toml", "No such file"),
    ],
)
def test_a_wrong_target_is_refused_with_the_reason(spec: str, words: str) -> None:
    assert words in complaint(spec)


def test_a_password_in_a_refused_url_is_not_repeated() -> None:
    assert "hunter2" not in complaint("wss://user:hunter2@host/prod")


def test_a_folder_is_refused_with_the_template_in_it(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text("")
    assert f"did you mean {tmp_path / 'template.yaml'}?" in complaint(str(tmp_path))


def test_the_local_stack_takes_no_access_options() -> None:
    assert "brings its own" in complaint("local", table="connections")


@pytest.mark.parametrize(
    ("access", "words"),
    [
        ({"table": "c"}, "--table needs --region"),
        ({"dynamodb_endpoint": "127.0.0.1:8000"}, "--dynamodb-endpoint '127.0.0.1:8000' is not an http://"),
        ({"management_endpoint": "wss://h/prod"}, "--management-endpoint 'wss://h/prod' is not an http://"),
        ({"dynamodb_endpoint": "http://127.0.0.1:8000"}, "--table must say which"),
        ({"management_endpoint": "https://chat.example.org"}, "--management-endpoint needs --region"),
    ],
)
def test_incomplete_access_options_are_refused(access: dict[str, str], words: str) -> None:
    assert words in complaint("wss://chat.example.org/", **access)


def test_a_target_file_must_say_where(tmp_path: Path) -> None:
    path = tmp_path / "target.toml"
    path.write_text("[bounds]\ndeliver_s = 1")
    assert "url is missing" in complaint(str(path))


def test_a_wrong_url_in_a_target_file_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "target.toml"
    path.write_text('url = "https://host/prod"')
    assert f"{path}: url:" in complaint(str(path))


def test_a_file_changes_only_what_it_speaks_of(tmp_path: Path) -> None:
    path = tmp_path / "contract.toml"
    path.write_text(
        '[contract]\norder = "per-sender"\n[bounds]\nstale_s = 30\n[message]\nreceive = "> {payload}"'
    )
    target = loaded(f"wss://{API}").merged(read_target_file(path))
    assert target.url == f"wss://{API}"
    assert target.contract == Contract(order="per-sender")
    assert target.bounds == Bounds(stale_s=30)
    assert target.receive.payload("> x") == "x"
    assert target.send.render("x") == '{"action":"sendmessage","data":"x"}'


def test_a_description_shows_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "planted-token")
    path = tmp_path / "target.toml"
    path.write_text(
        f'url = "wss://{API}?key=planted-in-url"\n'
        '[handshake]\nheaders = { Authorization = "Bearer ${TOKEN}" }\n'
        'query = { auth = "planted-in-query" }\n'
        '[message]\nsend = { action = "say", token = "${TOKEN}", data = ["{payload}", 1] }\n'
        '[credentials]\naccess_key_id = "AKID"\nsecret_access_key = "planted-secret-key"'
    )
    target = loaded(str(path))
    described = json.dumps(target.describe())
    assert "planted" not in described
    assert "planted" not in repr(target.credentials)
    assert "key=[redacted]" in described
    assert set(target.secrets) >= {
        "planted-token",
        "planted-in-url",
        "planted-in-query",
        "planted-secret-key",
        "Bearer planted-token",
    }
