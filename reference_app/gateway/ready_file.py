"""The target file that a running stack leaves for those who judge or load it."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reference_app.gateway.template.application import Table


@dataclass(frozen=True)
class Ready:
    """Where a running stack is."""

    url: str
    """`ws://…/{stage}` of the first API."""
    management_endpoint: str
    region: str
    access_key_id: str
    """The stack's own well-known credentials: they open nothing else and are no secret."""
    secret_access_key: str
    dynamodb_endpoint: str
    route_selection_expression: str
    """Of the first API."""
    route_keys: tuple[str, ...]
    table: Table | None
    """The table that holds the connections; None if none can be told."""
    control_url: str | None = None
    """Where faults, trace and clock are controlled; None where they are not."""


def connection_table(tables: Sequence[Table]) -> Table | None:
    """The only table, or the one whose key looks most like a connection id."""
    if len(tables) == 1:
        return tables[0]
    ranked = sorted(tables, key=_likeness, reverse=True)
    return ranked[0] if ranked and _likeness(ranked[0]) else None


def hash_key(table: Table) -> str:
    """The attribute that is the table's partition key."""
    return next(str(key["AttributeName"]) for key in table.create["KeySchema"] if key["KeyType"] == "HASH")


def target_file(ready: Ready) -> str:
    """The TOML text of the target file."""
    sections: dict[str, Mapping[str, str | Sequence[str]]] = {
        "": {"url": ready.url},
        "routing": {"expression": ready.route_selection_expression, "routes": ready.route_keys},
        "management": {"endpoint": ready.management_endpoint},
        "credentials": {
            "access_key_id": ready.access_key_id,
            "secret_access_key": ready.secret_access_key,
        },
    }
    if ready.table is not None:
        sections["table"] = {
            "name": ready.table.name,
            "key": hash_key(ready.table),
            "region": ready.region,
            "endpoint": ready.dynamodb_endpoint,
        }
    if ready.control_url is not None:
        sections["control"] = {"url": ready.control_url}
    return "\n".join(_section(name, entries) for name, entries in sections.items())


def write_ready_file(path: Path, ready: Ready) -> None:
    """Write it in one step: whoever sees the file sees all of it. Raises OSError."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(target_file(ready))
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _likeness(table: Table) -> int:
    key = hash_key(table).lower().replace("_", "").replace("-", "")
    if key == "connectionid":
        return 3
    if "connection" in key:
        return 2
    return int("connection" in table.name.lower())


def _section(name: str, entries: Mapping[str, str | Sequence[str]]) -> str:
    heading = [f"[{name}]"] if name else []
    # JSON's strings and lists are TOML's too, but for the escape of what lies beyond the BMP.
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in entries.items()]
    return "\n".join([*heading, *lines, ""])
