"""The store's trading date."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from cashdesk.models import Store


def business_date(*, store: Store, at: datetime) -> date:
    """Returns the trading date of an instant: the date on the store's wall clock, until the cut-off hour the day before.

    The wall clock decides, so on the nights when it is changed a business day has 23 or 25 hours
    (docs/structure.md, section 1).
    """
    local = at.astimezone(ZoneInfo(store.time_zone))
    return local.date() - timedelta(days=1) if local.hour < store.cut_off_hour else local.date()
