"""Reusable reads of reconciliations, each with its fixed number of queries."""

from typing import Any

from django.db.models import BigIntegerField, Case, Exists, OuterRef, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce

from cashdesk.domain.expected_day import drawer_movements, taken_over
from cashdesk.domain.principal import Principal
from cashdesk.enums import MovementKind
from cashdesk.models import Movement, Store
from reconciliations.models import Reconciliation


def reconciliations(*, by: Principal, store: Store) -> "QuerySet[Reconciliation]":
    """Returns a store's reconciliations with what arrived since (`late_amount`, minor units) and whether they stand."""
    rows = Reconciliation.objects.filter(store=store, store__in=by.stores(with_inactive=True))
    rows = rows.select_related("store__account", "store__vendor", "operator", "authorization__issued_by", "supersedes")
    return rows.annotate(
        # Joined, not asked for with EXISTS: for that PostgreSQL would hash the whole table to show one page.
        is_superseded=Case(When(superseded_by__isnull=False, then=True), default=False),
        late_amount=Coalesce(_late(), Value(0), output_field=BigIntegerField()),
    )


def _late() -> Case:
    """What moved in the scope of a reconciliation after it was recorded: within an index, from its last movement on.

    Of an operator also the cash that they took over since.
    """
    since = drawer_movements().filter(
        store=OuterRef("store"),
        business_date=OuterRef("business_date"),
        currency=OuterRef("currency"),
        pk__gt=OuterRef("as_of_movement"),
    )
    # A drop leaves the operator's drawer and stays in the store.
    of_the_day = since.exclude(kind=MovementKind.DROP)
    of_the_operator = since.filter(person=OuterRef("operator"))
    taken = taken_over().filter(
        store=OuterRef("store"),
        user=OuterRef("operator"),
        business_date=OuterRef("business_date"),
        currency=OuterRef("currency"),
        opened_at__gt=OuterRef("reported_at"),
    )
    return Case(
        When(operator__isnull=True, then=_total(of_the_day)),
        default=Coalesce(_total(of_the_operator), Value(0), output_field=BigIntegerField())
        + Coalesce(_total(taken, "start_amount"), Value(0), output_field=BigIntegerField()),
        output_field=BigIntegerField(),
    )


def _total(rows: "QuerySet[Any]", amount: str = "effect") -> Subquery:
    return Subquery(
        rows.order_by().values("store").annotate(total=Sum(amount)).values("total"), output_field=BigIntegerField()
    )


def late_for_closed_days(*, store: Store) -> "QuerySet[Movement]":
    """Returns the movements of a store that were recorded for a business day after it was closed."""
    closed = store.closed_days.filter(date=OuterRef("business_date"), last_movement__lt=OuterRef("pk"))
    return Movement.objects.filter(Exists(closed), store=store)
