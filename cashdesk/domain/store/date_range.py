"""Ranges of dates and instants for lists and reports."""

from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from cashdesk.errors import InvalidInput

DAY = timedelta(days=1)


def refuse_backwards(first: Any, last: Any, *, field: str) -> None:
    """Raises InvalidInput for `field` if a range ends before it begins. Either end may be None.

    A date and an instant are compared only roughly, because the business date of an instant depends on the store.
    """
    if first is None or last is None:
        return
    is_instant = (isinstance(first, datetime), isinstance(last, datetime))
    if is_instant == (False, True):
        # In some time zone it is already the next day.
        is_backwards = last.date() + DAY < first
    elif is_instant == (True, False):
        # In some time zone it is still the previous day, and a cut-off hour moves the business date one day more.
        is_backwards = last < first.date() - 2 * DAY
    else:
        is_backwards = last < first
    if is_backwards:
        told = first.isoformat() if isinstance(first, date) else first
        raise InvalidInput.of(
            field, _("Choose a date on or after %(first_date)s, the start of the range.") % {"first_date": told}
        )
