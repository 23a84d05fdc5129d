"""Amounts in the local format. A typed amount is never read as another amount than the person meant."""

import re
import unicodedata
from datetime import UTC, date, datetime

import pytest
from babel import Locale
from babel.core import get_global
from babel.localedata import locale_identifiers
from babel.numbers import get_currency_symbol, get_territory_currencies
from hypothesis import example, given
from hypothesis import strategies as st

from cashdesk import formats
from cashdesk.currencies import is_current
from cashdesk.enums import Language
from cashdesk.errors import InvalidInput
from cashdesk.money import exponent_of, is_currency, largest_amount
from cashdesk.symbols import WITHOUT_DECIMALS, WRITTEN

PLACES = [
    ("en", "EUR"), ("en", "KWD"), ("en", "JPY"), ("en", "CHF"), ("es", "EUR"), ("es", "MXN"), ("es", "CLP"), ("es", "CRC"),
    ("pt-br", "BRL"), ("id", "IDR"), ("de", "EUR"), ("de", "CHF"), ("de", "KWD"), ("de", "JPY"),
]  # fmt: skip

COUNTRIES = {
    "es": {
        "BZD": "BZ", "CUP": "CU", "DOP": "DO", "GTQ": "GT", "HNL": "HN", "MXN": "MX", "NIO": "NI", "PAB": "PA", "PEN": "PE",
        "SVC": "SV", "USD": "US", "CRC": "CR", "EUR": "ES", "CLP": "CL", "ARS": "AR", "COP": "CO", "UYU": "UY", "VES": "VE",
        "BOB": "BO", "PYG": "PY",
    },
    "en": {
        "USD": "US", "EUR": "IE", "GBP": "GB", "CHF": "CH", "INR": "IN", "ZAR": "ZA", "SEK": "SE", "NOK": "NO", "CZK": "CZ",
        "HUF": "HU", "DKK": "DK", "PLN": "PL", "RON": "RO", "IDR": "ID",
    },
    "de": {"EUR": "DE", "CHF": "CH"},
    "pt-br": {"BRL": "BR", "EUR": "PT", "AOA": "AO", "MZN": "MZ", "CVE": "CV", "MOP": "MO", "STN": "ST"},
    "id": {"IDR": "ID"},
}  # fmt: skip


def test_every_language_has_countries_and_places_to_compare() -> None:
    assert set(COUNTRIES) == {language for language, _currency in PLACES} == set(Language.values)


@pytest.mark.parametrize(("language", "countries"), COUNTRIES.items())
def test_the_signs_are_those_of_cldr(language: str, countries: dict[str, str]) -> None:
    for currency, country in countries.items():
        signs = Locale(language[:2], country).number_symbols["latn"]
        style = formats.style_of(language, currency)
        assert (style.decimal, style.group) == (signs["decimal"], signs["group"]), currency


def test_amounts_in_austria_are_grouped_by_a_point_as_in_germany() -> None:
    signs = Locale("de", "AT").number_symbols["latn"]
    style = formats.style_of("de", "EUR", "Europe/Vienna")
    assert (style.decimal, style.group) == (signs["decimal"], signs["currencyGroup"])


@pytest.mark.parametrize(
    ("time_zone", "typed", "written"),
    [
        ("America/Guayaquil", "1.250", "$1.250,00"),
        ("Pacific/Galapagos", "12,5", "$12,50"),
        ("America/Caracas", "1.250,50", "$1.250,50"),
        ("America/El_Salvador", "1,250", "$1,250.00"),
        ("America/Panama", "12.5", "$12.50"),
        ("America/Puerto_Rico", "1,250.50", "$1,250.50"),
        ("America/Los_Angeles", "1,250.50", "$1,250.50"),
    ],
)
def test_the_clock_tells_which_country_pays_with_dollars(time_zone: str, typed: str, written: str) -> None:
    style = formats.style_of("es", "USD", time_zone)
    signs = Locale("es", get_global("zone_territories")[time_zone]).number_symbols["latn"]
    assert (style.decimal, style.group) == (signs["decimal"], signs["group"])
    assert style.amount(style.read(typed, "USD", field="amount"), "USD") == written


def test_no_time_zone_changes_how_its_own_currency_is_written() -> None:
    assert formats.style_of("es", "PEN", "America/Guayaquil") == formats.style_of("es", "PEN")
    assert formats.style_of("en", "USD", "America/Guayaquil") == formats.style_of("en", "USD")


