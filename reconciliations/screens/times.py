"""Writes instants and durations in words, in the style of the store."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cashdesk.domain.store.business_day import business_date, end_of_business_day
from cashdesk.formats import style, weekday
from cashdesk.models import Store


def when(at: datetime, *, store: Store, now: datetime) -> str:
    """Returns the time of an instant of the current business day, and the date and time of any other instant."""
    is_today = business_date(store=store, at=at) == business_date(store=store, at=now)
    return style().clock(at, store.time_zone) if is_today else style().instant(at, store.time_zone)


def with_days(rows: list[dict[str, Any]], *, store: Store) -> list[dict[str, Any]]:
    """Adds `day` to rows with an `instant`: the date if the row before is of another day, or if there is none."""
    before: date | None = None
    for row in rows:
        on = row["instant"].astimezone(ZoneInfo(store.time_zone)).date()
        row["day"] = style().date(on) if on != before else ""
        before = on
    return rows


def duration(span: timedelta) -> str:
    """Returns a length of time in days, or in hours and minutes if it is shorter than two days."""
    if span.days >= 2:
        return ngettext("%(days)s day", "%(days)s days", span.days) % {"days": span.days}
    hours, minutes = divmod(max(span, timedelta()) // timedelta(minutes=1), 60)
    if not hours:
        return _("%(minutes)s min") % {"minutes": minutes}
    return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": minutes}


def business_day_in_words(*, store: Store, now: datetime) -> str:
    """Returns the date and time in the store, and when its business day ends."""
    today = business_date(store=store, at=now)
    ends_at = style().clock(end_of_business_day(store=store, on=today), store.time_zone)
    named = {
        "weekday": weekday(today),
        "day": style().date(today),
        "time": style().clock(now, store.time_zone),
        "end": ends_at,
    }
    return _("%(weekday)s, %(day)s. It is %(time)s. The business day ends at %(end)s.") % named
