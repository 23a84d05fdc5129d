"""Checks the date ranges that people and programs choose for lists and reports."""

from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from cashdesk.errors import InvalidInput
from cashdesk.formats import style

DAY = timedelta(days=1)


def refuse_backwards(first: Any, last: Any, *, field: str) -> None:
    """Raises InvalidInput for `field` if a range ends before it begins. Either end may be None.

    If one end is a date and the other an instant, the check allows a margin. The reason is that the business date of an
    instant depends on the store.
    """
    if first is None or last is None:
        return
    is_instant = (isinstance(first, datetime), isinstance(last, datetime))
    if is_instant == (False, True):
        # In another time zone the local date of the instant may already be the next day.
        is_backwards = last.date() + DAY < first
    elif is_instant == (True, False):
        # In another time zone the local date may still be the previous day. Before the cut-off hour the business date is one
        # more day earlier.
        is_backwards = last < first.date() - 2 * DAY
    else:
        is_backwards = last < first
    if is_backwards:
        words = _("Choose a date on or after %(first_date)s, the start of the range.")
        told = first.isoformat() if isinstance(first, date) else first
        # Programs read the date as they sent it, and people as their store writes it.
        on_pages = style().date(first) if isinstance(first, date) else first
        raise InvalidInput.of(field, words % {"first_date": told}, on_pages=words % {"first_date": on_pages})
