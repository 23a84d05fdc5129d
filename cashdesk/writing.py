"""How amounts and instants are written in a place, and how an amount that somebody typed there is read.

The place is a store: its language and, where the signs differ by country, its currency, or with dollars its time zone.
Signs and the order of dates are those of CLDR (https://cldr.unicode.org), grouped from the first thousand on. Only pages
write like this: the API, the exports and the back office write plain numbers (docs/languages.md).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import date, datetime
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from django.utils import dateformat
from django.utils.translation import gettext as _

from cashdesk import money
from cashdesk.enums import Language
from cashdesk.errors import InvalidInput

EXAMPLE: Final = 1250
"""What an amount might look like, in units and cents: it has a group, and decimals where the currency has them."""

_ALIKE: Final = str.maketrans("\u00a0\u202f\u2009\u2019\u02bc\u00b4`\u2212", "   ''''-")
_SIGNS: Final = re.compile(r"[.,' ]")
_TYPED: Final = re.compile(r"\d+(?:[.,' ]\d+)*", re.ASCII)
_THOUSANDS: Final = re.compile(r"[1-9]\d{0,2}(?:-\d{3})+", re.ASCII)
_LAKHS: Final = re.compile(r"[1-9]\d?(?:-\d{2})*-\d{3}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """The signs of numbers, and the order of dates in Django's letters for them."""

    decimal: str
    group: str
    day: str
    minute: str
    second: str
    lakhs: bool = False
    """Whether digits are grouped by two above the first three: 1,25,000."""

    def amount(self, minor: int, currency: str) -> str:
        """Writes minor units with their currency's code: "1.250,50 EUR"."""
        return f"{self.digits(minor, currency)} {currency}"

    def digits(self, minor: int, currency: str) -> str:
        """Writes minor units without the currency's code, as one might type them: "1.250,50"."""
        units, _point, decimals = money.to_digits(abs(minor), currency).partition(".")
        grouped = re.sub(r"\B(?=(?:\d{2})*\d{3}$)" if self.lakhs else r"\B(?=(?:\d{3})+$)", self.group, units)
        return f"{'-' if minor < 0 else ''}{grouped}{self.decimal if decimals else ''}{decimals}"

    def instant(self, at: datetime, time_zone: str, *, to_the_second: bool = False) -> str:
        """Writes an instant on the wall clock of a time zone; to the second with the zone's name."""
        return dateformat.format(at.astimezone(ZoneInfo(time_zone)), self.second if to_the_second else self.minute)

    def clock(self, at: datetime, time_zone: str) -> str:
        """Writes the hour and minute of an instant on the wall clock of a time zone."""
        return dateformat.format(at.astimezone(ZoneInfo(time_zone)), self.minute.rpartition(" ")[2])

    def date(self, on: date) -> str:
        """Writes a day of the calendar."""
        return dateformat.format(on, self.day)

    def read(self, text: str, currency: str, *, field: str) -> int:
        """Reads an amount in the currency's units, as people of the place type it, into minor units.

        What could mean two numbers is the one that it is in this place, or none: "1.250" is a thousand and more where a
        point makes groups. The other place's writing is understood where it can be nothing else, as in "12.50" or
        "1,250.50". Raises InvalidInput naming `field`, with an amount as it is written here.
        """
        typed = text.translate(_ALIKE).strip()
        if typed.upper().endswith(currency):
            typed = typed[: -len(currency)].rstrip()
        sign, typed = (typed[0], typed[1:].lstrip()) if typed[:1] in ("+", "-") else ("", typed)
        parts = self._parts(typed) if len(typed) <= 40 and _TYPED.fullmatch(typed) else None
        exponent = money.exponent_of(currency)
        example = self.digits(EXAMPLE * 10**exponent + 10**exponent // 2, currency)
        if parts is None:
            raise InvalidInput.of(field, _("must be an amount such as %(example)s.") % {"example": example})
        units, decimals = parts
        if len(decimals) > exponent:
            raise InvalidInput.of(
                field,
                _("%(currency)s has at most %(exponent)s decimals, as in %(example)s.")
                % {"currency": currency, "exponent": exponent, "example": example}
                if exponent
                else _("%(currency)s has no decimals: write it as in %(example)s.")
                % {"currency": currency, "example": example},
            )
        plain = f"{sign}{units}.{decimals}" if decimals else f"{sign}{units}"
        return money.parse_units(plain, currency, field=field, write=self.amount)

    def _parts(self, typed: str) -> tuple[str, str] | None:
        """Tells the units from the decimals of a number, or returns None where it is none, or could be two."""
        *blocks, last = _SIGNS.split(typed)
        signs = _SIGNS.findall(typed)
        if not signs:
            return last, ""
        is_grouped = self._are_groups([*blocks, last], signs)
        if len(signs) == 1:
            if signs == [self.decimal]:
                return blocks[0], last
            if is_grouped and signs[0] in (self.group.translate(_ALIKE), " ", "'"):
                return f"{blocks[0]}{last}", ""
            # Three digits after a sign may be a group: nobody knows whether it was meant as one.
            return None if len(last) == 3 or signs[0] in " '" else (blocks[0], last)
        if is_grouped:
            return "".join([*blocks, last]), ""
        point, before = signs[-1], signs[:-1]
        if point not in ".," or point in before or not self._are_groups(blocks, before):
            return None
        if self.decimal not in (point, before[0]) and len(last) == 3:
            return None
        return "".join(blocks), last

    def _are_groups(self, blocks: Iterable[str], signs: Iterable[str]) -> bool:
        """Whether the blocks are groups of a thousand each, or lakhs where they are known, parted by the same sign."""
        grouped = "-".join(blocks)
        is_known = _THOUSANDS.fullmatch(grouped) or (self.lakhs and _LAKHS.fullmatch(grouped))
        return len(set(signs)) == 1 and bool(is_known)


_ENGLISH: Final = Style(decimal=".", group=",", day="j M Y", minute="j M Y, H:i", second="j M Y, H:i:s T")
_GERMAN: Final = Style(decimal=",", group=".", day="d.m.Y", minute="d.m.Y H:i", second="d.m.Y H:i:s T")
_LATIN: Final = Style(decimal=",", group=".", day="d/m/Y", minute="d/m/Y H:i", second="d/m/Y H:i:s T")

_OF_LANGUAGE: Final[Mapping[str, Style]] = MappingProxyType(
    {
        Language.ENGLISH: _ENGLISH,
        Language.SPANISH: _LATIN,
        Language.PORTUGUESE: _LATIN,
        Language.INDONESIAN: replace(_LATIN, minute="d/m/Y H.i", second="d/m/Y H.i.s T"),
        Language.GERMAN: _GERMAN,
    }
)

_POINTED: Final = ("BZD", "CUP", "DOP", "GTQ", "HNL", "MXN", "NIO", "PAB", "PEN", "SVC", "USD")
_COMMA_IN_ENGLISH: Final = ("DKK", "IDR", "PLN", "RON")
_SPACED_IN_ENGLISH: Final = ("CZK", "HUF", "NOK", "SEK", "ZAR")
_SPACED_IN_PORTUGUESE: Final = ("AOA", "CVE", "EUR", "MOP", "MZN", "STN")

_OF_CURRENCY: Final[Mapping[tuple[str, str], Style]] = MappingProxyType(
    {
        **{(Language.SPANISH, currency): replace(_LATIN, decimal=".", group=",") for currency in _POINTED},
        (Language.SPANISH, "CRC"): replace(_LATIN, group="\u00a0"),
        (Language.GERMAN, "CHF"): replace(_GERMAN, decimal=".", group="\u2019"),
        (Language.ENGLISH, "CHF"): replace(_ENGLISH, group="\u2019"),
        (Language.ENGLISH, "INR"): replace(_ENGLISH, lakhs=True),
        **{(Language.ENGLISH, code): replace(_ENGLISH, decimal=",", group=".") for code in _COMMA_IN_ENGLISH},
        **{(Language.ENGLISH, code): replace(_ENGLISH, decimal=",", group="\u00a0") for code in _SPACED_IN_ENGLISH},
        **{(Language.PORTUGUESE, code): replace(_LATIN, group="\u00a0") for code in _SPACED_IN_PORTUGUESE},
    }
)
"""Where a country writes otherwise than most of its language."""

_COMMA_WITH_DOLLARS: Final = ("America/Caracas", "America/Guayaquil", "Pacific/Galapagos")
"""Where the dollar is paid with and a comma stands before the cents: there the currency tells the wrong country."""


def style_of(language: str, currency: str = "", time_zone: str = "") -> Style:
    """Returns how it is written where this language is spoken, this currency is paid with and the clock goes so."""
    if (language, currency) == (Language.SPANISH, "USD") and time_zone in _COMMA_WITH_DOLLARS:
        return _LATIN
    return _OF_CURRENCY.get((language, currency)) or _OF_LANGUAGE[language]


_in_force: ContextVar[Style] = ContextVar("style", default=_ENGLISH)


def style() -> Style:
    """Returns the style in which the running request is answered."""
    return _in_force.get()


def write_as(language: str, currency: str, time_zone: str) -> None:
    """Answers the rest of the request in the style of another store, whose figures the page shows."""
    _in_force.set(style_of(language, currency, time_zone))


@contextmanager
def written_as(language: str, currency: str = "", time_zone: str = "") -> Iterator[None]:
    """Has a style in force, and afterwards the one from before."""
    token = _in_force.set(style_of(language, currency, time_zone))
    try:
        yield
    finally:
        _in_force.reset(token)


def amount_typed(text: str, currency: str, *, field: str) -> int:
    """Reads an amount from a form, in the style in force, into minor units. Raises InvalidInput naming `field`."""
    return style().read(text, currency, field=field)
