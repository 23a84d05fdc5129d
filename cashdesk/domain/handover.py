"""Handing a drawer over: one cashier counts the cash out and leaves it there, the next one counts it in, blind.

Between the two counts nobody has the drawer. What differs is the opening difference of the one who counts in, named with
both (docs/decisions/0016).
"""

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.db.models.expressions import Combinable

from cashdesk.enums import WITHIN_A_PERIOD, CountMoment, PlaceKind
from cashdesk.models import CashSession, Count, Place, Store


def was_counted_since() -> Combinable:
    """Builds the condition on sessions that left cash in their drawer, handed over or closed without a count, that it was
    counted since: by the next opening, by itself afterwards, or by a settlement.
    """
    opened_again = CashSession.objects.filter(register=OuterRef("register"), pk__gt=OuterRef("pk"))
    afterwards = Count.objects.filter(session=OuterRef("pk"), moment=CountMoment.AFTERWARDS)
    settled = Count.objects.filter(
        place=OuterRef("register"), counted_at__gte=OuterRef("closed_at"), session__isnull=True
    ).exclude(moment__in=WITHIN_A_PERIOD)
    return Exists(opened_again) | Exists(afterwards) | Exists(settled)


def handovers_waiting(*, store: Store) -> list[CashSession]:
    """Returns the sessions of a store whose drawer was handed over and that nobody has counted in yet, by register, in one
    statement that looks at the last session of each register. They hold figures: doors show who, where and when (law 5).
    """
    return list(_waiting(store).select_related("register", "store", "user").order_by("register__number"))


def registers_waiting(store: Store) -> "QuerySet[Any]":
    """Returns the ids of the registers at which a drawer was handed over and not counted in yet, for another statement."""
    return _waiting(store).order_by().values("register_id")


def _waiting(store: Store) -> "QuerySet[CashSession]":
    of_register = CashSession.objects.filter(register=OuterRef("pk")).order_by("-pk").values("pk")[:1]
    last = Place.objects.filter(store=store, kind=PlaceKind.REGISTER).annotate(last=Subquery(of_register))
    # Nothing lies in a drawer that was handed over empty: whoever opens it brings a float, as into any other.
    handed_over = CashSession.objects.filter(pk__in=last.values("last"), is_handed_over=True, declared_amount__gt=0)
    return handed_over.exclude(was_counted_since())


def handover_before(session: CashSession) -> CashSession | None:
    """Returns the session whose cash was handed over to this one, with its cashier; None where the drawer was empty, closed
    without a count, or counted by somebody else in between.
    """
    earlier = CashSession.objects.filter(register=session.register_id, pk__lt=session.pk).select_related("user")
    before = earlier.order_by("-pk").first()
    if before is None or not before.is_handed_over or not before.declared_amount:
        return None
    between = Count.objects.filter(
        place=session.register_id, counted_at__gte=before.closed_at, counted_at__lte=session.opened_at
    )
    elsewhere = between.filter(session__isnull=True).exclude(moment__in=WITHIN_A_PERIOD)
    afterwards = Count.objects.filter(session=before, moment=CountMoment.AFTERWARDS)
    return None if elsewhere.exists() or afterwards.exists() else before
