"""DynamoDB tables of a template."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reference_app.gateway.template.application import Table
from reference_app.gateway.template.resolved_template import ResolvedTemplate

TABLE = "AWS::DynamoDB::Table"
_GLOBAL_TABLE = "AWS::DynamoDB::GlobalTable"

_INDEX_PROPERTIES = ("IndexName", "KeySchema", "Projection", "ProvisionedThroughput")


def with_tables(resources: Mapping[str, Any]) -> dict[str, Any]:
    """The resources with global tables as the tables that they are in one region."""
    return {
        logical_id: _as_table(resource) if resource.get("Type") == _GLOBAL_TABLE else resource
        for logical_id, resource in resources.items()
    }


def _as_table(resource: Mapping[str, Any]) -> dict[str, Any]:
    properties = {**(resource.get("Properties") or {}), "BillingMode": "PAY_PER_REQUEST"}
    return {**resource, "Type": TABLE, "Properties": properties}


def read_table(template: ResolvedTemplate, logical_id: str) -> Table:
    """The table with this logical id, as DynamoDB's CreateTable takes it."""
    name = template.name(logical_id)
    try:
        create = {"TableName": name, **_keys(template, logical_id), **_settings(template, logical_id)}
        return Table(logical_id, name, create, _ttl_attribute(template, logical_id))
    except (KeyError, TypeError, ValueError) as malformed:
        raise template.error(
            logical_id, f"the table is not described as CreateTable wants it: {malformed!r}"
        ) from (malformed)


def _keys(template: ResolvedTemplate, logical_id: str) -> dict[str, Any]:
    schema = template.mappings(logical_id, "KeySchema")
    if not any(key.get("KeyType") == "HASH" and key.get("AttributeName") for key in schema):
        raise template.error(logical_id, "its KeySchema has no HASH key")
    return {
        "KeySchema": schema,
        "AttributeDefinitions": template.mappings(logical_id, "AttributeDefinitions"),
    }


def _settings(template: ResolvedTemplate, logical_id: str) -> dict[str, Any]:
    settings = _throughput(template, logical_id)
    for indexes in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        if declared := template.mappings(logical_id, indexes):
            settings[indexes] = [_index(index) for index in declared]
    if stream := template.mapping(logical_id, "StreamSpecification"):
        settings["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": stream["StreamViewType"]}
    return settings


def _throughput(template: ResolvedTemplate, logical_id: str) -> dict[str, Any]:
    declared = template.mapping(logical_id, "ProvisionedThroughput")
    if not declared or template.get(logical_id, "BillingMode") == "PAY_PER_REQUEST":
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
    specification = template.mapping(logical_id, "TimeToLiveSpecification")
    enabled = str(specification.get("Enabled", False)).lower() == "true"
    return str(specification["AttributeName"]) if enabled else None
