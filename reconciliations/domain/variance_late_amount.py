"""The late money of a variance: a sum over the movements of its period, from the id `first_movement` on."""

from django.db.models import BigIntegerField, Case, F, Max, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce

from cashdesk.domain.ledger.raise_variance import DAY_SUBJECT
from cashdesk.enums import PlaceKind, VarianceKind
from cashdesk.models import Movement, Variance
from reconciliations.domain.store_day_sums import STAYS_IN_STORE, drawer_movements

_EFFECT = Case(When(destination__kind=PlaceKind.OVER_SHORT, then=F("amount")), default=-F("amount"))
"""Money that came in is positive; money that went back is negative."""

# Late money for the vault belongs to the vault's day, even if a session caused it (`cashdesk.domain.ledger.raise_variance`).
_OF_SESSION = Q(late_for__isnull=True) | ~Q(late_for__kind=PlaceKind.VAULT)
_OF_PLACE = Q(session__isnull=True) | Q(late_for__kind=PlaceKind.VAULT)
_OF_STORE = Q(late_for__isnull=True, session__isnull=True)


def late_of(variance: Variance) -> tuple[int, int]:
    """Returns the late money of a variance (in minus out, minor units), and the id of the last movement in this sum.

    The caller holds the lock of the place, so that no movement arrives in the meantime.
    """
    is_of_day = variance.subject.startswith(DAY_SUBJECT)
    rows = movements_for_day() if is_of_day else _late_movements().filter(method=variance.method)
    rows = rows.filter(_same_period(variance), currency=variance.currency, pk__gte=variance.first_movement or 0)
    found = rows.aggregate(total=Sum("effect" if is_of_day else _EFFECT), last=Max("pk"))
    return int(found["total"] or 0), int(found["last"] or 0)


def movements_for_day() -> "QuerySet[Movement]":
    """Returns cash movements that count for a business day and are not late for a session or settlement.

    Drops are left out, because they stay in the store.
    """
    rows: QuerySet[Movement] = drawer_movements().filter(is_late=False).exclude(kind__in=STAYS_IN_STORE)
    return rows


def late_amount() -> Coalesce:
    """Builds the expression for the late money of each variance in a list.

    For a variance of late money, this is its whole amount. For a session's variance, it is the money that arrived
    after the count and explains part of the difference. Each branch reads few rows from an index.
    """
    rows = _late_movements().filter(currency=OuterRef("currency"), method=OuterRef("method"))
    since = rows.filter(pk__gte=Coalesce(OuterRef("first_movement"), Value(0)))
    of_session = since.filter(_OF_SESSION, session=OuterRef("session"))
    of_place = since.filter(_OF_PLACE, late_for=OuterRef("place"), business_date=OuterRef("business_date"))
    of_store = since.filter(_OF_STORE, store=OuterRef("store"), business_date=OuterRef("business_date"))
    of_day = movements_for_day().filter(
        store=OuterRef("store"),
        business_date=OuterRef("business_date"),
        currency=OuterRef("currency"),
        pk__gte=Coalesce(OuterRef("first_movement"), Value(0)),
    )
    return Coalesce(
        Case(
            When(kind=VarianceKind.LATE, difference__isnull=False, then=F("difference")),
            When(kind=VarianceKind.LATE, subject__startswith=DAY_SUBJECT, then=_total(of_day, "effect")),
            When(session__isnull=False, kind__in=(VarianceKind.LATE, VarianceKind.SESSION), then=_total(of_session)),
            When(kind=VarianceKind.LATE, place__isnull=False, then=_total(of_place)),
            When(kind=VarianceKind.LATE, then=_total(of_store)),
            output_field=BigIntegerField(),
        ),
        Value(0),
        output_field=BigIntegerField(),
    )


def _late_movements() -> "QuerySet[Movement]":
    return Movement.objects.filter(is_late=True).filter(
        Q(source__kind=PlaceKind.OVER_SHORT) | Q(destination__kind=PlaceKind.OVER_SHORT)
    )


def _same_period(variance: Variance) -> Q:
    if variance.subject.startswith(DAY_SUBJECT):
        return Q(store=variance.store_id, business_date=variance.business_date)
    if variance.session_id is not None:
        return _OF_SESSION & Q(session=variance.session_id)
    if variance.place_id is not None:
        return _OF_PLACE & Q(late_for=variance.place_id, business_date=variance.business_date)
    return _OF_STORE & Q(store=variance.store_id, business_date=variance.business_date)


def _total(rows: "QuerySet[Movement]", effect: Case | str = _EFFECT) -> Subquery:
    summed = rows.order_by().values("currency").annotate(total=Sum(effect)).values("total")
    return Subquery(summed, output_field=BigIntegerField())
