"""Custody: decides who held a drawer, and to whose expected cash a movement belongs (docs/decisions/0014).

Movements of a session belong to its cashier, even if another person recorded them. Without a session, the person who
opened the register's settlement holds the drawer. Without both, the movement belongs to the operator of the payment,
otherwise to the person who recorded it.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from django.db.models import BigIntegerField, Case, F, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce

from cashdesk.domain.ledger.expected import ID_MAX
from cashdesk.domain.store.business_day import business_date
from cashdesk.enums import MovementKind, PlaceKind
from cashdesk.models import CashSession, Place, Store, User
from settlements.enums import SettlementType
from settlements.models import Settlement

OVER_NIGHT_MAX: Final = timedelta(days=31)
"""How far back to look for periods that were open overnight, and for money of earlier days that arrived on time."""

_CLOCKS: Final = timedelta(days=2)
"""More than a business day and its instants in UTC can differ by time zone and cut-off hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The last movement, session and seal that a figure includes. By default it includes everything."""

    movement: int = ID_MAX
    session: int = ID_MAX
    seal: int = ID_MAX


def cashier_of_session() -> Subquery:
    """Builds an expression: the cashier of the session of a movement or payment, or NULL.

    A subquery reads one session per row. For a join, PostgreSQL may read all sessions there are.
    """
    return Subquery(CashSession.objects.filter(pk=OuterRef("session")).order_by().values("user"))


def with_holder(movements: "QuerySet[Any]") -> "QuerySet[Any]":
    """Annotates movements with `holder`, the id of the person who held the drawer."""
    drawer = Case(
        When(source__kind=PlaceKind.REGISTER, then=F("source_id")),
        When(destination__kind=PlaceKind.REGISTER, then=F("destination_id")),
        default=F("late_for_id"),
        output_field=BigIntegerField(),
    )
    settled = Settlement.objects.filter(place=OuterRef("drawer"), opened_after__lt=OuterRef("pk")).order_by("-pk")
    holder = Case(
        When(session__isnull=False, then=cashier_of_session()),
        # The float of a settlement is recorded before the settlement exists.
        When(kind=MovementKind.FLOAT, then=F("recorded_by_id")),
        default=Coalesce(
            Subquery(settled.values("opened_by_id")[:1]), "payment__operator_id", "reverses__recorded_by_id",
            "recorded_by_id",
            output_field=BigIntegerField(),
        ),
        output_field=BigIntegerField(),
    )  # fmt: skip
    annotated: QuerySet[Any] = movements.annotate(drawer=drawer, holder=holder)
    return annotated


def cancelled(*, until: Any) -> Q:
    """Builds the condition for sessions with a cancelled opening.

    The cancellation seals the period. Leaves out cancellations with a later seal than `until` (an id).
    """
    return Q(is_cancelled=True, seal__lte=until)


def held_payments(payments: "QuerySet[Any]", *, operator: User) -> "QuerySet[Any]":
    """Filters payments by the operator who held the drawer."""
    settled = Settlement.objects.filter(place=OuterRef("register"), opened_at__lte=OuterRef("reported_at"))
    holder = Coalesce(
        cashier_of_session(), Subquery(settled.order_by("-pk").values("opened_by_id")[:1]), "operator_id", "reported_by_id",
        output_field=BigIntegerField(),
    )  # fmt: skip
    held: QuerySet[Any] = payments.annotate(holder=holder).filter(holder=operator.pk)
    return held


def session_over_night(*, store: Store, on: date, operator: User, before: int, seen: Seen) -> CashSession | None:
    """Returns the operator's session that was open when a business day began, or None.

    `before` is the id of the day's first movement. For a session that closed without movements, the business date of
    its close decides. Only the operator's last session before the day can have been open, because a person has one
    session at a time (law 3).
    """
    first, end = _opened_between(on)
    # The order is that of the ids too, because a person opens one session after the other. The instants keep the search
    # away from the sessions since that day.
    sessions = CashSession.objects.filter(
        user=operator, opened_at__gte=first, opened_at__lt=end, store=store, business_date__lt=on,
        business_date__gte=on - OVER_NIGHT_MAX, pk__lte=seen.session,
    ).exclude(cancelled(until=seen.seal))  # fmt: skip
    last = sessions.select_related("seal").order_by("-opened_at", "-pk").first()
    return last if last is not None and _was_open(last, store=store, on=on, before=before) else None


def drawers_over_night(
    *, store: Store, on: date, operator: User, before: int, session: CashSession | None
) -> list[int]:
    """Returns the ids of the registers that an operator held when a business day began.

    These are the register of their session, and the registers of their settlements if nobody had a session there.
    """
    held = [session.register_id] if session is not None else []
    first, end = _opened_between(on)
    settlements = Settlement.objects.filter(
        store=store, opened_at__gte=first + _CLOCKS, opened_at__lt=end, type=SettlementType.CASHREGISTER,
        opened_by=operator, business_date__lt=on,
    ).select_related("seal")  # fmt: skip
    settled = {
        settlement.place_id for settlement in settlements if _was_open(settlement, store=store, on=on, before=before)
    }
    if not settled:
        return held
    # A settlement is opened before any session on its register, so an older session was closed by then.
    of_register = CashSession.objects.filter(
        store=store, opened_at__gte=first, opened_at__lt=end, register=OuterRef("pk"), business_date__lt=on,
        is_cancelled=False,
    ).order_by("-opened_at", "-pk")  # fmt: skip
    last = Place.objects.filter(pk__in=settled).annotate(last=Subquery(of_register.values("pk")[:1])).values("last")
    sessions = CashSession.objects.filter(pk__in=last).select_related("seal")
    taken = {one.register_id for one in sessions if _was_open(one, store=store, on=on, before=before)}
    return [*held, *sorted(settled - taken - set(held))]


def _opened_between(on: date) -> tuple[datetime, datetime]:
    """Returns instants between which a period was opened whose business date is within OVER_NIGHT_MAX before a day."""
    first = datetime.combine(on - OVER_NIGHT_MAX, time.min, tzinfo=UTC) - _CLOCKS
    return first, datetime.combine(on, time.min, tzinfo=UTC) + _CLOCKS


def _was_open(period: CashSession | Settlement, *, store: Store, on: date, before: int) -> bool:
    """Whether a period opened on an earlier day was still open when the day began."""
    if period.seal is None or period.closed_at is None:
        return True
    return period.seal.last_movement >= before or business_date(store=store, at=period.closed_at) >= on


def of_registers(registers: list[int] | None) -> Q:
    """Builds the condition on places: these registers, or all registers for None."""
    return Q(kind=PlaceKind.REGISTER) if registers is None else Q(pk__in=registers)