@pytest.mark.parametrize(
    ("language", "currency", "minor", "written"),
    [
        ("en", "EUR", 1250_50, "€1,250.50"),
        ("en", "USD", -12_50, "−$12.50"),
        ("de", "EUR", 1250_50, "1.250,50 €"),
        ("de", "EUR", -12_50, "−12,50 €"),
        ("de", "CHF", 1250_50, "CHF 1’250.50"),
        ("es", "EUR", 12_50, "12,50 €"),
        ("es", "CLP", 1_234_567, "$1.234.567"),
        ("es", "ARS", 12_50, "$ 12,50"),
        ("es", "PEN", 12_50, "S/ 12.50"),
        ("es", "MXN", -99, "−$0.99"),
        ("es", "CRC", 1250_50, "₡1 250,50"),
        ("pt-br", "BRL", 0, "R$ 0,00"),
        ("id", "IDR", 50_000_00, "Rp 50.000"),
        ("id", "IDR", -50_000_00, "−Rp 50.000"),
        ("id", "IDR", 50_000_50, "Rp 50.000,50"),
        ("es", "COP", 12_500_00, "$ 12.500"),
        ("en", "HUF", 12_500_00, "12 500 HUF"),
        ("de", "KWD", 12_505, "12,505 KWD"),
        ("en", "INR", 1_250_50, "₹1,250.50"),
        ("en", "INR", 1_25_00_000_00, "₹1,25,00,000.00"),
        ("en", "THB", -12_50, "−12.50 THB"),
    ],
)
def test_amounts_are_written_as_in_the_place(language: str, currency: str, minor: int, written: str) -> None:
    assert formats.style_of(language, currency).amount(minor, currency) == written.replace(" ", "\u00a0")


@pytest.mark.parametrize(
    ("place", "currency", "minor", "written"),
    [
        (("en", "USD"), "MXN", 12_50, "12.50 MXN"),
        (("es", "MXN"), "USD", -12_50, "−12.50 USD"),
        (("en",), "USD", 12_50, "12.50 USD"),
        (("de",), "EUR", 12_50, "12,50 EUR"),
        (("de", "EUR"), "IDR", 12_500_00, "12.500 IDR"),
    ],
)
def test_any_other_currency_keeps_its_code(place: tuple[str, ...], currency: str, minor: int, written: str) -> None:
    assert formats.style_of(*place).amount(minor, currency) == written.replace(" ", "\u00a0")


def test_austria_writes_the_symbol_of_the_euro_in_front() -> None:
    assert formats.style_of("de", "EUR", "Europe/Vienna").amount(-12_50, "EUR") == "−€\u00a012,50"


@pytest.mark.parametrize(
    ("place", "minor", "written"),
    [
        (("de", "EUR"), 20_00, "20 €"),
        (("de", "EUR"), 50, "0,50 €"),
        (("en", "EUR"), 20_00, "€20"),
        (("id", "IDR"), 50_000_00, "Rp 50.000"),
        (("de", "KWD"), 250, "0,250 KWD"),
    ],
)
def test_notes_and_coins_are_written_as_printed(place: tuple[str, str], minor: int, written: str) -> None:
    assert formats.style_of(*place).face(minor, place[1]) == written.replace(" ", "\u00a0")


def test_a_difference_has_its_sign() -> None:
    style = formats.style_of("en", "USD")
    assert [style.signed(minor, "USD") for minor in (5, 0, -5)] == ["+$0.05", "$0.00", "−$0.05"]


def test_symbols_are_those_of_cldr_in_a_country_where_people_pay_with_the_currency() -> None:
    """English also has those of CLDR for the whole language: "¥" in Japan, whose language the pages do not speak."""
    places = {
        (language, currency): country
        for language, countries in COUNTRIES.items()
        for currency, country in countries.items()
    }
    for language, written in WRITTEN.items():
        spoken = language.partition("-")[0]
        for currency, pattern in written.items():
            locale = Locale(spoken, places.get((language, currency)) or country_of(spoken, currency))
            assert pattern == pattern_of(locale, currency), (language, currency)


