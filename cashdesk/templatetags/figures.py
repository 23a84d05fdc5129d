"""How figures and instants are written on a page, in the style in force: that of the store (cashdesk.writing)."""

from datetime import date, datetime

from django import template
from django.utils.translation import gettext as _

from cashdesk import writing
from cashdesk.models import Store
from cashdesk.money import exponent_of

register = template.Library()


@register.filter
def money(minor: int, currency: str) -> str:
    """Writes minor units: 125050 EUR is "1,250.50 EUR", or "1.250,50 EUR"."""
    return writing.style().amount(minor, currency)


@register.filter
def signed(minor: int, currency: str) -> str:
    """Writes a difference with its sign, also where it is more."""
    return f"{'+' if minor > 0 else ''}{money(minor, currency)}"


@register.filter
def digits(minor: int, currency: str) -> str:
    """Writes minor units as one would type them into a field: 125050 EUR is "1,250.50"."""
    return writing.style().digits(minor, currency)


@register.filter
def verdict(difference: int) -> str:
    """Names what a difference is, for style sheets."""
    if difference == 0:
        return "match"
    return "short" if difference < 0 else "over"


@register.filter
def verdict_word(difference: int) -> str:
    """Says in a word what a difference is."""
    if difference == 0:
        return _("match")
    return _("short") if difference < 0 else _("over")


@register.filter
def moment(at: datetime, store: Store) -> str:
    """Writes an instant on the store's wall clock, with the zone."""
    return writing.style().instant(at, store.time_zone, to_the_second=True)


@register.filter
def minute(at: datetime, store: Store) -> str:
    """Writes an instant on the store's wall clock, to the minute."""
    return writing.style().instant(at, store.time_zone)


@register.filter
def day(on: date) -> str:
    """Writes a day of the calendar."""
    return writing.style().date(on)


@register.filter
def face(minor: int, currency: str) -> str:
    """Writes what stands on a note or coin: 2000 EUR is "20 EUR", 50 EUR is "0.50 EUR"."""
    unit, style = 10 ** exponent_of(currency), writing.style()
    if minor % unit:
        return style.amount(minor, currency)
    whole = style.digits(minor, currency).partition(style.decimal)[0] if unit > 1 else style.digits(minor, currency)
    return f"{whole} {currency}"


@register.filter
def decimals(currency: str) -> int:
    """Tells how many decimals the currency has."""
    return exponent_of(currency)


@register.simple_tag
def decimal_sign() -> str:
    """The sign before the decimals, for the running total of the script."""
    return writing.style().decimal


@register.simple_tag
def group_sign() -> str:
    """The sign between groups of three digits."""
    return writing.style().group


@register.simple_tag
def lakhs() -> str:
    """Says where digits are grouped by two above the first three."""
    return "data-lakhs" if writing.style().lakhs else ""
