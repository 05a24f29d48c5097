"""Pages of a table that is a list of numbers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from reference_app.gateway.dynamodb.small_pages import SmallPages


class Numbers:
    """Reads numbers from 1 to `count` as DynamoDB reads items: a full page always carries a key."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.limits: list[int] = []

    async def ask(self, request: Mapping[str, Any]) -> dict[str, Any] | None:
        self.limits.append(request["Limit"])
        first = request.get("ExclusiveStartKey", 0) + 1
        items = list(range(first, min(self.count, first + request["Limit"] - 1) + 1))
        page: dict[str, Any] = {"Items": items, "Count": len(items), "ScannedCount": len(items)}
        if len(items) == request["Limit"]:
            page["LastEvaluatedKey"] = items[-1]
        return page


def pages(numbers: Numbers, reader: SmallPages, *, limit: int, empty: bool, **own: int) -> list[list[int]]:
    async def read() -> list[list[int]]:
        found: list[list[int]] = []
        request: dict[str, Any] = {"TableName": "t", **own}
        while True:
            page = await reader.answer(numbers.ask, request, limit=limit, empty=empty)
            assert page is not None
            assert page["Count"] == len(page["Items"])
            found.append(page["Items"])
            if "LastEvaluatedKey" not in page:
                return found
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    return asyncio.run(read())


def test_a_page_holds_as_many_items_as_the_limit() -> None:
    assert pages(Numbers(5), SmallPages(), limit=2, empty=False) == [[1, 2], [3, 4], [5]]


def test_the_callers_own_limit_holds_when_it_is_lower() -> None:
    numbers = Numbers(3)
    pages(numbers, SmallPages(), limit=2, empty=True, Limit=1)
    assert set(numbers.limits) == {1}


def test_every_other_page_is_empty_and_nothing_is_lost_or_doubled() -> None:
    assert pages(Numbers(7), SmallPages(), limit=4, empty=True) == [[], [1, 2, 3, 4], [], [5, 6, 7]]


@pytest.mark.parametrize("count", range(9))
@pytest.mark.parametrize("limit", [2, 3, 5])
def test_whatever_the_sizes_all_items_come_once_and_in_order(count: int, limit: int) -> None:
    found = pages(Numbers(count), SmallPages(), limit=limit, empty=True)
    assert [number for page in found for number in page] == list(range(1, count + 1))


def test_a_read_can_be_repeated() -> None:
    reader = SmallPages()
    first, again = (pages(Numbers(7), reader, limit=4, empty=True) for _ in range(2))
    assert first == again


def test_an_error_is_passed_on() -> None:
    async def fail(request: Mapping[str, Any]) -> None:
        return None

    reader = SmallPages()
    assert asyncio.run(reader.answer(fail, {"TableName": "t"}, limit=2, empty=True)) is None
