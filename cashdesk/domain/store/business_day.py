"""Computes the business date of a store, and the end of a business day."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cashdesk.models import Store


def business_date(*, store: Store, at: datetime) -> date:
    """Returns the business date of an instant.

    It is the local date of the store, or the date before if the local time is before the cut-off hour. The rule uses
    local time, so a business day has 23 or 25 hours when the clocks change (docs/structure.md, section 5).
    """
    local = at.astimezone(ZoneInfo(store.time_zone))
    return local.date() - timedelta(days=1) if local.hour < store.cut_off_hour else local.date()


def end_of_business_day(*, store: Store, on: date) -> datetime:
    """Returns the instant (UTC) at which a business day ends: the first instant of the next one.

    If the clocks skip the cut-off hour, the day ends when they skip it.
    """
    cut_off = datetime.combine(on + timedelta(days=1), time(store.cut_off_hour), tzinfo=ZoneInfo(store.time_zone))
    return cut_off.astimezone(UTC)
