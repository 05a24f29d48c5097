"""The clause table, read from `clauses.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

FEATURES = ("none", "management", "table", "faults", "trace", "clock")


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
