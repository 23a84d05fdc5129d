"""Writes the values of a document: for people in the style of the store, and plainly for spreadsheets."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final

from cashdesk import money
from cashdesk.documents.document import Cell, Clock, Money
from cashdesk.formats import style
from cashdesk.models import Store
from cashdesk.web.csv_cells import formula_safe

SPREADSHEET_DIGITS: Final = 15
"""A spreadsheet keeps this many digits of a number and silently rounds the rest."""


def for_people(value: Cell, *, store: Store, with_currency: bool = False) -> str:
    """Writes a value in the style in force (`formats.written_as`)."""
    if value is None:
        return ""
    if isinstance(value, Money):
        if with_currency:
            return (style().signed if value.is_signed else style().amount)(value.minor, value.currency)
        plus = "+" if value.is_signed and value.minor > 0 else ""
        return f"{plus}{style().digits(value.minor, value.currency)}"
    if isinstance(value, Clock):
        return style().clock(value.at, store.time_zone)
    if isinstance(value, datetime):
        return style().instant(value, store.time_zone)
    return style().date(value) if isinstance(value, date) else str(value)


def plain(value: Cell) -> str:
    """Writes a value as exports do: 1250.50, 2026-03-01, 2026-03-01T10:15:00Z. Text is safe from formulas."""
    if value is None:
        return ""
    if isinstance(value, Money):
        return money.to_digits(value.minor, value.currency)
    if isinstance(value, Clock):
        return iso(value.at)
    if isinstance(value, date):
        return iso(value)
    return str(formula_safe(value)) if isinstance(value, str) else str(value)


def number_of(minor: int, currency: str) -> Decimal | None:
    """Returns an amount as a number for spreadsheets, or None if it has more digits than they keep."""
    is_kept = len(str(abs(minor))) <= SPREADSHEET_DIGITS
    return Decimal(minor).scaleb(-money.exponent_of(currency)) if is_kept else None


def iso(value: date | datetime) -> str:
    """Formats a date as 2026-03-01 and an instant as 2026-03-01T10:15:00.5Z (UTC)."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat()