def country_of(language: str, currency: str) -> str:
    """Returns a country where people speak the language and pay with the currency, if CLDR knows one, else a large one."""
    found = [
        name.partition("_")[2]
        for name in locale_identifiers()
        if re.fullmatch(rf"{language}_[A-Z]{{2}}", name) and currency in tender_of(name.partition("_")[2])
    ]
    return found[0] if found else {"en": "US", "pt": "BR"}[language]


def tender_of(country: str) -> list[str]:
    """Returns what people of a country pay with today."""
    return get_territory_currencies(country) if country in get_global("territory_currencies") else []


SPACED_IN_CLDR = {("es", "ARS"), ("es", "COP")}
"""Babel loses the space in CLDR's patterns of Argentina and Colombia: CLDR has "¤ #,##0.00"."""


def pattern_of(locale: Locale, currency: str) -> str:
    """Returns a currency's pattern by CLDR. CLDR has a space between a figure and anything but a sign of money."""
    symbol = get_currency_symbol(currency, locale)
    before, after = re.split(r"[#,.0]+", locale.currency_formats["standard"].pattern.partition(";")[0])
    is_spaced = unicodedata.category(symbol[-1])[0] != "S" or (locale.language, currency) in SPACED_IN_CLDR
    if before and is_spaced:
        before = "¤\u00a0"
    return f"{before}#{after}".replace("¤", symbol).replace("\u00a0", " ")


def test_currencies_without_decimals_are_those_of_cldr_apart_from_five() -> None:
    """In cash of the five there are no small coins, but price tags and receipts have decimals."""
    whole = {
        currency
        for currency, (_digits, _rounding, cash_digits, _cash_rounding) in get_global("currency_fractions").items()
        if not cash_digits
        and is_currency(currency)
        and exponent_of(currency)
        and is_current(currency, on=date(2026, 11, 1))
    }
    assert whole - {"CZK", "MUR", "NOK", "RSD", "SEK"} == WITHOUT_DECIMALS
    assert whole > WITHOUT_DECIMALS


@pytest.mark.parametrize(
    ("language", "minute", "second"),
    [
        ("en", "21 Nov 2026, 16:30", "21 Nov 2026, 16:30:05 CET"),
        ("de", "21.11.2026 16:30", "21.11.2026 16:30:05 CET"),
        ("es", "21/11/2026 16:30", "21/11/2026 16:30:05 CET"),
        ("pt-br", "21/11/2026 16:30", "21/11/2026 16:30:05 CET"),
        ("id", "21/11/2026 16.30", "21/11/2026 16.30.05 CET"),
    ],
)
def test_instants_are_written_on_the_wall_clock(language: str, minute: str, second: str) -> None:
    at, style = datetime(2026, 11, 21, 15, 30, 5, tzinfo=UTC), formats.style_of(language)
    assert style.instant(at, "Europe/Berlin") == minute
    assert style.instant(at, "Europe/Berlin", to_the_second=True) == second
    assert minute.startswith(style.date(at.date()))
    assert minute.endswith(style.clock(at, "Europe/Berlin"))
    assert style.clock(at, "Europe/Berlin") == f"16{style.clock_sign}30"
    assert style.date(at.date())[-4:] == "2026"


