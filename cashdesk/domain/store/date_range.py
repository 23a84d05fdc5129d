"""Ranges of days and instants, as every list and report takes them."""

from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from cashdesk.errors import InvalidInput

DAY = timedelta(days=1)


def refuse_backwards(first: Any, last: Any, *, field: str) -> None:
    """Refuses a range that ends before it begins, and names `field`, its end. Either end may be None.

    A day and an instant are compared as far as they can be: the same instant lies on different business dates of different
    stores. Raises InvalidInput.
    """
    if first is None or last is None:
        return
    is_instant = (isinstance(first, datetime), isinstance(last, datetime))
    if is_instant == (False, True):
        # Somewhere it is already the next day.
        is_backwards = last.date() + DAY < first
    elif is_instant == (True, False):
        # Somewhere it is still the day before, and with a cut-off hour its business date is another day earlier.
        is_backwards = last < first.date() - 2 * DAY
    else:
        is_backwards = last < first
    if is_backwards:
        told = first.isoformat() if isinstance(first, date) else first
        raise InvalidInput.of(
            field, _("Choose a date on or after %(first_date)s, the start of the range.") % {"first_date": told}
        )
