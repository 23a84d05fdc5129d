"""The notes and coins of every known currency, checked by numbers."""

from dataclasses import FrozenInstanceError
from typing import Any, cast

import pytest
from iso4217 import Currency

from cashdesk.denominations import DENOMINATIONS, cash_unit_of, denominations_of

DEMONSTRATION_CURRENCIES = ("EUR", "CLP", "IDR", "BRL", "USD")

# In whole units, as they read on the note: with the exponent of ISO 4217 they pin the scale of every currency.
LARGEST_NOTES = {
    "AED": 1000,
    "ARS": 20000,
    "AUD": 100,
    "BRL": 200,
    "CAD": 100,
    "CHF": 1000,
    "CLP": 20000,
    "CNY": 100,
    "COP": 100000,
    "CZK": 5000,
    "DKK": 500,
    "EUR": 500,
    "GBP": 50,
    "HKD": 1000,
    "HUF": 20000,
    "IDR": 100000,
    "ILS": 200,
    "INR": 500,
    "JPY": 10000,
    "KRW": 50000,
    "MXN": 1000,
    "MYR": 100,
    "NOK": 1000,
    "NZD": 100,
    "PEN": 200,
    "PHP": 1000,
    "PLN": 500,
    "RON": 500,
    "SAR": 500,
    "SEK": 1000,
    "SGD": 1000,
    "THB": 1000,
    "TRY": 200,
    "TWD": 2000,
    "USD": 100,
    "VES": 500,
    "ZAR": 200,
}

# What rounds to a whole unit at the counter. CLP, JPY and KRW have no minor unit to begin with.
CURRENCIES_WITHOUT_FRACTIONS = {"ARS", "COP", "CZK", "HUF", "IDR", "NOK", "SEK", "TWD", "VES", "CLP", "JPY", "KRW"}

every_currency = pytest.mark.parametrize("currency", sorted(DENOMINATIONS))


def exponent_of(currency: str) -> int:
    """Return the ISO 4217 exponent of a currency that has one; an unknown code raises ValueError."""
    exponent = Currency(currency).exponent
    assert exponent is not None
    return exponent


def values_of(currency: str, kind: str) -> list[int]:
    """Return the values of the notes or the coins of a currency in minor units, in their listed order."""
    return [piece.value for piece in denominations_of(currency) if piece.kind == kind]


def test_the_demonstration_currencies_and_thirty_others_are_known() -> None:
    assert set(DEMONSTRATION_CURRENCIES) <= set(DENOMINATIONS)
    assert len(DENOMINATIONS) >= 35


@every_currency
def test_pieces_are_positive_and_listed_once_largest_first_notes_before_coins(currency: str) -> None:
    pieces = denominations_of(currency)

    assert all(type(piece.value) is int and piece.value > 0 for piece in pieces)
    assert {piece.kind for piece in pieces} == {"note", "coin"}
    assert len(set(pieces)) == len(pieces)
    assert list(pieces) == sorted(pieces, key=lambda piece: (-piece.value, piece.kind == "coin"))


@every_currency
def test_the_largest_note_stands_at_the_scale_of_iso_4217(currency: str) -> None:
    assert values_of(currency, "note")[0] == LARGEST_NOTES[currency] * 10 ** exponent_of(currency)


@every_currency
def test_every_piece_is_a_whole_number_of_cash_units(currency: str) -> None:
    exponent = exponent_of(currency)
    cash_unit = cash_unit_of(currency, exponent)

    assert cash_unit == (10**exponent if currency in CURRENCIES_WITHOUT_FRACTIONS else 1)
    assert all(piece.value % cash_unit == 0 for piece in denominations_of(currency))


def test_the_euro() -> None:
    assert values_of("EUR", "note") == [50000, 20000, 10000, 5000, 2000, 1000, 500]
    assert values_of("EUR", "coin") == [200, 100, 50, 20, 10, 5, 2, 1]


def test_the_chilean_peso_has_lost_its_coins_of_one_and_five() -> None:
    assert values_of("CLP", "note") == [20000, 10000, 5000, 2000, 1000]
    assert values_of("CLP", "coin") == [500, 100, 50, 10]


def test_the_rupiah_has_no_piece_below_fifty_whole_rupiah() -> None:
    assert values_of("IDR", "note") == [10000000, 5000000, 2000000, 1000000, 500000, 200000, 100000]
    assert values_of("IDR", "coin") == [100000, 50000, 20000, 10000, 5000]


def test_the_real_has_lost_its_centavo() -> None:
    assert values_of("BRL", "note") == [20000, 10000, 5000, 2000, 1000, 500, 200]
    assert values_of("BRL", "coin") == [100, 50, 25, 10, 5]


def test_the_us_dollar_keeps_its_two_dollar_note_and_its_penny() -> None:
    assert values_of("USD", "note") == [10000, 5000, 2000, 1000, 500, 200, 100]
    assert values_of("USD", "coin") == [100, 50, 25, 10, 5, 1]


def test_one_value_may_be_both_a_note_and_a_coin() -> None:
    one_dollar = [piece for piece in denominations_of("USD") if piece.value == 100]

    assert [piece.kind for piece in one_dollar] == ["note", "coin"]


@pytest.mark.parametrize(
    ("currency", "smallest"),
    [("CAD", 5), ("AUD", 5), ("NZD", 10), ("CHF", 5), ("DKK", 50), ("INR", 50), ("CNY", 10), ("JPY", 1), ("HUF", 500)],
)
def test_the_smallest_piece_is_the_one_in_use(currency: str, smallest: int) -> None:
    assert (denominations_of(currency)[-1].value, denominations_of(currency)[-1].kind) == (smallest, "coin")


def test_a_currency_without_data_is_counted_by_amount() -> None:
    assert denominations_of("XXX") == ()


@pytest.mark.parametrize(
    ("currency", "exponent", "cash_unit"),
    [
        ("EUR", 2, 1),
        ("USD", 2, 1),
        ("CLP", 0, 1),
        ("JPY", 0, 1),
        ("IDR", 2, 100),
        ("COP", 2, 100),
        ("HUF", 2, 100),
        ("SEK", 2, 100),
        ("XXX", 0, 1),
        ("XXX", 2, 1),
        ("XXX", 3, 1),
    ],
)
def test_the_smallest_cash_unit_in_minor_units(currency: str, exponent: int, cash_unit: int) -> None:
    assert cash_unit_of(currency, exponent) == cash_unit


def test_nobody_can_change_the_table() -> None:
    table = cast(Any, DENOMINATIONS)

    with pytest.raises(TypeError):
        table["EUR"] = ()
    with pytest.raises(TypeError):
        del table["EUR"]
    with pytest.raises(FrozenInstanceError):
        cast(Any, denominations_of("EUR")[0]).value = 1
