"""Finds rows for the search: each function finds one noun, and returns at most one row more than `FOUND_MAX`.

The number of statements does not depend on the history, and each statement reads an index.

Law 5: nothing here may answer a guess of what a drawer should hold. So an amount finds only closed periods that were
counted, and the payments and movements of such periods. A payment of a drawer that is not counted is found by its id, and
told without its amount.
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any, Final, TypeVar, cast
from uuid import UUID

from django.db.models import Case, CharField, Exists, F, Func, Model, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce

from cashdesk import queries as cashdesk_queries
from cashdesk.domain.caller.principal import SYSTEM, Principal, has_operator_uid
from cashdesk.domain.visibility import (
    COUNTED_PLACES,
    counted_sessions,
    may_see_expected,
    movements_counted,
    payments_counted,
    payments_told,
)
from cashdesk.enums import PaymentStatus, PlaceKind, SessionStatus, VarianceKind
from cashdesk.models import CashSession, Movement, Payment, Place, Seal, Store, User, Variance
from cashdesk.models.person import is_called
from cashdesk.movement_rule_columns import Origin
from cashdesk.movement_rules import kinds_where
from settlements.domain.visibility import settlements_with_shown_result
from settlements.enums import DepositState, SettlementState
from settlements.models import ClosingAmount, Deposit, Settlement

FOUND_MAX: Final = 10
"""The most rows that the page shows of one noun."""

BY_HAND: Final = kinds_where(lambda rule: Origin.HAND in rule.origins)
"""The kinds of movements that the search finds by their amount: money that people moved by hand."""

M = TypeVar("M", bound=Model)


def registers(*, store: Store, number: int) -> list[Any]:
    """Returns the register with this number, with the name of its cashier as `held_by` while its drawer is open."""
    open_now = CashSession.objects.filter(register=OuterRef("pk"), status=SessionStatus.OPEN)
    rows = Place.objects.filter(store=store, kind=PlaceKind.REGISTER, number=number)
    rows = rows.annotate(held_by=Subquery(open_now.values("user__name")[:1]))
    return _first(rows.select_related("store").order_by("pk"))


def people(*, by: Principal, text: str) -> list[User]:
    """Returns people by a part of their name or username, or by a whole sign-in name or operator code.

    Also finds people who are inactive. A cashier finds nobody.
    """
    if not may_see_expected(by):
        return []
    wanted = Q(name__icontains=text) | Q(username__icontains=text) | is_called(text) | has_operator_uid([text])
    rows = cashdesk_queries.people(by=by).filter(wanted).select_related("store")
    return _first(rows.order_by("-is_active", "name", "pk"))


def payments(*, by: Principal, number: Collection[str], store: Store | None) -> list[Any]:
    """Returns the payments with one of these ids or order numbers that the caller may read, newest first.

    `tells_amount` is false if the payment is of a period that nobody has counted yet.
    """
    rows = payments_told(by=by).filter(store__in=by.stores() if store is None else [store])
    rows = rows.select_related("store", "register", "session")
    # Two statements, each with its own index.
    found: list[Any] = _newest([rows.filter(external_id__in=number), rows.filter(~Q(order=""), order__in=number)])
    numbers = [payment.pk for payment in found]
    told = {payment.pk for rows in _counted_payments(by=by) for payment in rows.filter(pk__in=numbers)} if found else ()
    for payment in found:
        payment.tells_amount = payment.pk in told
    return found


def payments_of_amount(*, by: Principal, store: Store, amount: int, since: datetime) -> list[Any]:
    """Returns the newest payments of counted periods whose amount is `amount` minor units of the store's currency."""
    of_amount = {"store": store, "amount": amount, "currency": store.currency, "reported_at__gte": since}
    found: list[Any] = _newest(rows.filter(**of_amount) for rows in _counted_payments(by=by))
    for payment in found:
        payment.tells_amount = True
    return found


