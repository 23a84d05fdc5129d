"""Reads the data of the page Today: a store's drawers, waiting variances, bags and open days.

The number of statements is fixed, and no statement reads the history of the store.

Law 5: a drawer that is open or not counted has no expected amount here, so the page cannot show one. What is shown does
not add up to one either. It needs the sales of the drawer, and for the safe its last count and the drops. The page
shows none of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from django.db.models import CharField, Exists, Func, Max, OuterRef, QuerySet, Subquery

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.visibility import with_shown_result
from cashdesk.enums import CASH, MovementKind, PlaceKind
from cashdesk.models import BusinessDay, CashSession, ForeignCash, Movement, Place, Store
from reconciliations import queries
from reconciliations.queries.variance_queue import Waiting, next_act, with_next_act
from settlements.domain.visibility import settlements_with_shown_result
from settlements.enums import ChangeOrderState, DepositState, SettlementState
from settlements.models import ChangeOrder, ClosingAmount, Deposit, Settlement

WAITING_MAX: Final = 100
"""The most waiting variances that the page looks at, oldest first."""

BAGS_MAX: Final = 100
"""The most bags in transit that the page looks at, oldest first."""

ORDERS_MAX: Final = 20
"""The most open change orders that the page shows, oldest first."""


class DrawerState(StrEnum):
    """The states of a register's drawer, as far as a supervisor must act on them."""

    OPEN = "open"
    OVERDUE = "overdue"
    """Open since an earlier business day."""
    COUNTING = "counting"
    UNCOUNTED = "uncounted"
    """Closed without a count, and nobody has counted the cash since."""
    HANDED_OVER = "handed over"
    """Counted out by one cashier, and not counted in by the next one."""
    CLOSED = "closed"
    UNUSED = "unused"
    """Never opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The count of a closed drawer, in minor units of `currency`."""

    counted: int
    expected: int
    difference: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawer:
    """A register with the period that its drawer is in, or with the last one.

    `session` is the last cash session. It is None if a settlement holds the drawer and no session is open, or if a
    settlement was the last to be closed. `result` is None unless the drawer is closed and was counted.
    """

    register: Place
    state: DrawerState
    session: CashSession | None = None
    settlement: Settlement | None = None
    result: Result | None = None
    last_drop_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether somebody has the drawer open, or is counting it."""
        return self.state in (DrawerState.OPEN, DrawerState.OVERDUE, DrawerState.COUNTING)

    @property
    def person(self) -> str:
        """The name of the cashier, or of the person who opened the settlement."""
        if self.session is not None:
            return str(self.session.user)
        return self.settlement.opened_by_name if self.settlement is not None else ""

    @property
    def opened_at(self) -> datetime | None:
        """When the period was opened."""
        period = self.session or self.settlement
        return period.opened_at if period is not None else None

    @property
    def closed_at(self) -> datetime | None:
        """When the period was closed, or None while it is open."""
        period = self.session or self.settlement
        return period.closed_at if period is not None else None

    @property
    def business_date(self) -> date | None:
        """The business date of the period, or of its settlement if that is earlier."""
        return min((one.business_date for one in (self.session, self.settlement) if one is not None), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """The drawers of a store by number, and the running settlement of its safe, or None."""

    drawers: list[Drawer]
    vault_settlement: Settlement | None
    safe: Place | None = None


def floor_of(*, store: Store, by: Principal, today: date) -> Floor:
    """Returns the drawers of a store and the settlement of its safe. Runs four statements.

    `today` is the store's current business date.
    """
    places: Any = _places(store)
    last = places.order_by().values
    sessions = CashSession.objects.filter(pk__in=last("last_session")).select_related("user", "seal")
    settlements = Settlement.objects.filter(pk__in=last("last_settlement")).select_related("seal")
    session_at = {session.register_id: session for session in _with_cash_left(with_shown_result(sessions, by=by))}
    settlement_at: dict[int, Any] = {
        settlement.place_id: settlement
        for settlement in _with_cash_result(settlements_with_shown_result(settlements, by=by), store=store)
    }
    dropped_at = _last_drops(store=store, on=today)
    drawers = []
    vault_settlement, safe = None, None
    for place in places.order_by("number"):
        settlement = settlement_at.get(place.pk)
        if place.kind == PlaceKind.VAULT:
            safe = place
            vault_settlement = settlement if settlement is not None and not settlement.is_closed else None
            continue
        drawer = _drawer(place, session_at.get(place.pk), settlement, store=store)
        if drawer.is_open and drawer.business_date is not None and drawer.business_date < today:
            drawer = replace(drawer, state=DrawerState.OVERDUE)
        drawers.append(replace(drawer, last_drop_at=dropped_at.get(place.pk)))
    return Floor(drawers=drawers, vault_settlement=vault_settlement, safe=safe)


def _places(store: Store) -> "QuerySet[Place]":
    """Returns the registers and the vault with the ids of their last session and settlement, each from an index."""
    # A range instead of an equality, so that only the index by place has the order. Otherwise PostgreSQL may read all
    # sessions by their ids until it meets one of this register, and finds none of a register that was never opened.
    of_register = {"register__gte": OuterRef("pk"), "register__lte": OuterRef("pk")}
    session = CashSession.objects.filter(**of_register, is_cancelled=False).order_by("register_id", "-pk").values("pk")
    of_place = {"place__gte": OuterRef("pk"), "place__lte": OuterRef("pk")}
    settlement = Settlement.objects.filter(**of_place).order_by("place_id", "-pk").values("pk")
    # A register that holds cash cannot be switched off, so nothing that waits is left out.
    places = Place.objects.filter(store=store, kind__in=(PlaceKind.REGISTER, PlaceKind.VAULT), is_active=True)
    return places.annotate(last_session=Subquery(session[:1]), last_settlement=Subquery(settlement[:1]))


def _with_cash_left(sessions: "QuerySet[CashSession]") -> "QuerySet[CashSession]":
    foreign = ForeignCash.objects.filter(session=OuterRef("pk"), stays=True, counted_amount__gt=0)
    return sessions.annotate(leaves_foreign_cash=Exists(foreign))


def _with_cash_result(settlements: "QuerySet[Settlement]", *, store: Store) -> "QuerySet[Settlement]":
    cash = ClosingAmount.objects.filter(settlement=OuterRef("pk"), currency=store.currency, method=CASH)
    return settlements.annotate(
        cash_counted=Subquery(cash.values("actual")[:1]),
        cash_expected=Subquery(cash.values("target")[:1]),
        cash_difference=Subquery(cash.values("difference")[:1]),
    )


def _last_drops(*, store: Store, on: date) -> dict[int, datetime]:
    """Returns when each register last dropped cash into the safe on a business date. Tells no amount (law 5)."""
    # Written out, not as a parameter: both databases use the partial index on these kinds only for literals.
    kinds = [Func(template=f"'{MovementKind.DROP.value}'", output_field=CharField())]
    drops = Movement.objects.filter(store=store, business_date=on, method=CASH, kind__in=kinds)
    kept = drops.filter(source__kind=PlaceKind.REGISTER, reversed_by__isnull=True).order_by()
    return dict(kept.values_list("source").annotate(last=Max("recorded_at")))


def _drawer(register: Place, session: Any, settlement: Any, *, store: Store) -> Drawer:
    """Decides the state of a drawer. An open session or settlement goes before anything that was closed."""
    running = settlement if settlement is not None and not settlement.is_closed else None
    if session is not None and session.is_open:
        return Drawer(register=register, state=DrawerState.OPEN, session=session, settlement=running)
    if running is not None:
        is_counting = running.state == SettlementState.COUNTING
        state = DrawerState.COUNTING if is_counting else DrawerState.OPEN
        return Drawer(register=register, state=state, settlement=running)
    if settlement is not None and (session is None or settlement.closed_at >= session.closed_at):
        # The settlement was closed after its last session, so its count is the one that matters.
        if settlement.awaits_count:
            return Drawer(register=register, state=DrawerState.UNCOUNTED, settlement=settlement)
        result = _result_of_settlement(settlement, currency=store.currency)
        return Drawer(register=register, state=DrawerState.CLOSED, settlement=settlement, result=result)
    return (
        _closed_drawer(register, session)
        if session is not None
        else Drawer(register=register, state=DrawerState.UNUSED)
    )


def _closed_drawer(register: Place, session: Any) -> Drawer:
    if session.awaits_count and not session.is_handed_over:
        return Drawer(register=register, state=DrawerState.UNCOUNTED, session=session)
    if session.awaits_count and (session.declared_amount or session.leaves_foreign_cash):
        return Drawer(register=register, state=DrawerState.HANDED_OVER, session=session)
    is_told = session.is_counted and session.shows_result and not session.awaits_count
    result = Result(
        counted=session.declared_amount,
        expected=session.expected_amount,
        difference=session.difference,
        currency=session.currency,
    )
    return Drawer(register=register, state=DrawerState.CLOSED, session=session, result=result if is_told else None)


def _result_of_settlement(settlement: Any, *, currency: str) -> Result | None:
    if not (settlement.is_counted and settlement.shows_result) or settlement.cash_counted is None:
        return None
    return Result(
        counted=settlement.cash_counted,
        expected=settlement.cash_expected,
        difference=settlement.cash_difference,
        currency=currency,
    )


def waiting_variances(*, store: Store, by: Principal) -> list[Waiting]:
    """Returns at most `WAITING_MAX` unfinished variances of a store, oldest first, each with this person's next step."""
    rows = with_next_act(queries.waiting(queries.variances(by=by)).filter(store=store))
    found = rows.order_by("raised_at", "pk")[:WAITING_MAX]
    return [Waiting(variance=variance, act=next_act(variance, by=by)) for variance in found]


