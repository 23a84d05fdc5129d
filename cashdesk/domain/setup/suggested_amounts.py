"""Suggests a tolerance and a usual float for a new store (docs/decisions/0040-first-store.md)."""

from typing import Final

from cashdesk.countries import has_decimals_in_cash
from cashdesk.domain.counting.second_look import currency_size
from cashdesk.money import exponent_of

TOLERANCE_UNITS: Final = 2
FLOAT_UNITS: Final = 200
"""The suggestions in a currency of size 1, such as EUR. They are multiplied by the size of the currency."""

SIZE_WITHOUT_DECIMALS: Final = 100
"""The size of a currency of unknown size, if its cash has no decimals. If it has decimals, the size is 1."""


def suggested_tolerance(currency: str) -> int:
    """Returns the suggested tolerance in minor units: 2.00 EUR, 200 JPY, 2,000 CLP, 20,000.00 IDR."""
    return TOLERANCE_UNITS * _small_note(currency)


def suggested_float(currency: str) -> int:
    """Returns the suggested usual float in minor units: 200.00 EUR, 20,000 JPY, 200,000 CLP, 2,000,000.00 IDR."""
    return FLOAT_UNITS * _small_note(currency)


def _small_note(currency: str) -> int:
    size = currency_size(currency) or (1 if has_decimals_in_cash(currency) else SIZE_WITHOUT_DECIMALS)
    return size * int(10 ** exponent_of(currency))
