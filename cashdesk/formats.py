"""Formats amounts and times for a store's pages, and parses the amounts that people type there.

The style depends on the store's language. If countries with that language write amounts differently, the store's currency
decides. For US dollars in Spanish, the store's time zone decides. Separators and date order follow CLDR
(https://cldr.unicode.org); thousands are always grouped. Only texts for people use these formats: the API, the exports
and the commands write plain numbers (docs/languages.md).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from django.utils import dateformat
from django.utils.formats import date_format, number_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from cashdesk import money
from cashdesk.enums import Language
from cashdesk.errors import InvalidInput
from cashdesk.symbols import WITHOUT_DECIMALS, written_in_place

MINUS: Final = "\u2212"

EXAMPLE: Final = 1250
"""The example amount in error messages, in currency units. It is large enough to show a separator of thousands."""

_ALIKE: Final = str.maketrans("\u00a0\u202f\u2009\u2019\u02bc\u00b4`\u2212", "   ''''-")
_SIGNS: Final = re.compile(r"[.,' ]")
_TYPED: Final = re.compile(r"\d+(?:[.,' ]\d+)*", re.ASCII)
_THOUSANDS: Final = re.compile(r"[1-9]\d{0,2}(?:-\d{3})+", re.ASCII)
_LAKHS: Final = re.compile(r"[1-9]\d?(?:-\d{2})*-\d{3}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """The separators of numbers, and date formats in Django's syntax."""

    decimal: str
    group: str
    day: str
    minute: str
    second: str
    lakhs: bool = False
    """Whether digits left of the last three form groups of two: 1,25,000."""

    currency: str = ""
    """The store's own currency, or "" if people there write its code behind the amount, as for every other currency."""
    written: str = ""
    """How people write an amount of `currency`, with "#" for the figures: "# €"."""

    def amount(self, minor: int, currency: str) -> str:
        """Formats minor units with their currency: "1.250,50 €" of the store's own, "1.250,50 USD" of any other.

        The minus (U+2212) comes first, also before "$". Spaces are no-break spaces.
        """
        return f"{MINUS if minor < 0 else ''}{self._named(self._figures(abs(minor), currency), currency)}"

    def signed(self, minor: int, currency: str) -> str:
        """Formats a difference with its currency and its sign, plus included: "+1.250,50 €"."""
        return f"{'+' if minor > 0 else ''}{self.amount(minor, currency)}"

    def face(self, minor: int, currency: str) -> str:
        """Formats the value of a note or coin as printed on it: 2000 EUR is "20 €", 50 EUR is "0,50 €"."""
        return self._named(self._figures(minor, currency, always_short=True), currency)

    def digits(self, minor: int, currency: str) -> str:
        """Formats minor units without their currency, as people type them: "1.250,50"."""
        return f"{MINUS if minor < 0 else ''}{self._figures(abs(minor), currency)}"

    def pattern(self, currency: str) -> str:
        """Returns how an amount of the currency is written, with "#" for the figures: "# €" or "# USD"."""
        return self.written if currency == self.currency and self.written else f"#\u00a0{currency}"

    def hides_zeros(self, currency: str) -> bool:
        """Whether amounts of the currency are written without decimals that are zero."""
        return currency in WITHOUT_DECIMALS

    def _named(self, figures: str, currency: str) -> str:
        return self.pattern(currency).replace("#", figures)

    def _figures(self, minor: int, currency: str, *, always_short: bool = False) -> str:
        """Formats minor units >= 0. Decimals that are zero are left out if shops write none: a cent is never hidden."""
        units, _point, decimals = money.to_digits(minor, currency).partition(".")
        if (always_short or self.hides_zeros(currency)) and not decimals.strip("0"):
            decimals = ""
        grouped = re.sub(r"\B(?=(?:\d{2})*\d{3}$)" if self.lakhs else r"\B(?=(?:\d{3})+$)", self.group, units)
        return f"{grouped}{self.decimal if decimals else ''}{decimals}"

    def instant(self, at: datetime, time_zone: str, *, to_the_second: bool = False) -> str:
        """Formats an instant in a time zone: to the minute, or to the second with the name of the zone."""
        return dateformat.format(at.astimezone(ZoneInfo(time_zone)), self.second if to_the_second else self.minute)

    def clock(self, at: datetime, time_zone: str) -> str:
        """Formats the hour and minute of an instant in a time zone."""
        return dateformat.format(at.astimezone(ZoneInfo(time_zone)), self.minute.rpartition(" ")[2])

    @property
    def clock_sign(self) -> str:
        """The sign between hours and minutes, which people write with two digits each: "16:30" or "16.30"."""
        return self.minute[-2]

    def date(self, on: date) -> str:
        """Formats a calendar date."""
        return dateformat.format(on, self.day)

    def read(self, text: str, currency: str, *, field: str, above_zero: bool = False) -> int:
        """Parses an amount in currency units, as people type it in this style, into minor units.

        If a text could mean two numbers, this style decides: "1.250" is 1250 in a style that groups digits with a point.
        Text in another style is accepted if it is unambiguous, such as "12.50" or "1,250.50". Raises InvalidInput naming
        `field`, with an example in this style. `above_zero` says that the caller refuses 0, so that the error for a
        negative amount does not suggest 0.
        """
        sign, typed = self._without_currency(text.translate(_ALIKE).strip(), currency)
        if not sign and not typed:
            raise InvalidInput.of(field, _("Enter an amount."))
        parts = self._parts(typed) if len(typed) <= 40 and _TYPED.fullmatch(typed) else None
        exponent = money.exponent_of(currency)
        half = 0 if self.hides_zeros(currency) else 10**exponent // 2
        example = self.digits(EXAMPLE * 10**exponent + half, currency)
        if parts is None:
            raise InvalidInput.of(field, _("Enter an amount such as %(example)s.") % {"example": example})
        units, decimals = parts
        if len(decimals) > exponent:
            raise InvalidInput.of(
                field,
                _("%(currency)s has at most %(exponent)s decimals. Enter an amount such as %(example)s.")
                % {"currency": currency, "exponent": exponent, "example": example}
                if exponent
                else _("%(currency)s has no decimals. Enter an amount such as %(example)s.")
                % {"currency": currency, "example": example},
            )
        if sign == "-" and (units + decimals).strip("0"):
            raise InvalidInput.of(field, _("Enter an amount above 0.") if above_zero else _("Enter 0 or more."))
        plain = f"{sign}{units}.{decimals}" if decimals else f"{sign}{units}"
        return money.parse_units(plain, currency, field=field, write=self.amount)

    def _without_currency(self, typed: str, currency: str) -> tuple[str, str]:
        """Splits a typed amount into its sign and its figures: "-€5.00" and "€ -5.00" are "-" and "5.00".

        Drops the code of the currency on either side. Drops the store's own symbol where people write it, and on the
        other side too, unless it is made of letters: "12K" may mean twelve thousand.
        """
        sign, typed = _signed(typed)
        symbol = self.pattern(currency).translate(_ALIKE).replace("#", "").strip()
        in_front = not self.pattern(currency).startswith("#")
        marks = [
            (currency, True, True),
            (symbol, in_front or not symbol.isalpha(), not in_front or not symbol.isalpha()),
        ]
        # The longer one first: a symbol may begin with the code, such as "MOP$".
        for mark, is_before, is_behind in sorted(marks, key=lambda each: -len(each[0])):
            # Compares as many signs as are dropped: in capitals some letters are two, such as "ß".
            if is_behind and typed[-len(mark) :].upper() == mark.upper():
                typed = typed[: -len(mark)].rstrip()
                break
            if is_before and typed[: len(mark)].upper() == mark.upper():
                typed = typed[len(mark) :].lstrip()
                break
        return (sign, typed) if sign else _signed(typed)

    def _parts(self, typed: str) -> tuple[str, str] | None:
        """Returns the units and the decimals of a number, or None if the text is no number or is ambiguous."""
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
            # Three digits after a separator may be a group or decimals, so the text is ambiguous.
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
        """Whether the blocks are groups of thousands (or lakhs in this style), all with the same separator."""
        grouped = "-".join(blocks)
        is_known = _THOUSANDS.fullmatch(grouped) or (self.lakhs and _LAKHS.fullmatch(grouped))
        return len(set(signs)) == 1 and bool(is_known)


