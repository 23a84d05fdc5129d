"""Words and cells that several documents share."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from cashdesk.documents.document import Cell, Clock, Money
from cashdesk.enums import CASH, PlaceKind
from cashdesk.models import Store


def method_word(method: str) -> str:
    """Returns the word for a usual method, and the code of any other one."""
    usual = {CASH: _("Cash"), "CARD": _("Card"), "TRANSFER": _("Bank transfer")}
    return usual.get(method, method)


def state_word(difference: int | None) -> str:
    """Returns the state of a count by its difference."""
    if difference is None:
        return _("Not counted")
    return _("Balanced") if difference == 0 else _("Short") if difference < 0 else _("Over")


def place_word(kind: str, number: int) -> str:
    """Returns the name of a place on a document."""
    if kind == PlaceKind.REGISTER:
        return _("Register %(number)s") % {"number": number}
    return _(PlaceKind(kind).label)


def time_cell(at: datetime | None, *, store: Store, on: date) -> Cell:
    """Returns the hour of an instant on the day of the document, and the whole instant on another day."""
    if at is None:
        return None
    return Clock(at=at) if at.astimezone(ZoneInfo(store.time_zone)).date() == on else at


def difference_cell(minor: int | None, currency: str) -> Cell:
    """Returns a difference with its sign, or an empty cell."""
    return None if minor is None else Money(minor=minor, currency=currency, is_signed=True)


def amount_cell(minor: int | None, currency: str) -> Cell:
    """Returns an amount, or an empty cell."""
    return None if minor is None else Money(minor=minor, currency=currency)
