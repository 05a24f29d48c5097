"""The least that AWS must allow whoever runs the suite against a deployed backend, as an IAM policy.

Pure. The WebSocket itself needs none, unless `$connect` has IAM authorization (HS-22).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from conformance.harness.access import ManagementAccess, TableAccess
from conformance.harness.target import Target

_TABLE_ACTIONS = ("DescribeTable", "DescribeTimeToLive", "GetItem", "Scan", "PutItem", "DeleteItem")
_PARTITIONS = (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov"))
_EXECUTE_API = re.compile(r"(?P<api>[a-z0-9]+)\.execute-api\.")


@dataclass(frozen=True)
class IamPolicy:
    """An IAM policy document, and what the reader must know of it."""

    statements: tuple[Mapping[str, Any], ...]
    remarks: tuple[str, ...] = ()

    @property
    def document(self) -> Mapping[str, Any]:
        return {"Version": "2012-10-17", "Statement": list(self.statements)}


def policy_for_tester(target: Target, account: str = "*") -> IamPolicy:
    """The policy for a target; `account` is the id of its AWS account, in all ARNs."""
    statements: list[Mapping[str, Any]] = []
    remarks: list[str] = []
    if target.table is not None:
        statements.append(_table_statement(target.table, account))
    if target.management is not None:
        statements.append(_management_statement(target.management, account))
        remarks += _custom_domain(target.management)
    if not statements:
        remarks.append("no table and no management API are given: the suite needs nothing from AWS")
    elif account == "*":
        remarks.append("--account ID narrows the ARNs to one account")
    return IamPolicy(tuple(statements), tuple(remarks))


def _table_statement(table: TableAccess, account: str) -> Mapping[str, Any]:
    """Scan and GetItem to look, PutItem and DeleteItem to plant stale rows and to take them away again."""
    place = f"{_partition(table.region)}:dynamodb:{table.region}:{account}"
    return {
        "Sid": "ConnectionTable",
        "Effect": "Allow",
        "Action": [f"dynamodb:{action}" for action in _TABLE_ACTIONS],
        "Resource": f"arn:{place}:table/{table.name}",
    }


def _management_statement(management: ManagementAccess, account: str) -> Mapping[str, Any]:
    """GET asks whether a connection is known; nothing is posted or deleted (MG-1, MG-2)."""
    place = f"{_partition(management.region)}:execute-api:{management.region}:{account}"
    parts = urlsplit(management.endpoint)
    found = _EXECUTE_API.match(parts.hostname or "")
    api, stage = (found["api"], parts.path.strip("/") or "*") if found else ("*", "*")
    return {
        "Sid": "ManagementApi",
        "Effect": "Allow",
        "Action": "execute-api:ManageConnections",
        "Resource": f"arn:{place}:{api}/{stage}/GET/@connections/*",
    }


def _custom_domain(management: ManagementAccess) -> Iterator[str]:
    host = urlsplit(management.endpoint).hostname or ""
    if not _EXECUTE_API.match(host):
        yield f"{host} does not show the API's id and stage: put them in place of */* in the ARN"


def _partition(region: str) -> str:
    return next((name for prefix, name in _PARTITIONS if region.startswith(prefix)), "aws")