def month(on: date) -> str:
    """Returns the name of the month of a date, with its year, in the language of the page."""
    return dateformat.format(on, "F Y")


def month_name(month: int) -> str:
    """Returns the name of a month (1 to 12) without a year, in the language of the page."""
    return dateformat.format(date(2000, month, 1), "F")


def month_day(on: date) -> str:
    """Returns the day and the month of a date, without its year, in the language of the page."""
    return str(date_format(on, "MONTH_DAY_FORMAT"))


def grouped(number: int) -> str:
    """Returns a whole number in groups of three digits, in the language of the page."""
    return str(number_format(number, decimal_pos=0, force_grouping=True))


def weekday(on: date) -> str:
    """Returns the name of the weekday in the language of the page, with a capital."""
    return str(capfirst(dateformat.format(on, "l")))


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
"""The styles of countries that differ from the usual style of their language, by language and currency."""

_COMMA_WITH_DOLLARS: Final = ("America/Caracas", "America/Guayaquil", "Pacific/Galapagos")
"""Time zones of countries that use US dollars and a decimal comma. Currency and language alone give the wrong style."""


@lru_cache(maxsize=256)
def style_of(language: str, currency: str = "", time_zone: str = "") -> Style:
    """Returns the style for a language, currency and time zone. Without a currency, all amounts have codes."""
    found = _OF_CURRENCY.get((language, currency)) or _OF_LANGUAGE[language]
    if (language, currency) == (Language.SPANISH, "USD") and time_zone in _COMMA_WITH_DOLLARS:
        found = _LATIN
    written = written_in_place(language, currency, time_zone)
    return replace(found, currency=currency, written=written) if written else found


def _signed(typed: str) -> tuple[str, str]:
    """Splits off a sign in front of a typed number."""
    return (typed[0], typed[1:].lstrip()) if typed[:1] in ("+", "-") else ("", typed)


_in_force: ContextVar[Style] = ContextVar("style", default=_ENGLISH)


def style() -> Style:
    """Returns the style of the current request."""
    return _in_force.get()


def write_as(language: str, currency: str, time_zone: str) -> None:
    """Sets the style of the current request, for a page that shows the figures of another store."""
    _in_force.set(style_of(language, currency, time_zone))


@contextmanager
def written_as(language: str, currency: str = "", time_zone: str = "") -> Iterator[None]:
    """Applies a style within a `with` block, and restores the previous one afterwards."""
    token = _in_force.set(style_of(language, currency, time_zone))
    try:
        yield
    finally:
        _in_force.reset(token)


def amount_typed(text: str, currency: str, *, field: str, above_zero: bool = False) -> int:
    """Parses an amount from a form in the current style into minor units. Raises InvalidInput as `read` does."""
    return style().read(text, currency, field=field, above_zero=above_zero)
