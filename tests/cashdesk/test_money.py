"""Money is whole minor units: input is read exactly or refused, and output can be read back."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from iso4217 import Currency

from cashdesk import money
from cashdesk.currencies import EXPONENTS, withdrawn_on
from cashdesk.errors import InvalidInput

CURRENCIES = sorted(currency.code for currency in Currency if currency.exponent is not None)
currencies = st.sampled_from(CURRENCIES)
currency = st.shared(currencies, key="currency")
amounts = currency.flatmap(lambda code: st.integers(min_value=0, max_value=money.largest_amount(code)))
"""Whatever may be named in the currency of the same example."""


def test_every_iso_currency_with_minor_units_is_known_with_its_exponent() -> None:
    assert len(CURRENCIES) > 150
    assert [money.exponent_of(code) for code in ("EUR", "CLP", "JPY", "IDR", "KWD", "CLF")] == [2, 0, 0, 2, 3, 4]
    assert all(money.is_currency(code) for code in CURRENCIES)


def test_our_table_of_current_currencies_is_that_of_the_package() -> None:
    # Fails when a new version of the package knows more: add the code, or its withdrawal, to cashdesk/currencies.py.
    published = {currency.code: currency.exponent for currency in Currency if currency.exponent is not None}
    current = {code for code in EXPONENTS if withdrawn_on(code) is None}
    assert {code: money.exponent_of(code) for code in current} == published


@pytest.mark.parametrize(
    ("code", "decimals", "first_day_without"),
    [
        ("HRK", 2, date(2023, 2, 1)),
        ("DEM", 2, date(2002, 4, 1)),
        ("BGN", 2, date(2026, 2, 1)),
        ("MRO", 2, date(2018, 1, 1)),
        ("ITL", 0, date(2002, 4, 1)),
        ("BYR", 0, date(2017, 2, 1)),
        ("YDD", 3, date(1991, 10, 1)),
    ],
)
def test_a_withdrawn_currency_keeps_its_decimals(code: str, decimals: int, first_day_without: date) -> None:
    assert (money.exponent_of(code), withdrawn_on(code)) == (decimals, first_day_without)
    assert money.to_text(123456, code).endswith(f" {code}")


@pytest.mark.parametrize("code", ["", "eur", "Eur", "EURO", "XXX", "XAU", "ZZZ", " EUR", "€"])
def test_what_is_no_currency_is_refused_by_name(code: str) -> None:
    assert not money.is_currency(code)
    with pytest.raises(InvalidInput) as refused:
        money.exponent_of(code)
    assert set(refused.value.errors) == {"currency"}


@given(amounts, currency)
def test_what_goes_out_in_units_comes_back_as_the_same_minor_units(minor: int, currency: str) -> None:
    units = money.to_units(minor, currency)
    assert money.parse_units(units, currency, field="amount") == minor
    assert money.parse_units(str(units), currency, field="amount") == minor


@given(amounts, currency)
def test_what_goes_out_is_exact_and_an_int_wherever_it_is_whole(minor: int, currency: str) -> None:
    units = money.to_units(minor, currency)
    scale = 10 ** money.exponent_of(currency)
    assert units * scale == minor
    assert isinstance(units, int) == (minor % scale == 0)
    assert not isinstance(units, float)


@given(st.integers(min_value=-money.AMOUNT_MAX, max_value=money.AMOUNT_MAX), currencies)
def test_a_difference_below_zero_goes_out_as_exactly_as_one_above(minor: int, currency: str) -> None:
    assert money.to_units(minor, currency) == -money.to_units(-minor, currency)


@given(amounts, currency)
def test_the_text_of_an_amount_has_all_its_decimals_and_reads_back(minor: int, currency: str) -> None:
    digits, code = money.to_text(minor, currency).split(" ")
    exponent = money.exponent_of(currency)
    assert code == currency
    assert len(digits.partition(".")[2]) == exponent
    assert money.parse_units(digits, currency, field="amount") == minor


def test_the_text_of_small_and_negative_amounts() -> None:
    assert money.to_text(5, "EUR") == "0.05 EUR"
    assert money.to_text(-5, "EUR") == "-0.05 EUR"
    assert money.to_text(-123456, "KWD") == "-123.456 KWD"
    assert money.to_text(0, "CLP") == "0 CLP"


@pytest.mark.parametrize(
    ("value", "currency", "minor"),
    [
        (1250, "EUR", 125000),
        (Decimal("1250.5"), "EUR", 125050),
        ("1250.50", "EUR", 125050),
        ("0012.5", "EUR", 1250),
        ("+1", "EUR", 100),
        (Decimal("50000.0"), "CLP", 50000),
        (Decimal("1.230000"), "EUR", 123),
        (Decimal("1e3"), "EUR", 100000),
        (Decimal("-0"), "EUR", 0),
        ("-0", "EUR", 0),
        ("-0.00", "EUR", 0),
        (Decimal("0E-100"), "EUR", 0),
        ("1.234", "KWD", 1234),
        (2_000_000_000, "CLP", 2_000_000_000),
        ("50000000.00", "EUR", 5_000_000_000),
    ],
)
def test_amounts_are_read_exactly(value: Any, currency: str, minor: int) -> None:
    assert money.parse_units(value, currency, field="amount") == minor


@pytest.mark.parametrize(
    "value",
    [
        "12,50", "1e3", "1E3", "0x10", "1_000", "0.1+0.2", "", " ", " 1", "1 ", "1.", ".5", "--1", "NaN", "Infinity",
        "-1", "-0.01", "1.250", "1.234", "1" * 16, "1" * 41, "0" * 41, "١٢", "½", "1\n", "1\x00",
        -1, 10**15, 10**18, pytest.param(10**5000, id="ten to the 5000"),
        Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), Decimal("-Infinity"), Decimal("-0.01"), Decimal("1e15"),
        Decimal("1e400"), Decimal("1e-400"), Decimal("0.001"), Decimal("1e999999"), Decimal("10000000000000.00"),
        Decimal("1." + "0" * 28 + "1"), Decimal("1." + "0" * 60 + "1"), Decimal("9" * 13 + ".991"),
        True, False, None, [], {}, [1], {"amount": 1}, b"1",
        0.1, 1.0, float("nan"),
    ],
)  # fmt: skip
def test_what_is_no_amount_of_euros_is_refused_by_field(value: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        money.parse_units(value, "EUR", field="start_amount")
    assert set(refused.value.errors) == {"start_amount"}


@pytest.mark.parametrize(
    ("currency", "largest", "said"),
    [
        ("EUR", 50_000_000_00, "50000000.00 EUR"),
        ("USD", 10_000_000_00, "10000000.00 USD"),
        ("CLP", 2_000_000_000, "2000000000 CLP"),
        ("KWD", 1_000_000_000_000, "1000000000.000 KWD"),
    ],
)
def test_a_barcode_is_no_amount(currency: str, largest: int, said: str) -> None:
    assert money.largest_amount(currency) == largest
    assert money.parse_minor(largest, currency, field="value") == largest
    for read in (money.parse_units, money.parse_minor):
        with pytest.raises(InvalidInput) as refused:
            read(4006381333931, currency, field="final_cash_declared")
        assert refused.value.errors == {"final_cash_declared": f"Enter at most {said}."}


def test_the_largest_amount_is_a_setting(settings: Any) -> None:
    settings.AMOUNT_MAX_NOTES, settings.AMOUNT_MAX_UNITS = 2, 3
    assert (money.largest_amount("EUR"), money.largest_amount("KWD")) == (1000_00, 3_000)


@given(currencies, st.integers(min_value=0, max_value=10**12), st.integers(min_value=1, max_value=80))
def test_a_tail_past_the_decimals_is_never_rounded_away(currency: str, whole: int, zeros: int) -> None:
    tail = Decimal(f"{whole}.{'0' * (money.exponent_of(currency) + zeros)}1")
    with pytest.raises(InvalidInput):
        money.parse_units(tail, currency, field="amount")


@given(amounts, currency, st.integers(min_value=1, max_value=12))
def test_a_json_number_may_carry_zeros_past_the_decimals_and_text_may_not(
    minor: int, currency: str, zeros: int
) -> None:
    exponent = money.exponent_of(currency)
    digits = (
        f"{minor // 10**exponent}.{str(minor % 10**exponent).rjust(exponent, '0') if exponent else ''}{'0' * zeros}"
    )
    if len(digits) > 40:
        return
    assert money.parse_units(Decimal(digits), currency, field="amount") == minor
    with pytest.raises(InvalidInput):
        money.parse_units(digits, currency, field="amount")


@given(
    st.one_of(st.text(), st.decimals(), st.integers(), st.floats(), st.booleans(), st.binary(), st.none()), currencies
)
def test_whatever_comes_is_read_as_a_fitting_amount_or_refused(value: Any, currency: str) -> None:
    faults: set[str] = set()
    minor = None
    try:
        minor = money.parse_units(value, currency, field="amount")
    except InvalidInput as refused:
        faults = set(refused.errors)
    if minor is None:
        assert faults == {"amount"}
    else:
        assert type(minor) is int
        assert 0 <= minor <= money.AMOUNT_MAX
        assert Decimal(value) * 10 ** money.exponent_of(currency) == minor


@pytest.mark.parametrize(
    ("value", "unit", "minor"), [(5, 1, 5), ("5", 100, 500), (Decimal("5.0"), 100, 500), (0, 1, 0)]
)
def test_whole_numbers_of_a_cash_unit_are_read(value: Any, unit: int, minor: int) -> None:
    assert money.parse_whole(value, field="amount", unit=unit) == minor


@pytest.mark.parametrize(
    ("value", "unit"), [(Decimal("0.5"), 1), ("1.5", 100), (-1, 1), (True, 1), (1.0, 1), (10**15, 1), (10**14, 100)]
)
def test_what_is_no_whole_number_of_a_cash_unit_is_refused(value: Any, unit: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        money.parse_whole(value, field="amount", unit=unit)
    assert set(refused.value.errors) == {"amount"}


@given(st.integers(min_value=-(10**17), max_value=10**17), st.sampled_from([1, 10, 100, 1000, 10000]))
def test_a_sum_larger_than_any_amount_is_still_told_exactly(minor: int, unit: int) -> None:
    assert money.to_unit(minor, unit=unit) * unit == minor
