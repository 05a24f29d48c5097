"""The clause table, read from `clauses.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

FEATURES = ("none", "management", "table", "faults", "trace", "clock")

FAMILIES: Mapping[str, str] = {
    "CONN": "A client that asks is accepted, recorded, and receives broadcasts from then on.",
    "ROUTE": "Messages reach their route; bad messages harm no one.",
    "BCAST": "Everyone connected receives everything, once, byte for byte.",
    "LEAK": "Nothing internal reaches a client.",
    "DISC": "A client that leaves, in whatever way, is forgotten, and no one else is.",
    "STALE": "Rows of connections that are gone hold no one up and are removed.",
    "CHURN": "All of it holds while clients come and go.",
    "LIMIT": "Nothing breaks near a limit, and exceeding one affects only the client that does.",
    "FAULT": "A failure for one client costs no one else anything, and leaves no lasting damage.",
}
"""What each family of clauses is about, in the order of a connection's life."""


@dataclass(frozen=True)
class Clause:
    """One sentence of the contract."""

    id: str
    level: Literal["MUST", "SHOULD", "INFO"]
    sentence: str
    since: str
    facts: tuple[str, ...]
    feature: str = "none"
    core: bool = False
    explained_by: tuple[str, ...] = ()

    @property
    def family(self) -> str:
        return self.id.partition("-")[0]


@cache
def clauses() -> Mapping[str, Clause]:
    """All clauses by id, in the order of the table."""
    table = tomllib.loads((Path(__file__).parent / "clauses.toml").read_text(encoding="utf-8"))
    return {name: _clause(name, fields) for name, fields in table.items()}


def _clause(name: str, fields: dict[str, object]) -> Clause:
    lists = {key: tuple(value) for key, value in fields.items() if isinstance(value, list)}
    return Clause(id=name, **{**fields, **lists})  # type: ignore[arg-type]
