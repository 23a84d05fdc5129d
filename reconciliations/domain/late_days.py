"""Money that was recorded for a business day after its close, put before a supervisor."""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Exists, Max, Min, OuterRef

from cashdesk.domain import place
from cashdesk.domain.variance import DAY_SUBJECT, raise_late_for_day
from cashdesk.enums import PlaceKind
from cashdesk.models import BusinessDay, Place, Store, Variance
from reconciliations.domain.business_day import current_date
from reconciliations.domain.late_money import movements_for_day

DAYS_BACK: Final = timedelta(days=31)
"""No till keeps receipts for longer; what does come later stands in the day's reconciliations all the same."""


def raise_late_for_closed_days(*, store: Store, at: datetime) -> list[BusinessDay]:
    """Raises, once, the cash that came for the store's closed days of the last month, and returns those days.

    A posting looks at no day, so this is looked for afterwards: one statement, a probe of an index per day, and more only
    where something came.
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
    # As an approval does, so that what it freezes and what is raised anew have no money in common, and none between them.
    place.lock(exclusive=Place.objects.filter(store=day.store, kind__in=(PlaceKind.VAULT, PlaceKind.REGISTER)))
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
