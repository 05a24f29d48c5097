"""DynamoDB tables of a template."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reference_app.gateway.application import Table
from reference_app.gateway.resolved_template import ResolvedTemplate

TABLE = "AWS::DynamoDB::Table"

_INDEX_PROPERTIES = ("IndexName", "KeySchema", "Projection", "ProvisionedThroughput")


def read_table(template: ResolvedTemplate, logical_id: str) -> Table:
    """The table with this logical id, as DynamoDB's CreateTable takes it."""
    name = template.physical.name(logical_id)
    create: dict[str, Any] = {
        "TableName": name,
        "AttributeDefinitions": template.get(logical_id, "AttributeDefinitions", []),
        "KeySchema": template.get(logical_id, "KeySchema", []),
        **_throughput(template, logical_id),
    }
    for indexes in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        if declared := template.get(logical_id, indexes):
            create[indexes] = [_index(index) for index in declared]
    if stream := template.get(logical_id, "StreamSpecification"):
        create["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": stream["StreamViewType"]}
    if not create["KeySchema"]:
        raise template.error(logical_id, "the table has no KeySchema")
    return Table(logical_id, name, create, _ttl_attribute(template, logical_id))


def _throughput(template: ResolvedTemplate, logical_id: str) -> dict[str, Any]:
    declared = template.get(logical_id, "ProvisionedThroughput")
    if declared is None or template.get(logical_id, "BillingMode") == "PAY_PER_REQUEST":
        return {"BillingMode": "PAY_PER_REQUEST"}
    return {"BillingMode": "PROVISIONED", "ProvisionedThroughput": _units(declared)}


def _index(declared: Mapping[str, Any]) -> dict[str, Any]:
    index = {name: declared[name] for name in _INDEX_PROPERTIES if name in declared}
    if "ProvisionedThroughput" in index:
        index["ProvisionedThroughput"] = _units(index["ProvisionedThroughput"])
    return index


def _units(declared: Mapping[str, Any]) -> dict[str, int]:
    return {name: int(declared[name]) for name in ("ReadCapacityUnits", "WriteCapacityUnits")}


def _ttl_attribute(template: ResolvedTemplate, logical_id: str) -> str | None:
    specification = template.get(logical_id, "TimeToLiveSpecification", {})
    enabled = str(specification.get("Enabled", False)).lower() == "true"
    return str(specification["AttributeName"]) if enabled else None
