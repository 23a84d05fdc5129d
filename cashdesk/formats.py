"""Formats amounts and times for a store's pages, and parses the amounts that people type there.

The style depends on the store's language. If countries with that language write amounts differently, the store's currency
decides. For US dollars in Spanish, the store's time zone decides. Separators and date order follow CLDR
(https://cldr.unicode.org); thousands are always grouped. Only pages use these formats: the API, the exports and the back
office write plain numbers (docs/languages.md).
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

    def amount(self, minor: int, currency: str) -> str:
        """Formats minor units with the currency code: "1.250,50 EUR"."""
        return f"{self.digits(minor, currency)} {currency}"

    def digits(self, minor: int, currency: str) -> str:
        """Formats minor units without the currency code, as people type them: "1.250,50"."""
        units, _point, decimals = money.to_digits(abs(minor), currency).partition(".")
        grouped = re.sub(r"\B(?=(?:\d{2})*\d{3}$)" if self.lakhs else r"\B(?=(?:\d{3})+$)", self.group, units)
        return f"{'-' if minor < 0 else ''}{grouped}{self.decimal if decimals else ''}{decimals}"

    def instant(self, at: datetime, time_zone: str, *, to_the_second: bool = False) -> str:
        """Formats an instant in a time zone: to the minute, or to the second with the name of the zone."""
        return dateformat.format(at.astimezone(ZoneInfo(time_zone)), self.second if to_the_second else self.minute)

    def clock(self, at: datetime, time_zone: str) -> str:
        """Formats the hour and minute of an instant in a time zone."""
        return dateformat.format(at.astimezone(ZoneInfo(time_zone)), self.minute.rpartition(" ")[2])

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
        typed = text.translate(_ALIKE).strip()
        if typed.upper().endswith(currency):
            typed = typed[: -len(currency)].rstrip()
        if not typed:
            raise InvalidInput.of(field, _("Enter an amount."))
        sign, typed = (typed[0], typed[1:].lstrip()) if typed[:1] in ("+", "-") else ("", typed)
        parts = self._parts(typed) if len(typed) <= 40 and _TYPED.fullmatch(typed) else None
        exponent = money.exponent_of(currency)
        example = self.digits(EXAMPLE * 10**exponent + 10**exponent // 2, currency)
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


def style_of(language: str, currency: str = "", time_zone: str = "") -> Style:
    """Returns the style for a language, currency and time zone."""
    if (language, currency) == (Language.SPANISH, "USD") and time_zone in _COMMA_WITH_DOLLARS:
        return _LATIN
    return _OF_CURRENCY.get((language, currency)) or _OF_LANGUAGE[language]


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
