"""Parses and writes exact amounts. Code holds whole minor units of ISO 4217, never float (law 2).

Decimal appears only where the API and forms read or write amounts.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from typing import Final

from django.conf import settings
from django.utils.translation import gettext as _

from cashdesk.currencies import EXPONENTS
from cashdesk.denominations import denominations_of
from cashdesk.errors import InvalidInput

DIGITS_MAX: Final = 15
AMOUNT_MAX: Final = 10**DIGITS_MAX - 1
"""The largest amount of one movement, in minor units (docs/contracts.md, section 0).

A sum of 9,000 such amounts fits into 64 bits.
"""

_PLAIN_NUMBER: Final = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)


def is_currency(code: str) -> bool:
    """Whether `code` is a currency with minor units in ISO 4217, current or withdrawn. Accepts only capitals."""
    return code in EXPONENTS


def exponent_of(currency: str) -> int:
    """Returns the number of decimals of the currency by ISO 4217: EUR 2, CLP 0, KWD 3. Withdrawn HRK still has 2.

    Raises InvalidInput for an unknown currency.
    """
    try:
        return EXPONENTS[currency]
    except KeyError:
        raise InvalidInput.of(
            "currency",
            _("'%(currency)s' is not an ISO 4217 currency such as EUR or CLP.") % {"currency": currency[:10]},
        ) from None


def largest_amount(currency: str) -> int:
    """Returns the largest amount that a request may contain, in minor units.

    The limit catches a barcode scanned into an amount field. It is a multiple of the currency's largest note
    (setting AMOUNT_MAX_NOTES), or of its unit if no note is known (setting AMOUNT_MAX_UNITS).

    Raises InvalidInput for an unknown currency.
    """
    unit = 10 ** exponent_of(currency)
    note = _largest_note(currency)
    bound = note * settings.AMOUNT_MAX_NOTES if note else unit * settings.AMOUNT_MAX_UNITS
    return int(min(bound, AMOUNT_MAX))


@cache
def _largest_note(currency: str) -> int:
    return max((piece.value for piece in denominations_of(currency) if piece.kind == "note"), default=0)


def parse_units(value: object, currency: str, *, field: str, write: Callable[[int, str], str] | None = None) -> int:
    """Parses an amount in the currency's units into minor units: 12.5 EUR becomes 1250.

    Accepts int, Decimal, and text in plain notation ("1250.50"). A JSON number may have extra zeros (50000.0 CLP is
    exactly 50000 pesos). Text may not, because a German "1.250" may mean one thousand two hundred and fifty.

    Raises InvalidInput naming `field` for anything else: negative, NaN, too many digits or decimals, or more than
    `largest_amount`. `write` formats that limit for the message.
    """
    number = parse_number(value, field=field)
    exponent = exponent_of(currency)
    if isinstance(value, str) and len(value.partition(".")[2]) > exponent:
        raise _decimals_error(field, currency, exponent)
    minor = number.scaleb(exponent)
    if minor != minor.to_integral_value():
        raise _decimals_error(field, currency, exponent)
    return bounded(int(minor), currency, field=field, write=write)


def parse_minor(value: object, currency: str, *, field: str, unit: int = 1) -> int:
    """Parses a whole number as `parse_whole` does, and limits the result to `largest_amount`.

    Raises InvalidInput naming `field`.
    """
    return bounded(parse_whole(value, field=field, unit=unit), currency, field=field)


def bounded(minor: int, currency: str, *, field: str, write: Callable[[int, str], str] | None = None) -> int:
    """Returns `minor` unchanged if it is at most `largest_amount`. Else raises InvalidInput naming `field`."""
    largest = largest_amount(currency)
    if minor > largest:
        limit = (write or to_text)(largest, currency)
        raise InvalidInput.of(field, _("Enter at most %(limit)s.") % {"limit": limit})
    return minor


def parse_whole(value: object, *, field: str, unit: int = 1) -> int:
    """Parses a whole number, multiplies it by `unit`, and returns minor units.

    The JSON number 500.0 is accepted. Text must not contain a point, because a German "1.000" may mean one thousand.
    Raises InvalidInput naming `field`.
    """
    number = parse_number(value, field=field)
    if number != number.to_integral_value() or (isinstance(value, str) and "." in value):
        raise InvalidInput.of(field, _("must be a whole number."), on_pages=_("Enter a whole number such as 12."))
    minor = int(number) * unit
    if minor > AMOUNT_MAX:
        raise _digits_error(field)
    return minor


def parse_number(value: object, *, field: str) -> Decimal:
    """Parses an exact, finite number >= 0 of at most 15 digits.

    Minus zero becomes zero. Raises InvalidInput naming `field`.
    """
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise InvalidInput.of(field, _("Enter a number such as 1250.5."))
    if isinstance(value, str):
        if len(value) > 40 or not _PLAIN_NUMBER.fullmatch(value):
            raise InvalidInput.of(field, _('Enter a number with a point for decimals, such as "1250.50".'))
    elif isinstance(value, int) and abs(value) > AMOUNT_MAX:
        # Checked before Decimal(), because Python refuses to convert an integer of thousands of digits to text.
        raise _digits_error(field)
    number = Decimal(value)
    if not number.is_finite():
        raise InvalidInput.of(field, _("Enter a finite number such as 1250.5."))
    if number < 0:
        raise InvalidInput.of(field, _("must not be negative."), on_pages=_("Enter 0 or more."))
    if number == 0:
        return Decimal(0)
    # 1e400 has one digit but 401 places. The exponent is limited in both directions, so that no huge power of ten is
    # ever computed.
    if number.adjusted() >= DIGITS_MAX or int(number.as_tuple().exponent) < -2 * DIGITS_MAX:
        raise _digits_error(field)
    # Counts the digits as text, because normalize() would round to the context's precision and lose the last digits.
    if len("".join(map(str, number.as_tuple().digits)).strip("0")) > DIGITS_MAX:
        raise _digits_error(field)
    return number


def to_units(minor: int, currency: str) -> int | Decimal:
    """Returns minor units as an exact number of currency units, without trailing zeros: 1250 EUR is Decimal("12.5")."""
    exponent = exponent_of(currency)
    return to_unit(minor, unit=10**exponent)


def to_unit(minor: int, *, unit: int) -> int | Decimal:
    """Divides `minor` by `unit` (a power of ten) exactly. Returns an int if the result is whole, else a Decimal."""
    whole, rest = divmod(minor, unit)
    if rest == 0:
        return whole
    return (Decimal(minor) / Decimal(unit)).normalize()


def to_text(minor: int, currency: str) -> str:
    """Returns the amount with all decimals and the currency code, for logs and messages: "12.50 EUR"."""
    return f"{to_digits(minor, currency)} {currency}"


def to_digits(minor: int, currency: str) -> str:
    """Returns the amount in currency units with all decimals: 1250 EUR is "12.50"."""
    exponent = exponent_of(currency)
    sign, digits = ("-" if minor < 0 else ""), str(abs(minor)).rjust(exponent + 1, "0")
    units = digits if exponent == 0 else f"{digits[:-exponent]}.{digits[-exponent:]}"
    return f"{sign}{units}"


def _digits_error(field: str) -> InvalidInput:
    return InvalidInput.of(field, _("Enter at most %(limit)s digits.") % {"limit": DIGITS_MAX})


def _decimals_error(field: str, currency: str, exponent: int) -> InvalidInput:
    if exponent == 0:
        return InvalidInput.of(field, _("%(currency)s has no decimals.") % {"currency": currency})
    return InvalidInput.of(
        field, _("%(currency)s has at most %(exponent)s decimals.") % {"currency": currency, "exponent": exponent}
    )
