"""What AWS does, by the ids that clauses and comments cite, read from `aws_facts.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

Status = Literal["documented", "observed", "derived", "disputed", "unknown", "measured"]


@dataclass(frozen=True)
class AwsFact:
    """One behaviour of API Gateway, Lambda, DynamoDB or an AWS SDK."""

    id: str
    says: str
    status: Status
    sources: tuple[str, ...]
    """Pages that say so; empty for what was captured without a page of its own."""


@cache
def aws_facts() -> Mapping[str, AwsFact]:
    """All facts by id, in the order of the file."""
    table = tomllib.loads((Path(__file__).parent / "aws_facts.toml").read_text(encoding="utf-8"))
    return {
        name: AwsFact(name, fields["says"], fields["status"], tuple(fields["sources"]))
        for name, fields in table.items()
    }
