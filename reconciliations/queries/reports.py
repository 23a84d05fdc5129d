"""Reads for the pages of reports. The number of statements is fixed, and no statement reads a whole table."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Max, Min, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.expected import ID_MAX
from cashdesk.errors import NotFound
from cashdesk.models import BusinessDay, CashSession, Movement, Store
from reconciliations.models import StoreDayReport
from settlements.queries import stores_named


@dataclass(frozen=True, slots=True, kw_only=True)
class CameLater:
    """How much came after a report was made: late movements, and drawers that were opened on the closed day."""

    movements: int
    drawers: int

    def __bool__(self) -> bool:
        return bool(self.movements or self.drawers)


@dataclass(frozen=True, slots=True, kw_only=True)
class DaysWithoutReport:
    """How many days were closed before there were reports, and the first and the last of them."""

    number: int
    first: date
    last: date


def day_reports(*, by: Principal, store: Store) -> "QuerySet[StoreDayReport]":
    """Returns the store-day reports of a store in scope, newest first."""
    rows = StoreDayReport.objects.filter(store=store, store__in=by.stores())
    return rows.select_related("store", "day__closed_by").order_by("-number")


def days_without_report(*, store: Store) -> DaysWithoutReport | None:
    """Returns the days of a store that were closed before a close made a report, or None. Runs one statement."""
    first = StoreDayReport.objects.filter(store=store, number=1).values("day_id")
    days = BusinessDay.objects.filter(store=store, pk__lt=Coalesce(Subquery(first), ID_MAX))
    found = days.aggregate(number=Count("pk"), first=Min("date"), last=Max("date"))
    return DaysWithoutReport(**found) if found["number"] else None


def day_report(*, by: Principal, store: str, number: int) -> StoreDayReport:
    """Returns one report. Raises the same NotFound for an unknown report and for one out of scope."""
    found = stores_named(store, by=by).order_by("pk").first() if number < 2**63 else None
    report = day_reports(by=by, store=found).filter(number=number).first() if found is not None else None
    if report is None:
        raise NotFound(_("There is no such report."))
    return report


def came_later(report: StoreDayReport) -> CameLater:
    """Returns what was recorded for the day of a report after its close. Amounts are not read (law 5)."""
    day = report.day
    late = Movement.objects.filter(store=report.store, business_date=day.date, pk__gt=day.last_movement)
    shown = [drawer["id"] for drawer in report.contents["drawers"] if drawer["of"] == "session"]
    opened = CashSession.objects.filter(store=report.store, business_date=day.date).exclude(pk__in=shown)
    return CameLater(movements=late.count(), drawers=opened.count())
