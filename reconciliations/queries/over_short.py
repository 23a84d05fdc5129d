"""Reads the differences of counts in a range of business dates, summed in the database.

Law 5: a drawer that nobody counted, or that was handed over and not counted in, has no difference here. The number of
statements is fixed, and each reads the sessions or settlements of the range from an index.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from django.db.models import Case, CharField, Count, F, Q, QuerySet, Sum, Value, When
from django.db.models.functions import TruncMonth

from cashdesk.domain.caller.principal import SYSTEM
from cashdesk.domain.store.business_day import window
from cashdesk.domain.visibility import with_shown_result
from cashdesk.enums import CASH, CORRECTION, PlaceKind, SessionStatus
from cashdesk.models import CashSession, ForeignCash, Movement, Place, Store
from settlements.enums import Closing, SettlementState
from settlements.models import ClosingAmount, Deposit, Settlement

HISTORY_MONTHS: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class OverShort:
    """The differences of one group of counts, in minor units of one currency. `short` is not positive."""

    key: tuple[Any, ...]
    counts: int
    short: int
    over: int

    @property
    def net(self) -> int:
        """Over and short together."""
        return self.short + self.over


def sessions_counted(*, store: Store, first: date, last: date) -> "QuerySet[CashSession]":
    """Returns the sessions of the range that were counted, and whose result is final."""
    rows = with_shown_result(CashSession.objects.filter(store=store, business_date__range=(first, last)), by=SYSTEM)
    return rows.filter(Q(awaits_count=False), status=SessionStatus.CLOSED, is_cancelled=False).order_by()


def drawers_by(*groups: str, store: Store, first: date, last: date) -> list[OverShort]:
    """Returns the differences of cash sessions by the columns `groups`, in the store's own currency."""
    rows = sessions_counted(store=store, first=first, last=last).filter(currency=store.currency)
    return _summed(rows, groups)


def drawers_by_month(*, store: Store, last: date) -> list[OverShort]:
    """Returns the differences of cash sessions for each of the last HISTORY_MONTHS months up to the month of `last`."""
    months = last.year * 12 + last.month - HISTORY_MONTHS
    first = date(max(months // 12, 1), months % 12 + 1, 1)
    rows = sessions_counted(store=store, first=first, last=last).filter(currency=store.currency)
    return _summed(rows.annotate(month=TruncMonth("business_date")), ("month",))


def settlements_by_place(*, store: Store, first: date, last: date) -> list[OverShort]:
    """Returns the differences of cash in settlements of registers and of the safe, by place."""
    begin, end = window(store=store, first=first, last=last)
    closed = Settlement.objects.filter(
        store=store, opened_at__gte=begin, opened_at__lt=end, state=SettlementState.CLOSED
    )
    counted = closed.exclude(closing=Closing.FORCED)
    rows = ClosingAmount.objects.filter(
        settlement__in=counted.order_by().values("pk"), method=CASH, currency=store.currency
    ).order_by()
    return _summed(rows, ("settlement__place__kind", "settlement__place__number"))


def foreign_by_currency(*, store: Store, first: date, last: date) -> list[OverShort]:
    """Returns the differences of foreign cash in counted drawers, by currency."""
    sessions = sessions_counted(store=store, first=first, last=last)
    rows = ForeignCash.objects.filter(session__in=sessions.values("pk"), difference__isnull=False).order_by()
    return _summed(rows, ("currency",))


def bank_differences(*, store: Store, first: date, last: date) -> list[OverShort]:
    """Returns the differences of credited bags that were packed in the range, as first recorded, by currency."""
    begin, end = window(store=store, first=first, last=last)
    rows = Deposit.objects.filter(store=store, prepared_at__gte=begin, prepared_at__lt=end, difference__isnull=False)
    return _summed(rows.order_by(), ("movement__currency",))


def uncounted(*, store: Store, first: date, last: date) -> int:
    """Returns how many drawers of the range still await a count."""
    rows = with_shown_result(CashSession.objects.filter(store=store, business_date__range=(first, last)), by=SYSTEM)
    return rows.filter(Q(status=SessionStatus.OPEN) | Q(awaits_count=True)).count()


def left_uncounted(*, store: Store, first: date, last: date) -> int:
    """Returns how many drawers of the range were closed without a count, and opened again without one."""
    rows = with_shown_result(CashSession.objects.filter(store=store, business_date__range=(first, last)), by=SYSTEM)
    return rows.filter(Q(awaits_count=False), status=SessionStatus.CLOSED_SYSTEM).count()


class Part(StrEnum):
    """What a movement of the over/short account came from."""

    CLOSE = "close"
    OPENING = "opening"
    LATE = "late"
    CORRECTION = "correction"
    OTHER = "other"


def booked(*, store: Store, first: date, last: date) -> list[OverShort]:
    """Returns what the over/short account took of the store's own cash in these business days, by Part.

    Leaves out sessions that await a count. Without any, `net` adds up to the change of the account, with the other sign:
    a shortage is money that went there.
    """
    account = Place.objects.get(store=store, kind=PlaceKind.OVER_SHORT)
    waiting = with_shown_result(CashSession.objects.filter(store=store, business_date__lte=last), by=SYSTEM)
    rows = (
        Movement.objects.filter(
            Q(source=account) | Q(destination=account),
            store=store,
            business_date__range=(first, last),
            method=CASH,
            currency=store.currency,
        )
        .exclude(session__in=waiting.filter(Q(awaits_count=True)).order_by().values("pk"))
        .annotate(
            difference=Case(When(source=account, then=F("amount")), default=-F("amount")),
            part=Case(
                When(is_late=True, then=Value(Part.LATE)),
                When(reason=CORRECTION, then=Value(Part.CORRECTION)),
                When(session__opened_at=F("recorded_at"), then=Value(Part.OPENING)),
                When(session__isnull=False, then=Value(Part.CLOSE)),
                default=Value(Part.OTHER),
                output_field=CharField(),
            ),
        )
    )
    found = {one.key[0]: one for one in _summed(rows.order_by(), ("part",))}
    return [found[part] for part in Part if part in found]


def _summed(rows: "QuerySet[Any]", groups: tuple[str, ...]) -> list[OverShort]:
    nothing = Value(0)
    found = rows.values(*groups).annotate(
        counts=Count("pk"),
        short=Sum(Case(When(difference__lt=0, then=F("difference")), default=nothing)),
        over=Sum(Case(When(difference__gt=0, then=F("difference")), default=nothing)),
    )
    made = [
        OverShort(
            key=tuple(row[group] for group in groups),
            counts=row["counts"],
            short=int(row["short"]),
            over=int(row["over"]),
        )
        for row in found
    ]
    return sorted(made, key=lambda one: tuple(str(part) for part in one.key))
