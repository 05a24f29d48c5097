"""Rows of the connection table, whatever their schema: which connection one belongs to, and copies of it.

Attribute values are DynamoDB's own JSON, `{"S": "text"}`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

Item: TypeAlias = Mapping[str, Mapping[str, Any]]

PADDING = "churnproof_padding"
_CONNECTION_ID = re.compile(r"[A-Za-z0-9_-]{15}=")
"""EV-50, a little wider: emulators make their own."""
_ITEM_LIMIT = 400 * 1024
_PADDED_BYTES = 390 * 1024


@dataclass(frozen=True, slots=True)
class Row:
    """One item of the table."""

    item: Item
    connection_id: str
    """Of the connection that it belongs to; empty where none can be told."""

    def with_id(self, connection_id: str) -> Row:
        """The same row under another id, wherever the id stands in it, keys included."""
        if not self.connection_id:
            raise ValueError("a row without a connection id cannot be put under another one")
        changed = _replaced(self.item, lambda text: text.replace(self.connection_id, connection_id))
        return Row(changed, connection_id)

    def padded(self) -> Row:
        """The same row with an attribute that makes it so large that three fill a page of a Scan (RC-16)."""
        room = _PADDED_BYTES - _size(self.item) - len(PADDING)
        return replace(self, item={**self.item, PADDING: {"S": "x" * max(room, 0)}})


def holders(item: Item, connection_id: str) -> tuple[str, ...]:
    """Names of the top-level string attributes whose value is exactly this id."""
    return tuple(name for name, value in item.items() if value.get("S") == connection_id)


def holds_nested(item: Item, connection_id: str) -> bool:
    """True if the id stands in a set, list or map of the item, as where one row keeps all ids."""
    return any("S" not in value and connection_id in _strings(value) for value in item.values())


def shown_id(item: Item, preferred: Sequence[str] = ()) -> str:
    """The first text in an item that has the form of a connection id; preferred attributes come first.

    Empty where there is none.
    """
    for name in (*preferred, *item):
        text = item.get(name, {}).get("S", "")
        if _CONNECTION_ID.fullmatch(text):
            return str(text)
    return ""


def _strings(value: object) -> Iterator[str]:
    """Every text in an attribute value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _strings(part)
    elif isinstance(value, list | tuple | set):
        for part in value:
            yield from _strings(part)


def _replaced(item: Any, change: Callable[[str], str]) -> Any:  # noqa: ANN401 - DynamoDB's JSON
    if isinstance(item, Mapping):
        # Binary values and numbers stay: the id is text.
        return {
            name: change(part) if name == "S" and isinstance(part, str) else _replaced(part, change)
            for name, part in item.items()
        }
    if isinstance(item, list):
        return [change(part) if isinstance(part, str) else _replaced(part, change) for part in item]
    return item


def _size(item: Item) -> int:
    """About the bytes that DynamoDB counts for an item."""
    texts = sum(len(text.encode()) for text in _strings(item))
    return texts + sum(len(name.encode()) for name in item)
