"""Reads the data of the board: how all stores of a chain stand now.

It takes five statements, and three more if a place has a limit of cash, whatever the number of stores.

Law 5: the board has counts of rows, and the differences of drawers that were counted. An open drawer, one that nobody
counted and one that was handed over have no figure here. Limits of cash are told in words only (docs/decisions/0047).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    Count,
    DateField,
    Func,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.cash_limits import Past, past_limits
from cashdesk.domain.store.business_day import business_date
from cashdesk.enums import PlaceKind, SessionStatus, VarianceKind
from cashdesk.models import BusinessDay, CashSession, Place, Store, Variance
from reconciliations import queries
from settlements.enums import ChangeOrderState, DepositState, SettlementState, SettlementType
from settlements.models import ChangeOrder, Deposit, Settlement

OVER_SHORT_DAYS: Final = 7
"""The days whose differences the board adds up, without the current business day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreNow:
    """How one store stands. Amounts are in minor units of the store's currency."""

    store: Store
    late_days: int
    """The days since the last closed one, before the current one, on which a drawer was opened. 0 if none was closed."""
    last_closed: date | None
    open: int
    overdue: int
    """Open drawers of an earlier business day."""
    uncounted: int
    waiting: int
    """Variances that wait."""
    oldest_waiting: datetime | None
    over_short: int
    bags: int
    in_transit: int
    orders: int
    full: int
    """Open drawers that hold more cash than they should."""
    safe: Past | None
    """Whether the safe holds too much or too little."""

    @property
    def is_late(self) -> bool:
        """Whether a day is not closed, or a drawer is overdue or was not counted."""
        return bool(self.late_days or self.overdue or self.uncounted)


def stores_now(*, by: Principal, at: datetime) -> list[StoreNow]:
    """Returns all active stores that a person sees, by number."""
    stores = by.stores().filter(is_active=True)
    today_in = {
        (zone, hour): business_date(store=Store(time_zone=zone, cut_off_hour=hour), at=at)
        for zone, hour in stores.order_by().values_list("time_zone", "cut_off_hour").distinct()
    }
    opened = _open_drawers(stores)
    rows = list(_rows(stores, today_in=today_in))
    past = _past_limits(rows, stores=stores, opened=opened, at=at)
    return [_now(row, opened.get(row.pk, {}), past.get(row.pk, [])) for row in rows]


def _past_limits(
    rows: Sequence[Store], *, stores: "QuerySet[Store]", opened: dict[int, dict[int, date]], at: datetime
) -> dict[int, list[frozenset[Past]]]:
    """Returns the limits that are passed in the safes and the open drawers, by store."""
    own = Q(pull_minor__isnull=False) | Q(lock_minor__isnull=False)
    own |= Q(store__pull_minor__isnull=False) | Q(store__lock_minor__isnull=False)
    drawers = Q(pk__in=[register for drawers in opened.values() for register in drawers]) & own
    safes = Q(kind=PlaceKind.VAULT, store__in=stores.order_by().values("pk"))
    safes &= Q(least_minor__isnull=False) | Q(most_minor__isnull=False)
    places = list(Place.objects.filter(drawers | safes).order_by())
    of_place = {place.pk: place.store_id for place in places}
    concerned = set(of_place.values())
    found: dict[int, list[frozenset[Past]]] = {}
    for place_id, past in past_limits(
        stores=[row for row in rows if row.pk in concerned], places=places, at=at
    ).items():
        found.setdefault(of_place[place_id], []).append(past)
    return found


def _now(row: Any, opened: dict[int, date], past: Sequence[frozenset[Past]]) -> StoreNow:
    told = frozenset().union(*past)
    return StoreNow(
        store=row,
        late_days=row.late_days if row.last_closed is not None else 0,
        last_closed=row.last_closed,
        open=len(opened),
        overdue=sum(1 for since in opened.values() if since < row.today),
        uncounted=row.uncounted,
        waiting=row.waiting,
        oldest_waiting=row.oldest_waiting,
        over_short=row.over_short,
        bags=row.bags,
        in_transit=row.in_transit,
        orders=row.on_order,
        full=sum(1 for one in past if one & {Past.PULL, Past.LOCK}),
        safe=next((one for one in (Past.MOST, Past.LEAST) if one in told), None),
    )


