"""Finds money recorded for a business day after its close, and creates a variance for it."""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Exists, Max, Min, OuterRef

from cashdesk.domain.ledger.raise_variance import DAY_SUBJECT, raise_late_for_day
from cashdesk.domain.store.place_lock import lock_places
from cashdesk.enums import PlaceKind
from cashdesk.models import BusinessDay, Place, Store, Variance
from reconciliations.domain.business_day_close import current_date
from reconciliations.domain.variance_late_amount import movements_for_day

DAYS_BACK: Final = timedelta(days=31)
"""How far back to look. Tills send no older receipts. Older money still appears in the reconciliations of its day."""


def raise_late_for_closed_days(*, store: Store, at: datetime) -> list[BusinessDay]:
    """Creates variances for cash that was recorded for a business day of the last month after its close.

    Returns the days for which it created a variance. Postings do not check whether their day is closed, so the command
    `close_days` calls this function. It runs one statement with an index probe per day, and more statements only for
    days with late cash.
    """
    later = movements_for_day().filter(
        store=OuterRef("store"), business_date=OuterRef("date"), pk__gt=OuterRef("last_movement")
    )
    days = BusinessDay.objects.filter(store=store, date__gte=current_date(store=store, at=at) - DAYS_BACK)
    return [
        day for day in days.select_related("store").filter(Exists(later)).order_by("date") if _raise_for(day=day, at=at)
    ]


@transaction.atomic
def _raise_for(*, day: BusinessDay, at: datetime) -> bool:
    # Takes the same locks as an approval. So each late movement counts once: in the amount that an approval freezes, or
    # in the new variance.
    lock_places(exclusive=Place.objects.filter(store=day.store, kind__in=(PlaceKind.VAULT, PlaceKind.REGISTER)))
    raised = Variance.objects.filter(subject=f"{DAY_SUBJECT}{day.pk}")
    approved = dict(raised.order_by().values_list("currency").annotate(last=Max("last_movement")))
    waiting = set(raised.filter(last_movement__isnull=True).values_list("currency", flat=True))
    came = movements_for_day().filter(store=day.store, business_date=day.date, pk__gt=day.last_movement)
    has_raised = False
    for currency in came.order_by().values_list("currency", flat=True).distinct():
        first = came.filter(currency=currency, pk__gt=approved.get(currency) or 0).aggregate(first=Min("pk"))["first"]
        if first is not None and currency not in waiting:
            raise_late_for_day(day=day, currency=currency, first_movement=first, at=at)
            has_raised = True
    return has_raised
