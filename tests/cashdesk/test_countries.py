"""What the setup suggests for a country: its currency, time zone and language, and amounts in that currency."""

from datetime import date

import pytest

from cashdesk.countries import (
    countries,
    country_names,
    country_of_browser,
    currency_names,
    has_decimals_in_cash,
    time_zone_names,
)
from cashdesk.domain.setup.suggested_amounts import suggested_float, suggested_tolerance
from cashdesk.enums import Language
from cashdesk.models.organisation import validate_currency, validate_time_zone
from cashdesk.money import to_text

ON = date(2026, 12, 1)


@pytest.mark.parametrize(
    ("code", "currency", "zone", "language"),
    [
        ("DE", "EUR", "Europe/Berlin", "de"),  # Büsingen has the same clock
        ("AT", "EUR", "Europe/Vienna", "de"),
        ("CH", "CHF", "Europe/Zurich", "de"),
        ("AR", "ARS", "America/Argentina/Buenos_Aires", "es"),
        ("PE", "PEN", "America/Lima", "es"),
        ("JP", "JPY", "Asia/Tokyo", "en"),
        ("HR", "EUR", "Europe/Zagreb", "en"),
        # People choose where the clocks of a country differ.
        ("BR", "BRL", "", "pt-br"),
        ("ID", "IDR", "", "id"),
        ("US", "USD", "", "en"),
        ("CL", "CLP", "", "es"),
        # German is official in Belgium, but most people do not speak it.
        ("BE", "EUR", "Europe/Brussels", "en"),
    ],
)
def test_a_country_suggests(code: str, currency: str, zone: str, language: str) -> None:
    country = countries(on=ON)[code]
    assert (country.currency, country.time_zone, country.language.value) == (currency, zone, language)


def test_every_suggestion_can_be_stored() -> None:
    for country in countries(on=ON).values():
        for currency in country.currencies:
            validate_currency(currency)
            assert currency in currency_names("en", on=ON)
        for zone in country.time_zones:
            validate_time_zone(zone)
    assert len(countries(on=ON)) > 240


@pytest.mark.parametrize("language", Language.values)
def test_countries_currencies_and_time_zones_have_names(language: str) -> None:
    assert country_names(language).keys() == countries(on=ON).keys()
    assert {zone for country in countries(on=ON).values() for zone in country.time_zones} == time_zone_names(
        language
    ).keys()
    assert all(country_names(language).values())
    assert all(time_zone_names(language).values())
    assert all(currency_names(language, on=ON).values())


def test_names_are_in_the_language_and_in_its_order() -> None:
    german = list(country_names("de").items())
    assert german[:3] == [("AF", "Afghanistan"), ("EG", "Ägypten"), ("AX", "Ålandinseln")]
    assert country_names("pt-br")["DE"] == "Alemanha"
    assert currency_names("es", on=ON)["CHF"] == "franco suizo"
    assert time_zone_names("id")["Asia/Makassar"] == "Makassar"


@pytest.mark.parametrize(
    ("accepted", "code"),
    [
        ("de-CH,de;q=0.9", "CH"), ("en,es-MX;q=0.8", "MX"), ("zh-Hant-TW", "TW"), ("es-419,es", ""), ("de", ""), ("", ""),
        ("*", ""), ("en-", ""), ("x" * 5000, ""),
    ],
)  # fmt: skip
def test_the_browser_tells_a_country(accepted: str, code: str) -> None:
    assert country_of_browser(accepted) == code


def test_cash_without_decimals_is_known_from_cldr() -> None:
    whole = {
        code for code in ("EUR", "USD", "JPY", "IDR", "HUF", "CLP", "KRW", "BRL") if not has_decimals_in_cash(code)
    }
    assert whole == {"JPY", "IDR", "HUF", "CLP", "KRW"}


@pytest.mark.parametrize(
    ("currency", "tolerance", "usual_float"),
    [
        ("EUR", "2.00 EUR", "200.00 EUR"),
        ("BRL", "2.00 BRL", "200.00 BRL"),
        ("MXN", "20.00 MXN", "2000.00 MXN"),
        ("JPY", "200 JPY", "20000 JPY"),
        ("CLP", "2000 CLP", "200000 CLP"),
        ("IDR", "20000.00 IDR", "2000000.00 IDR"),
        ("KWD", "2.000 KWD", "200.000 KWD"),
        # Their size is unknown: cash with decimals counts as small amounts, cash without as hundreds.
        ("BBD", "2.00 BBD", "200.00 BBD"),
        ("KMF", "200 KMF", "20000 KMF"),
    ],
)
def test_amounts_fit_the_currency(currency: str, tolerance: str, usual_float: str) -> None:
    assert to_text(suggested_tolerance(currency), currency) == tolerance
    assert to_text(suggested_float(currency), currency) == usual_float
