from __future__ import annotations

import pytest

from conformance.harness.rows import PADDING, Item, Row, holders, holds_nested, shown_id

ID = "BD0R86oM6wFSgik="
OTHER = "HQI-uvDRIAMCRMw="
ROW: Item = {
    "pk": {"S": f"CONNECTION#{ID}"},
    "connectionId": {"S": ID},
    "joined": {"N": "17"},
    "rooms": {"L": [{"S": "a"}, {"M": {"by": {"S": ID}}}]},
    "tags": {"SS": [ID, "x"]},
}


def test_a_row_is_held_by_the_attributes_that_are_exactly_the_id() -> None:
    assert holders(ROW, ID) == ("connectionId",)
    assert holders(ROW, OTHER) == ()


@pytest.mark.parametrize(
    "value",
    [{"SS": [ID]}, {"L": [{"S": ID}]}, {"M": {"x": {"L": [{"S": ID}]}}}],
    ids=["set", "list", "map"],
)
def test_ids_inside_containers_are_told_apart(value: dict[str, object]) -> None:
    item: Item = {"pk": {"S": "all"}, "ids": value}
    assert holders(item, ID) == ()
    assert holds_nested(item, ID)
    assert not holds_nested(item, OTHER)


def test_an_attribute_of_its_own_is_not_nested() -> None:
    assert not holds_nested({"connectionId": {"S": ID}}, ID)


def test_an_item_shows_its_id_in_the_attribute_that_is_preferred() -> None:
    item: Item = {"other": {"S": OTHER}, "connectionId": {"S": ID}}
    assert shown_id(item, ("connectionId",)) == ID
    assert shown_id(item) == OTHER


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
