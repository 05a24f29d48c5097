"""Rows of the connection table, whatever their schema: which connection one belongs to, and copies of it.

Attribute values are DynamoDB's own JSON, `{"S": "text"}`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

Item: TypeAlias = Mapping[str, Mapping[str, Any]]

PADDING = "churnproof_padding"
_CONNECTION_ID = re.compile(r"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{15}=(?![A-Za-z0-9=])")
"""EV-50, a little wider: emulators make their own."""
_VARYING = re.compile(r"[0-9A-Fa-f-]*[0-9][0-9A-Fa-f-]*")
_ITEM_LIMIT = 400 * 1024
_PADDED_BYTES = 390 * 1024
_OLDEST_EXPIRY_S = 5 * 365 * 86400
"""DynamoDB leaves rows alone whose time to live was over five years ago: it takes them for a mistake."""


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


@dataclass(frozen=True, slots=True)
class Place:
    """Where an application keeps the id: an attribute, and what stands around the id in its text."""

    attribute: str
    before: str = ""
    after: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether the attribute is the id and nothing else."""
        return not (self.before or self.after)

    def value(self, connection_id: str) -> Mapping[str, str]:
        """What the attribute is in a row of that connection."""
        return {"S": f"{self.before}{connection_id}{self.after}"}

    @property
    def kind(self) -> tuple[str, str, str]:
        """The same for all rows of the kind: without the numbers, times and UUIDs of this one."""
        return self.attribute, _VARYING.sub("0", self.before), _VARYING.sub("0", self.after)

    def id_in(self, item: Item) -> str:
        """The id in an item; empty where the attribute has another form."""
        text = str(item.get(self.attribute, {}).get("S", ""))
        if text.startswith(self.before) and text.endswith(self.after):
            return text[len(self.before) : len(text) - len(self.after)]
        found = _CONNECTION_ID.search(text)
        if found is None:
            return ""
        other = Place(self.attribute, text[: found.start()], text[found.end() :])
        return found[0] if other.kind == self.kind else ""


def places(item: Item, connection_id: str, keys: Collection[str] = ()) -> list[Place]:
    """Where the id stands in an item: as a whole attribute, or within one of `keys`, as in `CONN#<id>`.

    What has the least text around it comes first: a key that names more than the connection is one of
    another kind of row.
    """
    found = []
    for name, value in item.items():
        before, id_, after = str(value.get("S", "")).partition(connection_id)
        whole = not (before or after)
        if id_ and (whole or (name in keys and not _goes_on(before, after, connection_id))):
            found.append(Place(name, before, after))
    return sorted(found, key=lambda place: len(place.before) + len(place.after))


def _goes_on(before: str, after: str, connection_id: str) -> bool:
    """Whether the id is part of a longer word there, or stands there twice."""
    return before[-1:].isalnum() or after[:1].isalnum() or connection_id in after


def holds_nested(item: Item, connection_id: str) -> bool:
    """True if the id stands in a set, list or map of the item, as where one row keeps all ids."""
    return any("S" not in value and connection_id in _strings(value) for value in item.values())


def expired(item: Item, attribute: str, now_s: float) -> bool:
    """Whether DynamoDB deletes the item, whenever it comes to it (RC-13): its time to live, a number of
    seconds since 1970, is over. Milliseconds, text and durations never are.
    """
    try:
        over_s = now_s - float(item.get(attribute, {}).get("N", "nan"))
    except ValueError:
        return False
    return 0 <= over_s < _OLDEST_EXPIRY_S


def shown_id(item: Item, preferred: Sequence[str] = ()) -> str:
    """The first text in an item that has the form of a connection id; preferred attributes come first.

    Where no attribute is one, it may stand within a preferred one. Empty where there is none.
    """
    for name in (*preferred, *item):
        text = item.get(name, {}).get("S", "")
        if _CONNECTION_ID.fullmatch(text):
            return str(text)
    within = (_CONNECTION_ID.search(item.get(name, {}).get("S", "")) for name in preferred)
    return next((found[0] for found in within if found), "")


def _strings(value: object) -> Iterator[str]:
    """Every text in an attribute value, the keys of maps included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, part in value.items():
            yield name
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
