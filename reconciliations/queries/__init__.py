"""Reusable reads of reconciliations, variances and exports, each with a fixed number of queries."""

from datetime import date, datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

from django.db.models import (
    BigIntegerField,
    BooleanField,
    Case,
    CharField,
    Exists,
    OuterRef,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, Concat

from cashdesk.domain.caller.audit import entry_of
from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import ENDED_VARIANCES, VarianceKind, VarianceState
from cashdesk.errors import NotFound
from cashdesk.models import BusinessDay, CashSession, Movement, Store, Variance
from reconciliations.domain.carried_over_cash import DaysBefore, overnight_movements
from reconciliations.domain.expected_cash import of_holder
from reconciliations.domain.operator_custody import OVER_NIGHT_MAX
from reconciliations.domain.repayment import repaid_amount
from reconciliations.domain.reused_cash import reused_since
from reconciliations.domain.store_day_sums import STAYS_IN_STORE, drawer_movements, taken_over
from reconciliations.domain.variance_late_amount import late_amount
from reconciliations.enums import AuthorizationState, DayRule
from reconciliations.models import Authorization, Export, Reconciliation

WAITING_MAX: Final = 100


def reconciliations(*, by: Principal, store: Store) -> "QuerySet[Reconciliation]":
    """Returns a store's reconciliations with their late money and status.

    `late_amount` (minor units) is the money that arrived after the record. `is_superseded` tells whether a later
    reconciliation replaced the row, and `still_awaits_approval` whether nobody has approved it yet.
    """
    return _reconciliations().filter(store=store, store__in=by.stores())


@cache
def _reconciliations() -> "QuerySet[Reconciliation]":
    """Returns the rows of `reconciliations` for all stores. Cached, because it takes long to build this query."""
    rows = Reconciliation.objects.select_related(
        "store__account", "store__vendor", "operator", "authorization__issued_by", "supersedes"
    )
    return rows.alias(recorded_as=entry_of("reconciliation.recorded")).annotate(
        # Uses a join. With EXISTS, PostgreSQL would hash the whole table to show one page.
        is_superseded=Case(When(superseded_by__isnull=False, then=True), default=False),
        late_amount=Coalesce(_late(), Value(0), output_field=BigIntegerField()),
        still_awaits_approval=Case(
            When(awaits_approval=True, then=~Exists(_approved())),
            default=Value(value=False),
            output_field=BooleanField(),
        ),
    )


def _approved() -> "QuerySet[Variance]":
    subject = Concat(Value("reconciliation:"), Cast(OuterRef("pk"), CharField()))
    return Variance.objects.filter(subject=subject, kind=VarianceKind.RECONCILIATION, state=VarianceState.APPROVED)


def authorizations_in(
    state: AuthorizationState, *, rows: "QuerySet[Authorization]", at: datetime
) -> "QuerySet[Authorization]":
    """Filters authorizations by a state, as domain.authorization.state_of() defines it."""
    if state == AuthorizationState.USED:
        return rows.filter(reconciliation__isnull=False)
    unused = rows.filter(reconciliation__isnull=True)
    return unused.filter(expires_at__gt=at) if state == AuthorizationState.USABLE else unused.filter(expires_at__lte=at)


def _late() -> Case:
    """Builds the expression for the late amount of each reconciliation.

    A reconciliation keeps the rule with which it was recorded (`rule`), and each rule has an expression of its own.
    """
    return Case(
        When(rule=DayRule.MOVEMENTS, then=_late_by_first_rule()),
        default=_late_by_custody(),
        output_field=BigIntegerField(),
    )


def _late_by_custody() -> Case:
    """Builds the late amount of a reconciliation that was recorded under the custody rule (`DayRule.CUSTODY`).

    Adds up the day's movements since the reconciliation, later money in drawers that were open overnight, and the
    operator's later opening amounts. Subtracts reused cash. All parts are read from indexes.
    """
    of_day = {"store": OuterRef("store"), "business_date": OuterRef("business_date"), "currency": OuterRef("currency")}
    since = drawer_movements().filter(**of_day, pk__gt=OuterRef("as_of_movement"))
    sessions = CashSession.objects.filter(**of_day, user=OuterRef("operator"))
    begun = sessions.filter(is_cancelled=False, pk__gt=OuterRef("as_of_session"))
    cancelled = sessions.filter(is_cancelled=True, pk__lte=OuterRef("as_of_session"), seal__gt=OuterRef("as_of_seal"))
    night_before = {
        "store": OuterRef("store"),
        "currency": OuterRef("currency"),
        "pk__gt": OuterRef("as_of_movement"),
        "business_date__in": [
            DaysBefore(OuterRef("business_date"), days) for days in range(1, OVER_NIGHT_MAX.days + 1)
        ],
    }
    first = OuterRef("first_movement")
    overnight = overnight_movements(first_movement=first, operator=None).filter(**night_before)
    held_overnight = overnight_movements(first_movement=first, operator=OuterRef("operator")).filter(**night_before)
    return Case(
        When(
            operator__isnull=True,
            # A drop leaves the operator's drawer but stays in the store.
            then=_sum(since.exclude(kind__in=STAYS_IN_STORE)) + _sum(overnight) - reused_since(of_operator=False),
        ),
        default=_sum(of_holder(since, OuterRef("operator")))
        + _sum(begun, "start_amount")
        - _sum(cancelled, "start_amount")
        + _sum(held_overnight)
        - reused_since(of_operator=True),
        output_field=BigIntegerField(),
    )


def _sum(rows: "QuerySet[Any]", amount: str = "effect") -> Coalesce:
    return Coalesce(_total(rows, amount), Value(0), output_field=BigIntegerField())


def _late_by_first_rule() -> Case:
    """Builds the late amount of a reconciliation that was recorded under the first rule (`DayRule.MOVEMENTS`).

    For one operator, the amount includes cash that the operator took over after the reconciliation. All parts are read
    from indexes.
    """
    since = drawer_movements().filter(
        store=OuterRef("store"),
        business_date=OuterRef("business_date"),
        currency=OuterRef("currency"),
        pk__gt=OuterRef("as_of_movement"),
    )
    # A drop leaves the operator's drawer but stays in the store.
    of_the_day = since.exclude(kind__in=STAYS_IN_STORE)
    of_the_operator = since.filter(person=OuterRef("operator"))
    custody = taken_over().filter(
        store=OuterRef("store"),
        user=OuterRef("operator"),
        business_date=OuterRef("business_date"),
        currency=OuterRef("currency"),
    )
    # Openings and cancellations write their audit entries under the lock of their register. A reconciliation holds the
    # locks of all places. So an entry that the reconciliation did not see has a higher id than `recorded_as`.
    taken = custody.filter(is_cancelled=False, opened_as__gt=OuterRef("recorded_as"))
    given_up = custody.filter(opened_as__lt=OuterRef("recorded_as"), cancelled_as__gt=OuterRef("recorded_as"))
    return Case(
        When(operator__isnull=True, then=_total(of_the_day)),
        default=Coalesce(_total(of_the_operator), Value(0), output_field=BigIntegerField())
        + Coalesce(_total(taken, "start_amount"), Value(0), output_field=BigIntegerField())
        - Coalesce(_total(given_up, "start_amount"), Value(0), output_field=BigIntegerField()),
        output_field=BigIntegerField(),
    )


def _total(rows: "QuerySet[Any]", amount: str = "effect") -> Subquery:
    return Subquery(
        rows.order_by().values("store").annotate(total=Sum(amount)).values("total"), output_field=BigIntegerField()
    )


def late_for_closed_days(*, store: Store) -> "QuerySet[Movement]":
    """Returns the movements of a store that were recorded for a business day after its close."""
    closed = store.closed_days.filter(date=OuterRef("business_date"), last_movement__lt=OuterRef("pk"))
    return Movement.objects.filter(Exists(closed), store=store)


def variances(*, by: Principal) -> "QuerySet[Variance]":
    """Returns the variances in scope of `by`, with the late money and the repayments of each.

    `late_amount` and `repaid_amount` are minor units.
    """
    return _variances().filter(store__in=by.stores())


@cache
def _variances() -> "QuerySet[Variance]":
    """Returns a query for the variances of all stores, annotated with `late_amount` and `repaid_amount`.

    Only the query is cached, never its rows, because building it takes long.
    """
    people = ("person", "counted_by", "explained_by", "decided_by")
    return Variance.objects.select_related("store", "place", "session", *people).annotate(
        late_amount=late_amount(), repaid_amount=repaid_amount()
    )


def waiting(rows: "QuerySet[Variance]") -> "QuerySet[Variance]":
    """Returns the variances that are not finished: the variance queue."""
    return rows.exclude(state__in=ENDED_VARIANCES)


def variances_waiting(*, by: Principal, store: Store | None) -> int:
    """Returns how many variances wait in a store, or in all stores in scope. Counts no further than 100."""
    rows = Variance.objects.filter(store=store) if store is not None else Variance.objects.filter(store__in=by.stores())
    return waiting(rows.order_by())[:WAITING_MAX].count()


def variance(*, by: Principal, variance_id: UUID) -> Variance:
    """Returns one variance in scope. Raises the same NotFound for an unknown variance and for a variance out of scope."""
    return variance_in(variances(by=by), variance_id=variance_id)


def variance_in(rows: "QuerySet[Variance]", *, variance_id: UUID) -> Variance:
    """Returns the variance with this id among these rows. Raises NotFound."""
    found = rows.filter(uuid=variance_id).first()
    if found is None:
        raise NotFound("There is no variance with this id.")
    return found


def closed_days(*, store: Store, first: date | None, last: date | None) -> "QuerySet[BusinessDay]":
    """Returns the closed business days of a store from `first` to `last`, both included. None means no limit."""
    rows = BusinessDay.objects.filter(store=store).select_related("store", "closed_by", "closed_with")
    if first is not None:
        rows = rows.filter(date__gte=first)
    return rows if last is None else rows.filter(date__lte=last)


def exports(*, by: Principal) -> "QuerySet[Export]":
    """Returns the exports of the stores in scope of `by`, newest first."""
    rows = Export.objects.filter(store__in=by.stores())
    return rows.select_related("store", "requested_by_user").order_by("-pk")
