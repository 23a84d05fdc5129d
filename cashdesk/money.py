"""Money as whole minor units of ISO 4217, exactly: no float ever, Decimal only at the doors (docs/structure.md, law 2)."""

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
"""The largest amount in minor units that a movement holds (docs/contracts.md, section 0): 9,000 of them fit 64 bits."""

_PLAIN_NUMBER: Final = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)


def is_currency(code: str) -> bool:
    """Whether `code` is an ISO 4217 currency that has minor units, in capitals; withdrawn ones count."""
    return code in EXPONENTS


def exponent_of(currency: str) -> int:
    """Returns how many decimals the currency has by ISO 4217: EUR 2, CLP 0, KWD 3, and HRK 2 although withdrawn.

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
    """Returns the most minor units that a person or program may name: a barcode in the field of an amount is more.

    It is so many of the currency's largest note, or so many of its units where no note is known (two settings).
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
    """Turns an amount in the currency's units, as a door received it, into minor units: 12.5 EUR becomes 1250.

    Takes int, Decimal, and text in plain notation ("1250.50"). A JSON number may carry zeros past the currency's
    decimals (50000.0 CLP is 50000 pesos exactly); text may not, since "1.250" may be a German's one thousand.
    Raises InvalidInput naming `field` for anything else: negative, NaN, more digits or decimals than there may be, more
    than the largest amount, which `write` writes in the words of a place.
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
    """Turns an amount as a whole number of `unit` minor units, as a door received it, into minor units, as `parse_whole`
    does. Raises InvalidInput naming `field`, also for more than the largest amount.
    """
    return bounded(parse_whole(value, field=field, unit=unit), currency, field=field)


def bounded(minor: int, currency: str, *, field: str, write: Callable[[int, str], str] | None = None) -> int:
    """Returns an amount that somebody named, minor units. Raises InvalidInput where it is more than the largest amount."""
    largest = largest_amount(currency)
    if minor > largest:
        limit = (write or to_text)(largest, currency)
        raise InvalidInput.of(field, _("must be at most %(limit)s.") % {"limit": limit})
    return minor


def parse_whole(value: object, *, field: str, unit: int = 1) -> int:
    """Turns a whole number of `unit` minor units, as a door received it, into minor units.

    A JSON number may be written 500.0; text may have no point, since "1.000" may be a German's one thousand.
    Raises InvalidInput naming `field`.
    """
    number = parse_number(value, field=field)
    if number != number.to_integral_value() or (isinstance(value, str) and "." in value):
        raise InvalidInput.of(field, _("must be a whole number."))
    minor = int(number) * unit
    if minor > AMOUNT_MAX:
        raise _digits_error(field)
    return minor


def parse_number(value: object, *, field: str) -> Decimal:
    """Returns a finite number >= 0 of at most 15 digits, exact. Minus zero is zero. Raises InvalidInput naming `field`."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise InvalidInput.of(field, _("must be a number, such as 1250.5."))
    if isinstance(value, str):
        if len(value) > 40 or not _PLAIN_NUMBER.fullmatch(value):
            raise InvalidInput.of(field, _('must be a number with a point for decimals, such as "1250.50".'))
    elif isinstance(value, int) and abs(value) > AMOUNT_MAX:
        # Checked before Decimal() is asked: turning an integer of thousands of digits into text is refused by Python.
        raise _digits_error(field)
    number = Decimal(value)
    if not number.is_finite():
        raise InvalidInput.of(field, _("must be a finite number, such as 1250.5."))
    if number < 0:
        raise InvalidInput.of(field, _("must not be negative."))
    if number == 0:
        return Decimal(0)
    # 1e400 is one digit and four hundred places: both ends are bounded, so no huge power of ten is ever computed.
    if number.adjusted() >= DIGITS_MAX or int(number.as_tuple().exponent) < -2 * DIGITS_MAX:
        raise _digits_error(field)
    # Counted on the digits themselves: normalize() would round to the context's precision and let a tail slip through.
    if len("".join(map(str, number.as_tuple().digits)).strip("0")) > DIGITS_MAX:
        raise _digits_error(field)
    return number


def to_units(minor: int, currency: str) -> int | Decimal:
    """Returns minor units as an exact number of the currency's units without needless zeros: 1250 EUR is Decimal 12.5."""
    exponent = exponent_of(currency)
    return to_unit(minor, unit=10**exponent)


def to_unit(minor: int, *, unit: int) -> int | Decimal:
    """Returns `minor` counted in `unit` minor units (a power of ten): exact, an int wherever it is whole."""
    whole, rest = divmod(minor, unit)
    if rest == 0:
        return whole
    return (Decimal(minor) / Decimal(unit)).normalize()


def to_text(minor: int, currency: str) -> str:
    """Returns the amount with all its decimals and its currency, for logs and messages: "12.50 EUR"."""
    return f"{to_digits(minor, currency)} {currency}"


def to_digits(minor: int, currency: str) -> str:
    """Returns the amount in the currency's units with all its decimals, whatever its size: 1250 EUR is "12.50"."""
    exponent = exponent_of(currency)
    sign, digits = ("-" if minor < 0 else ""), str(abs(minor)).rjust(exponent + 1, "0")
    units = digits if exponent == 0 else f"{digits[:-exponent]}.{digits[-exponent:]}"
    return f"{sign}{units}"


def _digits_error(field: str) -> InvalidInput:
    return InvalidInput.of(field, _("has more than %(limit)s digits.") % {"limit": DIGITS_MAX})


def _decimals_error(field: str, currency: str, exponent: int) -> InvalidInput:
    if exponent == 0:
        return InvalidInput.of(field, _("%(currency)s has no decimals.") % {"currency": currency})
    return InvalidInput.of(
        field, _("%(currency)s has at most %(exponent)s decimals.") % {"currency": currency, "exponent": exponent}
    )