def _counted_payments(*, by: Principal) -> Iterator["QuerySet[Payment]"]:
    """Yields the payments of counted sessions and, for managers, those of counted settlements without a session.

    Two statements, because the database would look through all sessions for one with OR.
    """
    joined = ("store", "register", "session")
    yield payments_counted(by=by).select_related(*joined)
    if may_see_expected(by):
        moved = Movement.objects.filter(payment=OuterRef("pk"), reverses__isnull=True).values("pk")[:1]
        rows = Payment.objects.filter(session__isnull=True, store__in=by.stores()).exclude(status=PaymentStatus.PENDING)
        yield _of_counted_settlements(rows.alias(moved_as=Subquery(moved)), place="register").select_related(*joined)


def _of_counted_settlements(rows: "QuerySet[M]", *, place: str) -> "QuerySet[M]":
    """Filters rows by the settlement of `place` that covers their movement `moved_as`: it must be closed and counted.

    Periods of a place do not overlap, so only the last one that began before the movement can cover it. Its end is
    checked afterwards: as a filter, it would search all earlier periods for a movement that is in none of them.
    """
    began = Settlement.objects.filter(place=OuterRef(place), opened_after__lt=OuterRef("moved_as"))
    shown = settlements_with_shown_result(began, by=SYSTEM).select_related("seal")
    is_counted = Q(state=SettlementState.CLOSED, awaits_count=False, seal__last_movement__gte=OuterRef("moved_as"))
    last = shown.annotate(covering=Case(When(is_counted, then=F("pk")))).order_by("-opened_after", "-pk")
    covered = rows.alias(covered_by=Subquery(last.values("covering")[:1])).filter(covered_by__isnull=False)
    return cast("QuerySet[M]", covered)


def bags(*, by: Principal, number: Collection[str], store: Store | None) -> list[Deposit]:
    """Returns the bags with one of these numbers, newest first. Leaves out cancelled deposits. For managers only."""
    if not may_see_expected(by):
        return []
    # Written out, not as parameters: both databases use the partial index on these states only for literals.
    is_kept = ~Q(state__in=[Func(template=f"'{DepositState.CANCELLED.value}'", output_field=CharField())])
    rows = Deposit.objects.filter(is_kept, bag_number__in=number, store__in=by.stores())
    if store is not None:
        rows = rows.filter(store=store)
    return _first(rows.select_related("store", "movement").order_by("-pk"))


def seals(*, by: Principal, store: Store, number: int) -> list[Seal]:
    """Returns the Z reports with this number of the store's places. For managers only."""
    if not may_see_expected(by):
        return []
    places = Place.objects.filter(store=store, kind__in=COUNTED_PLACES)
    return _first(
        Seal.objects.filter(place__in=places, number=number).select_related("place__store").order_by("place__number")
    )


def sessions(*, by: Principal, store: Store | None, number: int | None, uuid: UUID | None) -> list[Any]:
    """Returns the session with this number or id, open ones too. For managers only.

    `tells_result` is false as long as the caller must not see the result (law 5).
    """
    if not may_see_expected(by):
        return []
    counted = counted_sessions(by).filter(Q(awaits_count=False), status=SessionStatus.CLOSED)
    rows = CashSession.objects.filter(Q(uuid=uuid) if uuid else Q(pk=number), store__in=by.stores())
    if store is not None:
        rows = rows.filter(store=store)
    rows = rows.annotate(tells_result=Exists(counted.filter(pk=OuterRef("pk"))))
    return _first(rows.select_related("store", "register", "user"))


def own_sessions(*, by: Principal, since: datetime, number: int) -> list[CashSession]:
    """Returns a cashier's own counted sessions with this number, at its register or with its Z, newest first."""
    rows = counted_sessions(by).filter(opened_at__gte=since)
    rows = rows.filter(Q(pk=number) | Q(register__number=number) | Q(seal__number=number))
    return _first(rows.select_related("store", "register", "user", "seal").order_by("-opened_at", "-pk"))


def sessions_of_amount(*, by: Principal, store: Store, amount: int, since: datetime) -> list[CashSession]:
    """Returns counted sessions whose count, expected amount or difference is `amount` (minor units), newest first."""
    is_same = Q(declared_amount=amount) | Q(expected_amount=amount) | Q(difference__in=(amount, -amount))
    rows = counted_sessions(by).filter(is_same, store=store, status=SessionStatus.CLOSED, currency=store.currency)
    rows = rows.filter(Q(awaits_count=False), opened_at__gte=since)
    return _first(rows.select_related("store", "register", "user").order_by("-opened_at", "-pk"))


