"""Scan and Query in pages far below 1 MB, some of them empty although there is more (RC-16)."""

from __future__ import annotations

import json
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    Ask = Callable[[Mapping[str, Any]], Awaitable[dict[str, Any] | None]]

PAGED = frozenset({"Scan", "Query"})
_REMEMBERED = 10_000


class SmallPages:
    """Answers paged reads, remembering which empty pages it has sent.

    An empty page stands where half a page was due: it carries the key at which that half ends, and whoever
    goes on from there gets both halves. So keys are the table's own, they advance, and nothing is left out.
    """

    def __init__(self) -> None:
        self._starts: OrderedDict[str, object] = OrderedDict()

    async def answer(
        self, ask: Ask, request: Mapping[str, Any], *, limit: int, empty: bool
    ) -> dict[str, Any] | None:
        """Answer one request. `ask` reads from the table; what it makes an error of, None, is passed on."""
        own = request.get("Limit")
        limit = min(limit, own) if isinstance(own, int) else limit
        if not empty or limit < 2:
            return await ask({**request, "Limit": limit})
        if (resumed := self.resumed(request)) is not request:
            return await ask({**resumed, "Limit": limit})
        half = await ask({**request, "Limit": limit // 2})
        if half is None or "LastEvaluatedKey" not in half:
            return half
        self._remember(_marker(request, half["LastEvaluatedKey"]), request.get("ExclusiveStartKey"))
        emptied: dict[str, Any] = {"Items": []} if "Items" in half else {}
        return {**half, **emptied, "Count": 0, "ScannedCount": 0}

    def resumed(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """The request, or the one from where an empty page began if it goes on from that one.

        Also for reads that began in small pages and go on when there are none any more.
        """
        marker = _marker(request, request.get("ExclusiveStartKey"))
        return _from(request, self._starts[marker]) if marker in self._starts else request

    def _remember(self, marker: str, start: object) -> None:
        self._starts[marker] = start
        if len(self._starts) > _REMEMBERED:
            self._starts.popitem(last=False)


def _from(request: Mapping[str, Any], start: object) -> Mapping[str, Any]:
    rest = {name: value for name, value in request.items() if name != "ExclusiveStartKey"}
    return rest if start is None else {**rest, "ExclusiveStartKey": start}


def _marker(request: Mapping[str, Any], key: object) -> str:
    place = [request.get(name) for name in ("TableName", "IndexName", "Segment", "ScanIndexForward")]
    return json.dumps([*place, key], sort_keys=True)
