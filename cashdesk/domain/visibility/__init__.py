"""Decides who may see expected amounts, and writes an audit entry when somebody sees one before the count (law 5).

Only managers, programs with the scope and the system may see an expected amount before the count. Lists, pages, reports
and exports call these functions. `settlements.domain.visibility` has the rules for settlements and reports.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar, cast

from django.db import transaction
from django.db.models import BooleanField, Case, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.utils.translation import gettext as _

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.expected import Book, book_of
from cashdesk.domain.ledger.position import Position, positions_of
from cashdesk.domain.session.handover import counts_of_custody, was_counted_by_another, was_counted_since
from cashdesk.enums import (
    CASH,
    Booked,
    CountMoment,
    OrderStatus,
    PaymentStatus,
    PlaceKind,
    Role,
    SessionStatus,
    Settling,
)
from cashdesk.errors import Forbidden, InvalidInput
from cashdesk.models import CashSession, Count, ForeignCash, Movement, Order, Payment, Place, Store
from cashdesk.movement_rule_columns import Origin
from cashdesk.movement_rules import kinds_where

COUNTED_PLACES: Final = frozenset({PlaceKind.VAULT, PlaceKind.REGISTER})

REPORTED: Final = kinds_where(lambda rule: not rule.origins.isdisjoint({Origin.PAYMENT, Origin.HAND}))
"""The kinds of movements that a till or a person reports."""

S = TypeVar("S", bound=CashSession)
R = TypeVar("R", Payment, Movement)


def may_see_expected(by: Principal) -> bool:
    """Whether the caller may see the expected amount of a place before it is counted. A cashier may not.

    For a program, the API has already checked the scope (`Access`).
    """
    return by.has_role(Role.MANAGER)


def may_see_payment(payment: Payment, *, by: Principal) -> bool:
    """Whether the caller may see the method and the cash of a payment. A cashier may see only payments that they took.

    Otherwise a cashier could add up what came into the drawer of a colleague. A key that is bound to a register sees
    only payments of that register.
    """
    bound = bound_register_of_key(by)
    if bound is not None and payment.register_id != bound:
        return False
    return by.has_role(Role.MANAGER) or (by.user is not None and payment.reported_by_id == by.user.pk)


def with_shown_result(sessions: "QuerySet[S]", *, by: Principal) -> "QuerySet[S]":
    """Adds `shows_result` and `awaits_count` to the sessions of a query.

    `shows_result`: `by` may see the final amounts of the session (law 5). `awaits_count`: somebody must still count the
    drawer. If a manager sees the final amounts of a session with `awaits_count`, `note_rows_seen` writes an audit
    entry.

    The final amounts of a session that was counted and not handed over are visible. Those of an open session are never
    visible. After a forced close or a handover, a manager sees the final amounts at once. The cashier sees them only
    after another person has counted the drawer. That count is the next opening, a count after the close, or a
    settlement (docs/decisions/0008).
    """
    counted_since = was_counted_since()
    may_see_waiting = Value(value=True) if may_see_expected(by) else was_counted_by_another(by.user)
    waits_for_manager = ~counted_since if may_see_expected(by) else Value(value=False)
    leaves_cash = Q(status=SessionStatus.CLOSED_SYSTEM) | Q(is_handed_over=True)
    shown = sessions.annotate(
        awaits_count=Case(
            When(leaves_cash, then=~counted_since),
            # The opening difference reveals the amount that is still in the drawer, so only managers see it.
            When(Q(is_cancelled=True) & ~Q(opening_difference=0), then=waits_for_manager),
            default=Value(value=False),
            output_field=BooleanField(),
        ),
        shows_result=Case(
            When(leaves_cash, then=may_see_waiting),
            When(status=SessionStatus.CLOSED, then=Value(value=True)),
            default=Value(value=False),
            output_field=BooleanField(),
        ),
    )
    return cast("QuerySet[S]", shown)


def payments_told(*, by: Principal) -> "QuerySet[Payment]":
    """Returns the payments that the caller may read.

    Managers and programs read all payments of their stores. A program whose key is bound to a register reads only the
    payments of that register. A cashier reads payments of their own counted sessions (`_of_counted_sessions`). Payments
    that are pending are left out: they may still be booked into a running period.
    """
    if may_see_expected(by):
        found = Payment.objects.all() if by.is_system else Payment.objects.filter(store__in=by.stores())
        bound = bound_register_of_key(by)
        return found if bound is None else found.filter(register=bound)
    return _of_counted_sessions(_payments_of_sealed_periods(), by=by)


def payments_counted(*, by: Principal) -> "QuerySet[Payment]":
    """Returns the payments of sessions that were counted, out of the sessions whose final amounts the caller may see.

    A manager may read other payments too (`payments_told`). A page that must reveal nothing about a drawer before its
    count reads these. The caller filters by an index, and each payment that it finds costs a few probes.
    """
    return _probed(_payments_of_sealed_periods(), by=by)


def _payments_of_sealed_periods() -> "QuerySet[Payment]":
    counted = Movement.objects.filter(
        payment=OuterRef("pk"), reverses__isnull=True, pk__lte=OuterRef("session__seal__last_movement")
    )
    is_told = Q(booked=Booked.LATE) | Q(booked=Booked.NOT_MOVED) | Q(Exists(counted))
    return Payment.objects.filter(is_told).exclude(status=PaymentStatus.PENDING)


def orders_told(*, by: Principal) -> "QuerySet[Order]":
    """Returns the orders that the caller may list.

    A caller who may read all payments of a store may list all its orders. Others list an order that was paid only if
    they may read its payment: the totals of paid orders add up to the sales of the running period.
    """
    orders = Order.objects.all() if by.is_system else Order.objects.filter(store__in=by.stores())
    if may_see_expected(by) and bound_register_of_key(by) is None:
        return orders
    return orders.exclude(~Q(payment__in=payments_told(by=by).values("pk")), status=OrderStatus.PAID)


def movements_told(*, by: Principal) -> "QuerySet[Movement]":
    """Returns the movements that the caller may read.

    Managers and programs read all movements of their stores. A program whose key is bound to a register reads only the
    movements of that register. A cashier reads movements of their own counted sessions (`_of_counted_sessions`), if a
    person or a till reported them. Floats, returns and differences would reveal the cash that was in the drawer before
    the session (docs/decisions/0008).
    """
    if may_see_expected(by):
        found = Movement.objects.all() if by.is_system else Movement.objects.filter(store__in=by.stores())
        bound = bound_register_of_key(by)
        return found if bound is None else found.filter(Q(source=bound) | Q(destination=bound) | Q(late_for=bound))
    return _of_counted_sessions(_movements_of_sealed_periods().filter(kind__in=REPORTED), by=by)


def movements_counted(*, by: Principal) -> "QuerySet[Movement]":
    """Returns the movements of counted sessions, as `payments_counted` does.

    The caller chooses the kinds. A cashier may read only those in `REPORTED`.
    """
    return _probed(_movements_of_sealed_periods(), by=by)


def _movements_of_sealed_periods() -> "QuerySet[Movement]":
    return Movement.objects.filter(Q(is_late=True) | Q(pk__lte=F("session__seal__last_movement")))


def counts_told(*, by: Principal) -> "QuerySet[Count]":
    """Returns the counts that the caller may read.

    Managers and programs read all counts of their stores. A program whose key is bound to a register reads only the
    counts of that register. A cashier reads the counts that opened and closed their own counted sessions.
    """
    if may_see_expected(by):
        found = Count.objects.all() if by.is_system else Count.objects.filter(place__store__in=by.stores())
        bound = bound_register_of_key(by)
        return found if bound is None else found.filter(place=bound)
    moments = (CountMoment.OPENING, CountMoment.CLOSING)
    return Count.objects.filter(session__in=counted_sessions(by).values("pk"), moment__in=moments)


def refuse_bound_key(by: Principal) -> None:
    """Raises Forbidden for a program whose key is bound to a register: it may not read money of the vault or the store."""
    if bound_register_of_key(by) is not None:
        raise Forbidden("This key is bound to a register. Use a key of the store.")


def bound_register_of_key(by: Principal) -> int | None:
    """Returns the id of the register that the caller's key is bound to, or None."""
    return by.token.register_id if by.is_program and by.token is not None else None


