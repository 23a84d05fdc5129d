"""Computes the business date of a store."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from cashdesk.models import Store


def business_date(*, store: Store, at: datetime) -> date:
    """Returns the business date of an instant.

    It is the local date of the store, or the date before if the local time is before the cut-off hour. The rule uses
    local time, so a business day has 23 or 25 hours when the clocks change (docs/structure.md, section 5).
    """
    local = at.astimezone(ZoneInfo(store.time_zone))
    return local.date() - timedelta(days=1) if local.hour < store.cut_off_hour else local.date()