def bags_in_transit(*, store: Store) -> list[Deposit]:
    """Returns at most `BAGS_MAX` bags that are packed and not credited, oldest first."""
    # Written out, not as parameters: both databases use the partial index on these states only for literals.
    states = [
        Func(template=f"'{state.value}'", output_field=CharField())
        for state in (DepositState.PREPARED, DepositState.COLLECTED)
    ]
    rows = Deposit.objects.filter(store=store, state__in=states).select_related("movement", "prepared_by")
    return list(rows.order_by("pk")[:BAGS_MAX])


def change_on_order(*, store: Store) -> list[ChangeOrder]:
    """Returns at most `ORDERS_MAX` orders for notes and coins that have not arrived, oldest first."""
    orders = ChangeOrder.objects.filter(store=store, state=ChangeOrderState.ORDERED)
    return list(orders.order_by("pk")[:ORDERS_MAX])


def last_closed_day(*, store: Store) -> BusinessDay | None:
    """Returns the newest closed business day of a store, or None."""
    return BusinessDay.objects.filter(store=store).order_by("-date").first()


def open_until(drawers: Sequence[Drawer], *, on: date) -> list[Drawer]:
    """Returns the drawers that are open since this business date or an earlier one, so that its day cannot be closed."""
    return [drawer for drawer in drawers if drawer.is_open and drawer.business_date and drawer.business_date <= on]
