from __future__ import annotations

from pathlib import Path

import pytest

from reports.prices import Price, PricesFileError, read_prices

TABLE = Path(__file__).parents[1] / "prices.toml"


def test_the_table_names_region_date_and_a_source_for_each_price() -> None:
    prices = read_prices()
    assert (prices.region, prices.as_of) == ("us-east-1", "2026-11-22")
    assert len(prices.sources()) == 8
    assert all(source and seen <= prices.as_of for _, source, seen in prices.sources())


def test_a_million_websocket_messages_cost_a_dollar() -> None:
    assert read_prices().websocket_message.of(1_000_000) == pytest.approx(1.0)


def test_beyond_the_threshold_the_second_price_holds() -> None:
    assert read_prices().websocket_message.of(3_000_000_000) == pytest.approx(1000 + 0.8 * 2000)


def test_a_price_without_a_threshold_holds_for_any_amount() -> None:
    assert Price(2.0, "here", "2026-01-01").of(5_000_000_000_000) == pytest.approx(10_000_000)


def test_another_table_takes_the_place_of_ours(tmp_path: Path) -> None:
    path = tmp_path / "eu.toml"
    path.write_text(TABLE.read_text().replace("us-east-1", "eu-west-1").replace("= 1.00", "= 1.14"))
    prices = read_prices(path)
    assert (prices.region, prices.websocket_message.per_million) == ("eu-west-1", 1.14)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            ("per_million = 0.25", 'per_million = "a quarter"'),
            "`connection_minute.per_million` must be a number",
        ),
        (("[read_unit]", "[read_units]"), "`read_unit` is missing"),
        (("region =", "region"), "is not TOML"),
    ],
)
def test_a_table_that_is_wrong_says_where(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    path = tmp_path / "prices.toml"
    path.write_text(TABLE.read_text().replace(*change))
    with pytest.raises(PricesFileError, match=r"prices\.toml") as found:
        read_prices(path)
    assert message in str(found.value)


def test_a_table_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(PricesFileError, match=r"cannot read .*absent.toml"):
        read_prices(tmp_path / "absent.toml")