def settlements_of_amount(*, by: Principal, store: Store, amount: int, since: datetime) -> list[ClosingAmount]:
    """Returns closing amounts of counted settlements whose count, target or difference is `amount`, newest first.

    For managers only. The amounts are in the store's currency, of any method.
    """
    if not may_see_expected(by):
        return []
    counted = settlements_with_shown_result(Settlement.objects.filter(store=store, opened_at__gte=since), by=by)
    counted = counted.filter(Q(shows_result=True, awaits_count=False), state=SettlementState.CLOSED)
    is_same = Q(actual=amount) | Q(target=amount) | Q(difference__in=(amount, -amount))
    rows = ClosingAmount.objects.filter(is_same, settlement__in=counted.values("pk"), currency=store.currency)
    rows = rows.select_related("settlement__place", "settlement__store")
    return _first(rows.order_by("-settlement__opened_at", "-pk"))


def variances_of_amount(*, by: Principal, store: Store, amount: int, since: datetime) -> list[Variance]:
    """Returns the variances whose difference is `amount` (minor units), short or over, newest first. For managers only.

    Leaves out those of reconciliations: their expected amount includes drawers that are still open.
    """
    if not may_see_expected(by):
        return []
    rows = Variance.objects.filter(store__in=by.stores()).filter(store=store, raised_at__gte=since)
    rows = rows.filter(difference__in=(amount, -amount), currency=store.currency)
    people = ("store", "place", "session", "person", "counted_by", "explained_by", "decided_by")
    rows = rows.exclude(kind=VarianceKind.RECONCILIATION).select_related(*people)
    return _first(rows.order_by("-raised_at", "-pk"))


def movements_of_amount(*, by: Principal, store: Store, amount: int, since: datetime) -> list[Movement]:
    """Returns the newest movements by hand of counted periods whose amount is `amount` minor units.

    For managers that includes movements between the safe and the outside. Together they add up to what the safe should
    hold, so the caller notes the look (`cashdesk.domain.visibility.note_periods_seen`).
    """
    # Written out, not as parameters: both databases use the partial index on these kinds only for literals.
    kinds = [Func(template=f"'{kind.value}'", output_field=CharField()) for kind in BY_HAND]
    of_amount = {"store": store, "amount": amount, "currency": store.currency, "recorded_at__gte": since}
    return _newest(rows.filter(**of_amount, kind__in=kinds) for rows in _counted_movements(by=by))


def _counted_movements(*, by: Principal) -> Iterator["QuerySet[Movement]"]:
    """Yields the movements of counted sessions, and for managers those without a session.

    Of the latter, a movement at a register must be in a counted settlement.
    """
    joined = ("store", "source", "destination", "recorded_by", "session", "reversed_by")
    # COALESCE keeps SQLite from searching the index on `reverses` for NULL, which is almost the whole ledger.
    yield (
        movements_counted(by=by)
        .alias(reversed_id=Coalesce("reverses", 0))
        .filter(reversed_id=0)
        .select_related(*joined)
    )
    if not may_see_expected(by):
        return
    rows = Movement.objects.filter(session__isnull=True, store__in=by.stores()).select_related(*joined)
    rows = rows.alias(reversed_id=Coalesce("reverses", 0), moved_as=F("pk")).filter(reversed_id=0)
    is_at_register = Q(source__kind=PlaceKind.REGISTER) | Q(destination__kind=PlaceKind.REGISTER)
    yield rows.exclude(is_at_register)
    at_register = Case(When(source__kind=PlaceKind.REGISTER, then=F("source_id")), default=F("destination_id"))
    yield _of_counted_settlements(rows.filter(is_at_register).alias(at_register=at_register), place="at_register")


def _newest(found: Iterable["QuerySet[M]"]) -> list[M]:
    """Returns the newest rows of several queries, each of which reads an index from its newest row on."""
    rows = {row.pk: row for rows in found for row in _first(rows.order_by("-pk"))}
    return [rows[pk] for pk in sorted(rows, reverse=True)][: FOUND_MAX + 1]


def _first(rows: "QuerySet[M]") -> list[M]:
    return list(rows[: FOUND_MAX + 1])
