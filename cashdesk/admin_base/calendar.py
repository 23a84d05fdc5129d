"""The years, months and days above a list. They come from the calendar, because Django's own would scan the whole table."""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.contrib.admin.views.main import ChangeList
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from cashdesk import formats


@dataclass(frozen=True, kw_only=True)
class Step:
    """A link to a year, a month, a day, or back. Without a link it is the chosen year or day."""

    title: str
    link: str = ""
    goes_back: bool = False


def steps_of(changelist: ChangeList, *, since: datetime) -> list[Step]:
    """Returns the links above a list: years and the months of this year, or the months of the chosen year, or its days.

    The years begin with that of `since`, and at least with the last one.
    """
    today = timezone.localdate()
    return list(_steps(changelist, first_year=min(since.year, today.year - 1), today=today))


def _steps(changelist: ChangeList, *, first_year: int, today: date) -> Iterator[Step]:
    field = str(changelist.date_hierarchy)
    year, month, day = (
        int(changelist.params[f"{field}__{part}"]) if f"{field}__{part}" in changelist.params else None
        for part in ("year", "month", "day")
    )

    def link(*parts: int) -> str:
        wanted = dict(zip((f"{field}__year", f"{field}__month", f"{field}__day"), parts, strict=False))
        return str(changelist.get_query_string(wanted, [f"{field}__"]))

    if year is None:
        yield from (Step(title=str(one), link=link(one)) for one in range(first_year, today.year))
        yield Step(title=str(today.year), link=link(today.year))
        yield from (Step(title=_name(one), link=link(today.year, one)) for one in range(1, today.month + 1))
    elif month is None:
        yield Step(title=_("All dates"), link=link(), goes_back=True)
        yield Step(title=str(year))
        last = today.month if year == today.year else 12
        yield from (Step(title=_name(one), link=link(year, one)) for one in range(1, last + 1))
    elif day is None:
        yield Step(title=str(year), link=link(year), goes_back=True)
        last = today.day if (year, month) == (today.year, today.month) else monthrange(year, month)[1]
        yield from (Step(title=_day(year, month, one), link=link(year, month, one)) for one in range(1, last + 1))
    else:
        yield Step(title=_month(year, month), link=link(year, month), goes_back=True)
        yield Step(title=_day(year, month, day))


def _name(month: int) -> str:
    """Returns the name of a month without its year, which stands before the months. So twelve of them fit on a line."""
    return str(capfirst(formats.month_name(month)))


def _month(year: int, month: int) -> str:
    return str(capfirst(formats.month(date(year, month, 1))))


def _day(year: int, month: int, day: int) -> str:
    return str(capfirst(formats.month_day(date(year, month, day))))
