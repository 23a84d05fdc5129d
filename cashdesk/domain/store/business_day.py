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


def window(*, store: Store, first: date, last: date) -> tuple[datetime, datetime]:
    """Returns the instants (UTC) at which the first business day of a range begins and the last one ends."""
    # The first and the last day that Python knows have no day before or behind them.
    begin, end = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    if first > date.min + timedelta(days=1):
        begin = end_of_business_day(store=store, on=first - timedelta(days=1))
    if last < date.max - timedelta(days=1):
        end = end_of_business_day(store=store, on=last)
    return begin, end