@pytest.mark.parametrize(
    ("language", "currency", "typed", "minor"),
    [
        ("de", "EUR", "1.250,50", 1250_50),
        ("de", "EUR", " 1250,5 ", 1250_50),
        ("de", "EUR", "1 250,50", 1250_50),
        ("de", "EUR", "1'250,50", 1250_50),
        ("de", "EUR", "1.250,50 EUR", 1250_50),
        ("de", "EUR", "1.250", 1250_00),
        ("de", "EUR", "1.250.000", 1_250_000_00),
        # The other place's sign, where it can be nothing else.
        ("de", "EUR", "12.50", 12_50),
        ("de", "EUR", "12.5", 12_50),
        ("de", "EUR", "1250.50", 1250_50),
        ("de", "EUR", "1,250.50", 1250_50),
        ("de", "EUR", "1,250,000", 1_250_000_00),
        ("en", "EUR", "12,50", 12_50),
        ("en", "EUR", "1.250,50", 1250_50),
        ("en", "EUR", "1,250", 1250_00),
        ("de", "CHF", "1'250.50", 1250_50),
        ("de", "CHF", "1’250.50", 1250_50),
        ("es", "CRC", "1\u00a0250,50", 1250_50),
        ("pt-br", "EUR", "1.250,50", 1250_50),
        ("en", "ZAR", "1,250.50", 1250_50),
        ("en", "ZAR", "12.50", 12_50),
        ("en", "INR", "1,25,000.50", 125_000_50),
        ("en", "INR", "125,000", 125_000_00),
        # With three decimals the place's own sign decides.
        ("de", "KWD", "1.250", 1_250_000),
        ("de", "KWD", "1,250", 1_250),
        ("en", "KWD", "1,250", 1_250_000),
        ("en", "KWD", "1.250", 1_250),
        # The currency on either side, as people paste it.
        ("en", "EUR", "€12.50", 12_50),
        ("en", "EUR", "12,50 €", 12_50),
        ("de", "EUR", "12,50\u00a0€", 12_50),
        ("de", "EUR", "EUR 12,50", 12_50),
        ("en", "USD", "12.50 usd", 12_50),
        ("en", "USD", "$-0.00", 0),
        ("de", "EUR", "−0,00 €", 0),
        ("id", "IDR", "Rp 12.500", 12_500_00),
        ("id", "IDR", "rp12.500", 12_500_00),
        ("es", "PEN", "S/ 12.50", 12_50),
        ("es", "PYG", "Gs. 12.500", 12_500),
        ("en", "DKK", "12,50 kr.", 12_50),
        ("es", "CLP", "50.000", 50_000),
        ("id", "IDR", "50.000", 50_000_00),
        ("en", "JPY", "50,000", 50_000),
    ],
)
def test_what_people_type_is_understood(language: str, currency: str, typed: str, minor: int) -> None:
    assert formats.style_of(language, currency).read(typed, currency, field="amount") == minor


