"""Template filters that write amounts and times in the style of the store (cashdesk.formats)."""

from datetime import date, datetime

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from cashdesk import formats
from cashdesk.models import Store
from cashdesk.money import exponent_of

register = template.Library()


@register.filter
def marked(written: str) -> SafeString:
    """Returns the element of an amount that is already written. It keeps "-39.90" together in right-to-left text."""
    return format_html('<bdi class="amount" dir="ltr">{}</bdi>', written)


@register.filter
def money(minor: int, currency: str) -> SafeString:
    """Formats minor units with their currency: 125050 EUR is "€1,250.50" or "1.250,50 €" where people pay with euros."""
    return marked(money_text(minor, currency))


@register.filter
def money_text(minor: int, currency: str) -> str:
    """Formats minor units with their currency, as plain text for attributes and other places without HTML."""
    return formats.style().amount(minor, currency)


@register.filter
def signed(minor: int, currency: str) -> SafeString:
    """Formats a difference in minor units with its sign, plus included."""
    return marked(signed_text(minor, currency))


@register.filter
def signed_text(minor: int, currency: str) -> str:
    """Formats a difference with its sign, as plain text for attributes and other places without HTML."""
    return formats.style().signed(minor, currency)


@register.filter
def apart(difference: int, currency: str) -> SafeString:
    """Formats the size of a difference, without its sign: -65 EUR is "€0.65"."""
    return money(abs(difference), currency)


@register.filter
def face(minor: int, currency: str) -> SafeString:
    """Formats the value of a note or coin as printed on it: 2000 EUR is "€20", 50 EUR is "€0.50"."""
    return marked(face_text(minor, currency))


@register.filter
def face_text(minor: int, currency: str) -> str:
    """Formats the value of a note or coin, as plain text for attributes and other places without HTML."""
    return formats.style().face(minor, currency)


@register.filter
def bare(minor: int, currency: str) -> SafeString:
    """Formats minor units without their currency, for tables whose heads name it: 125050 EUR is "1,250.50"."""
    return marked(digits(minor, currency))


@register.filter
def signed_bare(minor: int, currency: str) -> SafeString:
    """Formats a difference with its sign, for tables whose heads name the currency."""
    return marked(f"{'+' if minor > 0 else ''}{digits(minor, currency)}")


@register.filter
def digits(minor: int, currency: str) -> str:
    """Formats minor units as people type them into a field: 125050 EUR is "1,250.50"."""
    return formats.style().digits(minor, currency)


@register.filter
def verdict(difference: int) -> str:
    """Returns the CSS class of a difference: match, short or over."""
    if difference == 0:
        return "match"
    return "short" if difference < 0 else "over"


@register.filter
def verdict_word(difference: int) -> str:
    """Returns the translated word for a difference: match, short or over."""
    if difference == 0:
        return _("match")
    return _("short") if difference < 0 else _("over")


@register.filter
def moment(at: datetime, store: Store) -> str:
    """Formats an instant in the store's time zone, with seconds and the zone name."""
    return formats.style().instant(at, store.time_zone, to_the_second=True)


@register.filter
def minute(at: datetime, store: Store) -> str:
    """Formats an instant in the store's time zone, to the minute."""
    return formats.style().instant(at, store.time_zone)


@register.filter
def day(on: date) -> str:
    """Formats a calendar date."""
    return formats.style().date(on)


@register.filter
def decimals(currency: str) -> int:
    """Returns the number of decimals of the currency."""
    return exponent_of(currency)


@register.filter
def pattern(currency: str) -> str:
    """Returns how an amount is written, with "#" for the figures. The script needs it to show the total."""
    return formats.style().pattern(currency)


@register.filter
def hides_zeros(currency: str) -> bool:
    """Whether amounts of the currency are written without decimals that are zero."""
    return formats.style().hides_zeros(currency)


@register.simple_tag
def clock_of_script() -> SafeString:
    """Returns an empty element for a time of day. A script fills it, with this sign between hours and minutes."""
    return format_html('<time data-sign="{}"></time>', formats.style().clock_sign)


@register.simple_tag
def decimal_sign() -> str:
    """Returns the decimal separator. The script needs it to show the total while the person types."""
    return formats.style().decimal


@register.simple_tag
def group_sign() -> str:
    """Returns the thousands separator."""
    return formats.style().group


@register.simple_tag
def lakhs() -> str:
    """Returns the HTML attribute for the Indian grouping (1,25,000), or "" if the style has another grouping."""
    return "data-lakhs" if formats.style().lakhs else ""
