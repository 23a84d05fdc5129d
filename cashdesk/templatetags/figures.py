"""How figures and instants are written on a page: an amount with its currency, an instant on the store's wall clock."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django import template

from cashdesk.models import Store
from cashdesk.money import exponent_of, to_text

register = template.Library()


@register.filter
def money(minor: int, currency: str) -> str:
    """Writes minor units: 1250 EUR is "12.50 EUR"."""
    return to_text(minor, currency)


@register.filter
def signed(minor: int, currency: str) -> str:
    """Writes a difference with its sign, also where it is more."""
    return f"+{to_text(minor, currency)}" if minor > 0 else to_text(minor, currency)


@register.filter
def verdict(difference: int) -> str:
    """Says in a word what a difference is."""
    if difference == 0:
        return "match"
    return "short" if difference < 0 else "over"


@register.filter
def moment(at: datetime, store: Store) -> str:
    """Writes an instant on the store's wall clock, with the zone."""
    return at.astimezone(ZoneInfo(store.time_zone)).strftime("%Y-%m-%d %H:%M:%S %Z")


@register.filter
def minute(at: datetime, store: Store) -> str:
    """Writes an instant on the store's wall clock, to the minute."""
    return at.astimezone(ZoneInfo(store.time_zone)).strftime("%Y-%m-%d %H:%M")


@register.filter
def face(minor: int, currency: str) -> str:
    """Writes what stands on a note or coin: 2000 EUR is "20 EUR", 50 EUR is "0.50 EUR"."""
    units, _point, decimals = to_text(minor, currency).removesuffix(f" {currency}").partition(".")
    return f"{units} {currency}" if not decimals.strip("0") else f"{units}.{decimals} {currency}"


@register.filter
def decimals(currency: str) -> int:
    """Tells how many decimals the currency has."""
    return exponent_of(currency)