@pytest.mark.parametrize(
    ("language", "currency", "typed", "says"),
    [
        ("de", "EUR", "1,250", "EUR has at most 2 decimals. Enter an amount such as 1.250,50."),
        ("en", "EUR", "1.250", "EUR has at most 2 decimals. Enter an amount such as 1,250.50."),
        # With the other country's sign a thousand would be one, or one a thousand.
        ("es", "MXN", "1.250", "MXN has at most 2 decimals. Enter an amount such as 1,250.50."),
        ("es", "ARS", "1,250", "ARS has at most 2 decimals. Enter an amount such as 1.250,50."),
        ("pt-br", "EUR", "1.250", "Enter an amount such as 1 250,50."),
        ("en", "ZAR", "1,250", "ZAR has at most 2 decimals. Enter an amount such as 1 250,50."),
        ("en", "EUR", "1,25,000", "Enter an amount such as 1,250.50."),
        ("en", "INR", "1,25,00", "Enter an amount such as 1,250.50."),
        ("id", "IDR", "1,250", "IDR has at most 2 decimals. Enter an amount such as 1.250."),
        ("es", "CLP", "12,50", "CLP has no decimals. Enter an amount such as 1.250."),
        ("es", "CLP", "12.50", "CLP has no decimals. Enter an amount such as 1.250."),
        ("de", "EUR", "0.500", "Enter an amount such as 1.250,50."),
        ("de", "EUR", "1250.500", "Enter an amount such as 1.250,50."),
        ("de", "KWD", "1 250.500", "Enter an amount such as 1.250,500."),
        ("de", "CHF", "1,250", "Enter an amount such as 1’250.50."),
        ("de", "EUR", "1.25.0", "Enter an amount such as 1.250,50."),
        ("de", "EUR", "1 25", "Enter an amount such as 1.250,50."),
        ("de", "EUR", "12,", "Enter an amount such as 1.250,50."),
        # "12K" may be twelve thousand, and a "$" in a store with euros may be dollars.
        ("en", "ZMW", "12K", "Enter an amount such as 1,250.50."),
        ("de", "EUR", "$12", "Enter an amount such as 1.250,50."),
        # In capitals it ends as the code does.
        ("en", "SSP", "15ßP", "Enter an amount such as 1,250.50."),
        ("en", "SSP", "ßP15", "Enter an amount such as 1,250.50."),
        ("de", "EUR", "€-5,00", "Enter 0 or more."),
        ("de", "EUR", "−5,00 €", "Enter 0 or more."),
        ("de", "EUR", "€€5", "Enter an amount such as 1.250,50."),
        ("de", "EUR", "€", "Enter an amount."),
        ("de", "EUR", "12 CHF", "Enter an amount such as 1.250,50."),
        ("de", "EUR", "١٢", "Enter an amount such as 1.250,50."),
        ("de", "EUR", "1e3", "Enter an amount such as 1.250,50."),
        ("de", "EUR", "", "Enter an amount."),
        ("de", "EUR", " \u00a0", "Enter an amount."),
        ("de", "EUR", "EUR", "Enter an amount."),
        ("de", "EUR", "-", "Enter an amount such as 1.250,50."),
        ("de", "EUR", "1" * 41, "Enter an amount such as 1.250,50."),
        ("de", "EUR", "-5,00", "Enter 0 or more."),
        ("de", "EUR", "1" * 16, "Enter at most 15 digits."),
    ],
)
def test_what_could_mean_two_amounts_is_refused(language: str, currency: str, typed: str, says: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        formats.style_of(language, currency).read(typed, currency, field="amount")
    assert refused.value.errors == {"amount": says}


def test_the_largest_amount_is_written_as_in_the_place() -> None:
    with pytest.raises(InvalidInput) as refused:
        formats.style_of("de", "EUR").read("4006381333931", "EUR", field="amount")
    assert refused.value.errors == {"amount": "Enter at most 50.000.000,00\u00a0€."}


OWN = [(language, currency) for language, written in WRITTEN.items() for currency in written]
FOREIGN = ["EUR", "USD", "IDR", "CLP", "KWD", "THB"]


@example(("en", "MOP"), "", 1_25)
@given(st.sampled_from([*OWN, *PLACES]), st.sampled_from(["", *FOREIGN]), st.integers(min_value=0, max_value=10**9 - 1))
def test_what_is_written_is_read_as_itself(place: tuple[str, str], foreign: str, minor: int) -> None:
    style, currency = formats.style_of(*place), foreign or place[1]
    minor = min(minor, largest_amount(currency))
    for written in (style.amount(minor, currency), style.signed(minor, currency), style.digits(minor, currency)):
        assert style.read(written, currency, field="amount") == minor


@given(st.sampled_from(PLACES), st.from_regex(r"\A\d{1,4}([.,' ]\d{1,4}){0,3}\Z", alphabet="012345.,' "))
@example(("de", "EUR"), "100.000.000")
def test_no_text_is_read_otherwise_than_a_strict_reader_of_the_place_does(place: tuple[str, str], typed: str) -> None:
    style, currency = formats.style_of(*place), place[1]
    exponent, group = exponent_of(currency), style.group.replace("’", "'").replace("\u00a0", " ")
    point = re.escape(style.decimal)
    strict = re.fullmatch(
        rf"(\d+|[1-9]\d{{0,2}}(?:{re.escape(group)}\d{{3}})+)(?:{point}(\d{{1,{exponent or 9}}}))?", typed
    )
    meant = None
    if strict and not (strict[2] and exponent == 0):
        meant = int(strict[1].replace(group, "") + (strict[2] or "").ljust(exponent, "0"))
    is_too_large = meant is not None and meant > largest_amount(currency)
    try:
        read = style.read(typed, currency, field="amount")
    except InvalidInput:
        assert meant is None or is_too_large, f"{typed} is {meant} in {place}"
        return
    assert not is_too_large
    if meant is not None:
        assert read == meant
        return
    # Not this place's writing: then it can be read in no second way, with either sign before the decimals.
    readings = {read_with(point, typed, exponent) for point in ".,"} - {None}
    assert readings == {read}, f"{typed} in {place}"


def read_with(point: str, typed: str, exponent: int) -> int | None:
    """Reads a number with this sign for the decimals and all other signs for groups."""
    units, _point, decimals = typed.partition(point)
    if point in decimals or len(decimals) > exponent or re.search(r"\D", decimals):
        return None
    if not re.fullmatch(r"\d+|[1-9]\d{0,2}(?:([.,' ])\d{3})(?:\1\d{3})*", units):
        return None
    return int(re.sub(r"\D", "", units) + decimals.ljust(exponent, "0"))


def test_every_language_has_a_style() -> None:
    for language in Language.values:
        assert formats.style_of(language, "XYZ") == formats.style_of(language)