def _of_counted_sessions(rows: "QuerySet[R]", *, by: Principal) -> "QuerySet[R]":
    """Filters payments or movements by the sessions of `counted_sessions` (law 5)."""
    return rows.filter(_adds_up_to_the_count(), session__in=counted_sessions(by).values("pk"))


def _probed(rows: "QuerySet[R]", *, by: Principal) -> "QuerySet[R]":
    """Filters as `_of_counted_sessions` does, but looks up the session of each row.

    A subquery with one value is never turned into a join. So the database cannot read all sessions of a store to find a
    few rows.
    """
    session = counted_sessions(by).filter(pk=OuterRef("session")).order_by().values("pk")[:1]
    found = rows.filter(_adds_up_to_the_count()).alias(counted_in=Subquery(session))
    return found.filter(counted_in__isnull=False)


def _adds_up_to_the_count() -> Q:
    """Returns the query condition that the final amounts of the session include the money of a row.

    Leaves out cash in other currencies that nobody counted, and all other methods and currencies until the settlement
    around the session is closed.
    """
    is_cash = Q(method=CASH)
    is_settled = Q(session__register__settling=Settling.NONE) | Q(
        session__seal__number__lte=F("session__register__settled_after_z")
    )
    counted = ForeignCash.objects.filter(
        session=OuterRef("session"), currency=OuterRef("currency"), counted_amount__isnull=False
    )
    return Q(is_cash, currency=F("session__currency")) | (is_settled & (~is_cash | Q(Exists(counted))))


def counted_sessions(by: Principal) -> "QuerySet[CashSession]":
    """Returns the sessions that were counted and whose final amounts the caller may see. A cashier sees only their own.

    Leaves out sessions whose cash still waits for the count of another person.
    """
    shown = with_shown_result(by.sessions().filter(is_cancelled=False), by=by).filter(Q(shows_result=True))
    return shown.filter(Q(awaits_count=False)) if may_see_expected(by) else shown