def _rows(stores: "QuerySet[Store]", *, today_in: dict[tuple[str, int], date]) -> "QuerySet[Any]":
    """Returns the stores with their figures. Each figure is a range of an index, for each store."""
    of_store = {"store": OuterRef("pk")}
    last_closed = BusinessDay.objects.filter(**of_store).order_by("-date").values("date")[:1]
    waiting = queries.waiting(Variance.objects.filter(**of_store))
    days = CashSession.objects.filter(
        **of_store, business_date__gt=OuterRef("last_closed"), business_date__lt=OuterRef("today")
    )
    counted = CashSession.objects.filter(
        **of_store,
        business_date__gte=OuterRef("since"),
        business_date__lt=OuterRef("today"),
        status=SessionStatus.CLOSED,
        is_handed_over=False,
        currency=OuterRef("currency"),
    )
    bags = Deposit.objects.filter(
        **of_store, state__in=[_written(state) for state in (DepositState.PREPARED, DepositState.COLLECTED)]
    )
    orders = ChangeOrder.objects.filter(**of_store, state=ChangeOrderState.ORDERED)
    dated = stores.annotate(
        today=_by_zone(today_in),
        since=_by_zone({zone: day - timedelta(days=OVER_SHORT_DAYS) for zone, day in today_in.items()}),
        last_closed=Subquery(last_closed),
    )
    return dated.annotate(
        late_days=_one(days, Count("business_date", distinct=True)),
        waiting=_one(waiting, Count("pk")),
        uncounted=_one(waiting.filter(kind=VarianceKind.UNCOUNTED), Count("pk")),
        oldest_waiting=Subquery(waiting.order_by().values("store").annotate(first=Min("raised_at")).values("first")),
        over_short=_one(counted, Sum("difference")),
        bags=_one(bags, Count("pk")),
        in_transit=_one(bags.filter(movement__currency=OuterRef("currency")), Sum("movement__amount")),
        on_order=_one(orders, Count("pk")),
    ).order_by("number", "pk")


def _by_zone(days: dict[tuple[str, int], date]) -> Case:
    """Returns the date that belongs to the time zone and the cut-off hour of a store."""
    cases = [When(time_zone=zone, cut_off_hour=hour, then=Value(day)) for (zone, hour), day in days.items()]
    return Case(*cases, output_field=DateField())


def _one(rows: "QuerySet[Any]", figure: Count | Sum) -> Coalesce:
    """Returns one figure over the rows of a store; 0 without rows."""
    found = rows.order_by().values("store").annotate(figure=figure).values("figure")
    return Coalesce(Subquery(found, output_field=BigIntegerField()), Value(0), output_field=BigIntegerField())


def _written(value: str) -> Func:
    """Returns a literal. Both databases use a partial index only for literals, not for parameters."""
    return Func(template=f"'{value}'", output_field=CharField())


def _open_drawers(stores: "QuerySet[Store]") -> dict[int, dict[int, date]]:
    """Returns the open drawers by store: the id of each register, with the business date since which it is open."""
    sessions = CashSession.objects.filter(status=_written(SessionStatus.OPEN), store__in=stores.order_by())
    running = Settlement.objects.filter(type=SettlementType.CASHREGISTER, store__in=stores.order_by())
    settlements = running.exclude(state=_written(SettlementState.CLOSED))
    found: dict[int, dict[int, date]] = {}
    rows: Sequence[tuple[int, int, date]] = [
        *sessions.order_by().values_list("store_id", "register_id", "business_date"),
        *settlements.order_by().values_list("store_id", "place_id", "business_date"),
    ]
    for store_id, register_id, since in rows:
        drawers = found.setdefault(store_id, {})
        drawers[register_id] = min(since, drawers.get(register_id, since))
    return found
