from __future__ import annotations

import re

import pytest

from conformance.harness.rows import PADDING, Item, Place, Row, expired, holds_nested, places, shown_id

ID = "BD0R86oM6wFSgik="
OTHER = "HQI-uvDRIAMCRMw="
NOW_S = 1_700_000_000
ROW: Item = {
    "pk": {"S": f"CONNECTION#{ID}"},
    "connectionId": {"S": ID},
    "joined": {"N": "17"},
    "rooms": {"L": [{"S": "a"}, {"M": {"by": {"S": ID}}}]},
    "tags": {"SS": [ID, "x"]},
}


def test_the_id_stands_in_the_attributes_that_are_exactly_it_and_within_keys() -> None:
    assert places(ROW, ID) == [Place("connectionId")]
    assert places(ROW, ID, ["pk"]) == [Place("connectionId"), Place("pk", before="CONNECTION#")]
    assert places(ROW, OTHER, ["pk"]) == []


@pytest.mark.parametrize("text", [f"x{ID}", f"{ID}x", f"{ID}#{ID}"])
def test_an_id_within_a_longer_word_or_twice_is_none(text: str) -> None:
    assert places({"pk": {"S": text}}, ID, ["pk"]) == []


def test_the_key_with_the_least_around_the_id_is_the_rows_own() -> None:
    item: Item = {"sk": {"S": f"MESSAGE#{ID}#17"}, "pk": {"S": f"CONN#{ID}"}}
    assert [place.attribute for place in places(item, ID, ["pk", "sk"])] == ["pk", "sk"]


def test_a_place_tells_the_ids_of_other_rows_and_of_none_of_another_form() -> None:
    place = Place("pk", "CONN#", "#v1")
    assert place.id_in({"pk": {"S": f"CONN#{OTHER}#v1"}}) == OTHER
    assert place.id_in({"pk": {"S": f"ROOM#{OTHER}#v1"}}) == ""
    assert place.id_in({"pk": {"N": "1"}}) == ""


@pytest.mark.parametrize(
    "after", ["#1700000000123", "#2026-11-23T03:41:02Z", "#3f0c9a52-77b1-4c0e-9a1d-0b6ad5c1e2f4"]
)
def test_a_place_knows_the_rows_of_its_kind_whatever_number_they_hold(after: str) -> None:
    one, two = Place("pk", "", after), Place("pk", "", re.sub(r"\d", "7", after))
    assert one.kind == two.kind
    assert one.id_in({"pk": dict(two.value(OTHER))}) == OTHER
    assert one.id_in({"pk": {"S": f"MESSAGE#{OTHER}{two.after}"}}) == ""


@pytest.mark.parametrize(
    "value",
    [{"SS": [ID]}, {"L": [{"S": ID}]}, {"M": {"x": {"L": [{"S": ID}]}}}, {"M": {ID: {"N": "1"}}}],
    ids=["set", "list", "map", "key of a map"],
)
def test_ids_inside_containers_are_told_apart(value: dict[str, object]) -> None:
    item: Item = {"pk": {"S": "all"}, "ids": value}
    assert places(item, ID, ["pk", "ids"]) == []
    assert holds_nested(item, ID)
    assert not holds_nested(item, OTHER)


def test_an_attribute_of_its_own_is_not_nested() -> None:
    assert not holds_nested({"connectionId": {"S": ID}}, ID)


def test_an_item_shows_its_id_in_the_attribute_that_is_preferred() -> None:
    item: Item = {"other": {"S": OTHER}, "connectionId": {"S": ID}}
    assert shown_id(item, ("connectionId",)) == ID
    assert shown_id(item) == OTHER


def test_an_id_is_shown_within_an_attribute_only_where_that_is_preferred() -> None:
    item: Item = {"pk": {"S": f"CONN#{ID}"}, "note": {"S": f"from {OTHER}"}}
    assert shown_id(item, ("pk",)) == ID
    assert shown_id(item) == ""
    assert shown_id({"pk": {"S": f"CONN{ID}"}}, ("pk",)) == ""


def test_what_has_not_the_form_of_an_id_is_none() -> None:
    assert shown_id({"pk": {"S": "settings"}, "n": {"N": "1"}}, ("pk", "missing")) == ""


def test_another_id_goes_wherever_the_old_one_was() -> None:
    changed = Row(ROW, ID).with_id(OTHER)
    assert changed.connection_id == OTHER
    assert changed.item == {
        "pk": {"S": f"CONNECTION#{OTHER}"},
        "connectionId": {"S": OTHER},
        "joined": {"N": "17"},
        "rooms": {"L": [{"S": "a"}, {"M": {"by": {"S": OTHER}}}]},
        "tags": {"SS": [OTHER, "x"]},
    }


def test_a_row_without_an_id_takes_no_other() -> None:
    with pytest.raises(ValueError, match="without a connection id"):
        Row(ROW, "").with_id(OTHER)


def test_a_padded_row_is_large_but_small_enough_for_dynamodb() -> None:
    padded = Row(ROW, ID).padded()
    assert padded.connection_id == ID
    assert 380 * 1024 < len(str(padded.item)) < 400 * 1024
    assert {name: value for name, value in padded.item.items() if name != PADDING} == ROW


@pytest.mark.parametrize("left_s", [0, -60])
def test_a_row_whose_time_to_live_is_over_has_expired(left_s: int) -> None:
    assert expired({"ttl": {"N": str(NOW_S + left_s)}}, "ttl", NOW_S)


@pytest.mark.parametrize(
    "value",
    [{"N": str(NOW_S + 60)}, {"N": str(NOW_S * 1000)}, {"S": str(NOW_S - 60)}, {"N": "10800"}, {}],
    ids=["still alive", "milliseconds", "text", "a duration", "none"],
)
def test_a_row_that_dynamodb_would_not_delete_has_not_expired(value: dict[str, str]) -> None:
    assert not expired({"ttl": value}, "ttl", NOW_S)