def result_is_shown(session: CashSession) -> bool:
    """Whether the caller may see the final amounts of a session.

    The sessions of a list have `shows_result` from `with_shown_result`. A session without `shows_result` must be the
    caller's own session. Its final amounts are shown if the caller has just counted it, and hidden while it is open.
    """
    return bool(getattr(session, "shows_result", session.is_counted))


@transaction.atomic
def view_book(*, place: Place, by: Principal, at: datetime) -> Book:
    """Returns the book of a vault or a register, and writes an audit entry that the caller saw it (law 5).

    Raises Forbidden for a cashier, and InvalidInput for a place outside the store, because nobody counts such a place.
    """
    if not may_see_expected(by):
        raise Forbidden("Only a manager can see what a place should hold.")
    if place.kind not in COUNTED_PLACES:
        raise InvalidInput.of("place", "Choose a vault or a register.", on_pages=_("Choose a safe or a register."))
    note_seen(subject=f"place:{place.pk}", by=by, at=at, store=place.store)
    return book_of(place)


@transaction.atomic
def view_positions(
    *,
    stores: Sequence[Store],
    by: Principal,
    at: datetime,
    as_of: datetime | None = None,
    since: datetime | None = None,
) -> list[Position]:
    """Returns the balances of all places of these stores, and writes an audit entry for each store (law 5).

    With `as_of`, returns the books as they stood at that instant. With `since`, returns the difference from that earlier
    instant. Raises Forbidden for a cashier, and for a program whose key is bound to a register.
    """
    if not may_see_expected(by):
        raise Forbidden("Only a manager can see what the places of a store should hold.")
    refuse_bound_key(by)
    instants = {name: one.isoformat() for name, one in (("as_of", as_of), ("since", since)) if one is not None}
    detail = {"of": "cash_position", **instants}
    audit.note_for_stores(action="expected.seen", stores=stores, by=by, at=at, detail=detail)
    found = positions_of(stores, as_of=as_of)
    if since is None:
        return found
    return [one.less(before) for one, before in zip(found, positions_of(stores, as_of=since), strict=True)]


def note_seen(
    *, subject: str, by: Principal, at: datetime, store: Store, detail: Mapping[str, Any] | None = None
) -> None:
    """Writes an audit entry that the caller saw an expected amount."""
    audit.note(action="expected.seen", subject=subject, by=by, at=at, store=store, detail=detail)


def note_periods_seen(
    *, places: Mapping[int, datetime], sessions: Collection[int], by: Principal, at: datetime
) -> None:
    """Writes one audit entry per store if `by` saw rows of a period that nobody has counted yet (law 5).

    `places` maps the id of each place to the instant of the newest row that was shown for it. `sessions` has the ids of
    the sessions of these rows. The period of a place began with its last count; during a settlement, with the opening
    of the settlement. Cashiers are ignored, because they see only rows of counted sessions. Runs two queries.
    """
    if not may_see_expected(by):
        return
    last_count = counts_of_custody().filter(place=OuterRef("pk")).order_by("-counted_at").values("counted_at")[:1]
    found = Place.objects.filter(pk__in=places, kind__in=COUNTED_PLACES).select_related("store")
    seen: dict[Store, dict[str, list[int]]] = defaultdict(dict)
    for place in found.annotate(last_count=Subquery(last_count)).order_by("pk"):
        since = place.last_count if place.settling == Settling.NONE else place.settling_since
        if since is None or places[place.pk] > since:
            seen[place.store].setdefault("places", []).append(place.pk)
    waiting = with_shown_result(CashSession.objects.filter(pk__in=sessions), by=by).select_related("store")
    for session in waiting.filter(Q(awaits_count=True)).order_by("pk"):
        seen[session.store].setdefault("sessions", []).append(session.pk)
    for store, detail in seen.items():
        note_seen(subject=f"store:{store.pk}", by=by, at=at, store=store, detail=detail)


def newest_by_place(rows: Iterable[tuple[int | None, datetime]]) -> dict[int, datetime]:
    """Returns the newest instant by place, as `note_periods_seen` takes it. Rows without a place are ignored."""
    newest: dict[int, datetime] = {}
    for place, instant in rows:
        if place is not None:
            newest[place] = max(instant, newest.get(place, instant))
    return newest


def note_rows_seen(*, rows: Iterable[Any], by: Principal, at: datetime, noun: str = "sessions") -> None:
    """Writes one audit entry per store if `by` saw the expected amounts of drawers that still need a count (law 5).

    `rows` are sessions or settlements with `awaits_count` and `shows_result` from their queries. A row without one of
    them, or with one of them false, is ignored.
    """
    awaited: dict[Store, list[int]] = defaultdict(list)
    for row in rows:
        if getattr(row, "awaits_count", False) and getattr(row, "shows_result", False):
            awaited[row.store].append(row.pk)
    for store, numbers in awaited.items():
        note_seen(subject=f"store:{store.pk}", by=by, at=at, store=store, detail={noun: numbers})
