"""The tester's IAM policy: what the harness calls, on what it is given, and nothing else."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from conformance.__main__ import main
from conformance.harness.access import ManagementAccess, TableAccess
from conformance.harness.handshake import Endpoint
from conformance.harness.target import Target
from conformance.tester_policy import policy_for_tester

_HARNESS = Path(__file__).parents[1] / "harness"
_URL = "wss://abc123.execute-api.eu-west-1.amazonaws.com/prod"


def _target(table: TableAccess | None = None, management: ManagementAccess | None = None) -> Target:
    return Target(Endpoint(_URL), table=table, management=management)


def test_the_table_statement_allows_exactly_what_the_harness_calls() -> None:
    source = (_HARNESS / "table.py").read_text()
    called = set(re.findall(r"_client\.((?:\w+_)(?:table|item|time_to_live)|scan|query)\(", source))
    [statement] = policy_for_tester(
        _target(TableAccess("connections", "eu-west-1")), "123456789012"
    ).statements
    assert set(statement["Action"]) == {f"dynamodb:{name.title().replace('_', '')}" for name in called}
    assert statement["Resource"] == "arn:aws:dynamodb:eu-west-1:123456789012:table/connections"


def test_the_management_statement_allows_to_ask_and_nothing_else() -> None:
    access = ManagementAccess("https://abc123.execute-api.eu-west-1.amazonaws.com/prod", "eu-west-1")
    policy = policy_for_tester(_target(management=access))
    assert [s["Action"] for s in policy.statements] == ["execute-api:ManageConnections"]
    [resource] = [s["Resource"] for s in policy.statements]
    assert resource == "arn:aws:execute-api:eu-west-1:*:abc123/prod/GET/@connections/*"
    assert policy.remarks == ("--account ID narrows the ARNs to one account",)


def test_a_custom_domain_is_remarked_since_it_hides_the_api(tmp_path: Path) -> None:
    access = ManagementAccess("https://chat.example.test/ws", "eu-west-1")
    policy = policy_for_tester(_target(management=access), "123456789012")
    assert policy.statements[0]["Resource"].endswith(":*/*/GET/@connections/*")
    assert policy.remarks[0].startswith("chat.example.test does not show the API's id")


@pytest.mark.parametrize(
    ("region", "partition"), [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("us-east-1", "aws")]
)
def test_the_partition_is_that_of_the_region(region: str, partition: str) -> None:
    [statement] = policy_for_tester(_target(TableAccess("t", region))).statements
    assert statement["Resource"].startswith(f"arn:{partition}:dynamodb:{region}:")


def test_a_url_alone_needs_nothing() -> None:
    policy = policy_for_tester(_target())
    assert policy.statements == ()
    assert "needs nothing from AWS" in policy.remarks[0]


def test_the_command_prints_the_document(capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--table", "connections", "--region", "eu-west-1", "--account", "123456789012"]
    assert main(["policy", "--target", _URL, *options]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["Version"] == "2012-10-17"
    assert [s["Sid"] for s in document["Statement"]] == ["ConnectionTable", "ManagementApi"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--target", "local"], "needs no AWS permissions"),
        (["--target", "https://example.test/prod"], "wss://example.test/prod"),
        (["--target", _URL, "--account", "12"], "12 digits"),
    ],
)
def test_a_wrong_command_is_told(
    capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    assert main(["policy", *arguments]) == 4
    assert sentence in capsys.readouterr().err
