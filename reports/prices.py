"""The table of list prices, and what amounts cost by it. Every price of the project comes from here."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

from .decoding import decode

_TABLE = Path(__file__).with_name("prices.toml")


class PricesFileError(Exception):
    """The price table cannot be used; the message names the file and what is wrong in it."""


@dataclass(frozen=True)
class Price:
    """US dollars for a million units, and for those beyond a threshold."""

    per_million: float
    source: str
    seen: str
    """Date of the source."""
    then_from_million: float = math.inf
    """Millions of units a month from which the second price holds."""
    then_per_million: float = 0.0

    def of(self, amount: float) -> float:
        """US dollars for `amount` units in one month."""
        first = min(amount, self.then_from_million * 1e6)
        return (first * self.per_million + (amount - first) * self.then_per_million) / 1e6


@dataclass(frozen=True)
class Prices:
    """List prices of one region. Units: see the table's comments."""

    region: str
    as_of: str
    websocket_message: Price
    connection_minute: Price
    lambda_request: Price
    lambda_gb_second: Price
    lambda_gb_second_arm64: Price
    read_unit: Price
    write_unit: Price
    gigabyte_out: Price

    def sources(self) -> tuple[tuple[str, str, str], ...]:
        """For each price its name, its source and the source's date."""
        found = ((f.name, getattr(self, f.name)) for f in fields(self))
        return tuple((name, p.source, p.seen) for name, p in found if isinstance(p, Price))


def read_prices(path: Path | None = None) -> Prices:
    """The table in `path`, or the one that comes with churnproof. Raises PricesFileError."""
    path = path or _TABLE
    try:
        return decode(Prices, tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise PricesFileError(f"cannot read {path}: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise PricesFileError(f"{path} is not TOML: {error}") from error
    except ValueError as error:
        raise PricesFileError(
            f"{path}: {error}; write it as {_TABLE.name} of churnproof is written"
        ) from error
