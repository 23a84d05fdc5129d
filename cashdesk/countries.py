"""Suggests the currency, the time zones and the language of a country, and names them in the languages of the pages.

Currencies, languages and names are those of CLDR, as Babel ships them. Time zones are those of IANA's `zone.tab`, as
tzdata ships it.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from importlib import resources
from types import MappingProxyType
from typing import Final, cast

from babel import Locale
from babel.core import get_global
from babel.dates import get_timezone_location
from babel.languages import get_territory_language_info
from babel.numbers import get_currency_name, get_territory_currencies

from cashdesk.currencies import is_current
from cashdesk.enums import Language

SPOKEN_MIN_PERCENT: Final = 50
"""A country's pages are in an official language of the country that at least this share of its people speaks."""

_OFFICIAL: Final = ("official", "de_facto_official")
_ZONES: Final = resources.files("tzdata").joinpath("zoneinfo")


@dataclass(frozen=True, slots=True, kw_only=True)
class Country:
    """A country, by its ISO 3166 code. `currencies` are its legal tender today; the usual one comes first."""

    code: str
    currencies: tuple[str, ...]
    time_zones: tuple[str, ...]
    language: Language

    @property
    def currency(self) -> str:
        """The usual currency, or "" if CLDR knows none that ISO 4217 lists."""
        return self.currencies[0] if self.currencies else ""

    @property
    def time_zone(self) -> str:
        """The first time zone, if all zones of the country have the same clock from now on. Else "": people must choose."""
        return self.time_zones[0] if len({_rule_of(zone) for zone in self.time_zones}) == 1 else ""


@lru_cache(maxsize=2)
def countries(*, on: date) -> Mapping[str, Country]:
    """Returns all countries that have a time zone, by code. The currencies are those of the day `on`."""
    zones = _zones_by_country()
    return MappingProxyType(
        {
            code: Country(
                code=code, currencies=_currencies_of(code, on=on), time_zones=zones[code], language=_language_of(code)
            )
            for code in sorted(zones)
        }
    )


def country_of_browser(accepted: str) -> str:
    """Returns the country in an Accept-Language header, such as "CH" for "de-CH,de;q=0.9". "" if it has none."""
    for part in accepted.split(","):
        _language, _dash, rest = part.partition(";")[0].strip().partition("-")
        code = rest.rpartition("-")[2].upper()
        if code in _zones_by_country():
            return code
    return ""


@cache
def country_names(language: str) -> Mapping[str, str]:
    """Returns the names of all countries in a language, in the order of that language's alphabet."""
    names = _locale(language).territories
    return _in_order((code, names.get(code, code)) for code in _zones_by_country())


@lru_cache(maxsize=10)
def currency_names(language: str, *, on: date) -> Mapping[str, str]:
    """Returns the names of all currencies that are current, by code, in the order of the codes."""
    codes = sorted(code for code in get_global("all_currencies") if is_current(code, on=on))
    return MappingProxyType({code: get_currency_name(code, locale=_locale(language)) for code in codes})


@cache
def time_zone_names(language: str) -> Mapping[str, str]:
    """Returns a city for each time zone, in the order of a language's alphabet."""
    zones = (zone for of_country in _zones_by_country().values() for zone in of_country)
    return _in_order((zone, get_timezone_location(zone, locale=_locale(language), return_city=True)) for zone in zones)


def has_decimals_in_cash(currency: str) -> bool:
    """Whether cash of this currency has coins below one unit, by CLDR: true for EUR, false for JPY, IDR and HUF."""
    fractions = get_global("currency_fractions")
    _digits, _rounding, cash_digits, _cash_rounding = fractions.get(currency, fractions["DEFAULT"])
    return bool(cash_digits)


@cache
def _zones_by_country() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for line in _ZONES.joinpath("zone.tab").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            code, _coordinates, zone, *_comment = line.split("\t")
            found.setdefault(code, []).append(zone)
    return MappingProxyType({code: tuple(zones) for code, zones in found.items()})


@cache
def _rule_of(zone: str) -> str:
    """Returns the rule of a zone's clock from now on, such as "CET-1CEST,M3.5.0,M10.5.0/3": the last line of its file."""
    return _ZONES.joinpath(*zone.split("/")).read_bytes().split(b"\n")[-2].decode("ascii")


def _currencies_of(code: str, *, on: date) -> tuple[str, ...]:
    held = get_territory_currencies(code, on) if code in get_global("territory_currencies") else []
    return tuple(currency for currency in held if is_current(currency, on=on))


def _language_of(code: str) -> Language:
    """Returns the language of the pages that most people of the country speak, if it is official there. Else English."""
    known = {language.value.partition("-")[0]: language for language in Language}
    spoken = [
        (cast(int, facts["population_percent"]), known[language])
        for language, facts in get_territory_language_info(code).items()
        if language in known and facts["official_status"] in _OFFICIAL
    ]
    share, language = max(spoken, default=(0, Language.ENGLISH))
    return language if share >= SPOKEN_MIN_PERCENT else Language.ENGLISH


@cache
def _locale(language: str) -> Locale:
    return Locale.parse(language, sep="-")


def _in_order(named: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    return MappingProxyType(dict(sorted(named, key=lambda pair: _as_sorted(pair[1]))))


def _as_sorted(name: str) -> str:
    """Returns a name without accents and capitals, so that "Österreich" comes after "Norwegen" and before "Polen"."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    return "".join(sign for sign in plain if not unicodedata.combining(sign))
