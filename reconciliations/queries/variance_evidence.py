"""Reads the evidence of a variance: how the expected amount is made, what happened at the drawer, and all counts.

The number of statements is fixed, and each reads one period of one place through an index.

Law 5: a variance has figures only after a count. A drawer whose cash still waits for the next count shows none of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.db.models import BigIntegerField, CharField, DateField, F, Q, QuerySet, Subquery, prefetch_related_objects

from cashdesk.domain.caller.principal import SYSTEM, Principal
from cashdesk.domain.ledger.expected import MovedOfKind, moved_by_kind
from cashdesk.domain.visibility import may_see_expected, payments_counted, with_shown_result
from cashdesk.enums import CASH, CountMoment, PaymentStatus, PaymentType, PlaceKind, VarianceKind
from cashdesk.models import AuditEntry, CashSession, Count, Movement, Payment, Place, SessionNote, Variance
from cashdesk.movement_rule_columns import Origin
from cashdesk.movement_rules import RULES
from cashdesk.prepared_query import Parameter, PreparedQuery
from reconciliations.models import VarianceEvent
from reconciliations.queries.declared_day import DeclaredDay, declared_day
from settlements.domain.report import CLOSED, NO_SALE, OPENED
from settlements.domain.visibility import settlements_with_shown_result
from settlements.models import InitialAmount, Settlement

MOVES_MAX: Final = 4000
"""The most movements of a period that are compared with the difference."""

SETTLEMENT_SUBJECT: Final = "settlement:"
BY_PEOPLE: Final = frozenset({Origin.PAYMENT, Origin.HAND, Origin.BANK})


class Move(NamedTuple):
    """A movement of the period. `effect` is what it adds to the place, in minor units."""

    pk: int
    kind: str
    effect: int
    at: datetime
    reason: str
    note: str
    by: str | None
    order: str | None
    payment: str | None
    reverses: int | None
    paid_at: datetime | None = None
    """When the till took the money, by its own clock."""

    @property
    def is_payment(self) -> bool:
        """Whether the point of sale reported it."""
        return self.payment is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The closed period of a place that a variance is about. `start` is what its opening counted, in minor units."""

    place: Place
    after: int
    until: int
    start: int
    opened_at: datetime
    opened_by: str
    closed_at: datetime | None
    opening_difference: int
    noun: str
    number: int
    session: CashSession | None = None
    settlement: Settlement | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything about one variance. Without a `period` there is no drawer to look at. Amounts are minor units."""

    period: Period | None = None
    is_waiting_for_count: bool = False
    parts: Sequence[MovedOfKind] = ()
    rest: int = 0
    """What the parts do not tell: expected minus the opening minus the parts."""
    moves: Sequence[Move] = ()
    other_payments: Sequence[Payment] = ()
    """Payments of other methods that equal the difference."""
    no_sales: Sequence[AuditEntry] = ()
    counts: Sequence[Count] = ()
    notes: Sequence[SessionNote] = ()
    late: Sequence[Movement] = ()
    events: Sequence[VarianceEvent] = field(default_factory=list)
    declared: DeclaredDay | None = None
    """The evidence of a variance that came from the declared cash of a day."""


def evidence_of(variance: Variance, *, by: Principal) -> Evidence:
    """Returns the evidence of a variance that the caller may see."""
    events = _EVENTS.rows(variance=variance.pk)
    prefetch_related_objects(events, "count__amounts")
    notes = _notes_of(variance)
    late = _late_of(variance)
    if variance.counted_amount is None or variance.kind not in (VarianceKind.SESSION, VarianceKind.SETTLEMENT):
        declared = declared_day(variance, by=by)
        return Evidence(events=events, notes=notes, late=late, counts=_counts_of(variance), declared=declared)
    period, waits = _period_of(variance, by=by)
    if period is None or waits:
        return Evidence(events=events, notes=notes, late=late, is_waiting_for_count=waits)
    lines = moved_by_kind(place=period.place, after=period.after, until=period.until)
    parts = [line for line in lines if line.pair == (variance.currency, variance.method) and _is_part(line, period)]
    told = sum(line.came_in - line.went_out for line in parts)
    return Evidence(
        period=period,
        parts=parts,
        rest=(variance.expected_amount or 0) - period.start - told,
        moves=moves_of(period, currency=variance.currency, method=variance.method),
        other_payments=_other_payments(variance, period),
        no_sales=_NO_SALES.rows(period=f"{period.noun}:{period.number}", place=f"place:{period.place.pk}"),
        counts=_counts_of(variance),
        notes=notes,
        late=late,
        events=events,
    )


def _period_of(variance: Variance, *, by: Principal) -> tuple[Period | None, bool]:
    """Returns the closed period, and whether its cash still waits for a count, so that its figures are hidden."""
    if variance.subject.startswith(SETTLEMENT_SUBJECT):
        return _settled_period(variance, by=by)
    if variance.session_id is None:
        return None, False
    if not may_see_expected(by):
        return None, True
    session: Any = _SESSION.first(pk=variance.session_id)
    if session.awaits_count or not session.shows_result or session.seal is None:
        return None, True
    is_own = variance.currency == session.currency and variance.method == CASH
    period = Period(
        place=session.register,
        after=session.seal.after_movement,
        until=session.seal.last_movement,
        start=session.start_amount if is_own else 0,
        opened_at=session.opened_at,
        opened_by=str(session.user),
        closed_at=session.closed_at,
        opening_difference=session.opening_difference if is_own else 0,
        noun="session",
        number=session.pk,
        session=session,
    )
    return period, False


def _settled_period(variance: Variance, *, by: Principal) -> tuple[Period | None, bool]:
    number = int(variance.subject.removeprefix(SETTLEMENT_SUBJECT))
    rows = settlements_with_shown_result(Settlement.objects.filter(pk=number), by=by)
    settlement: Any = rows.select_related("seal", "place").first()
    if settlement is None or settlement.seal is None:
        return None, False
    if settlement.awaits_count or not settlement.shows_result:
        return None, True
    opened = InitialAmount.objects.filter(settlement=settlement, currency=variance.currency, method=variance.method)
    amount = opened.first()
    period = Period(
        place=settlement.place,
        after=settlement.opened_after,
        until=settlement.seal.last_movement,
        start=amount.amount if amount is not None else 0,
        opened_at=settlement.opened_at,
        opened_by=settlement.opened_by_name,
        closed_at=settlement.closed_at,
        opening_difference=amount.opening_difference if amount is not None else 0,
        noun="settlement",
        number=settlement.pk,
        settlement=settlement,
    )
    return period, False


def _is_part(line: MovedOfKind, period: Period) -> bool:
    """Whether a line is a part of the formula. What the opening and the close book of themselves is none."""
    rule = RULES.get(line.kind)
    if rule is None:
        return True
    if rule.far_end == PlaceKind.OVER_SHORT:
        return False
    return period.place.kind != PlaceKind.REGISTER or not rule.origins.isdisjoint(BY_PEOPLE)


def moves_of(period: Period, *, currency: str, method: str) -> list[Move]:
    """Returns the movements of a period, oldest first. One statement with one range of each index of the place."""
    values = {"place": period.place.pk, "after": period.after, "until": period.until}
    return [Move(*row) for row in _MOVES.rows(**values, currency=currency, method=method)]


def _moves() -> "QuerySet[Any]":
    rows = Movement.objects.filter(
        pk__gt=_number("after"), pk__lte=_number("until"), currency=_text("currency"), method=_text("method")
    )
    columns = (
        "pk", "kind", "effect", "recorded_at", "reason", "note", "recorded_by__name", "payment__order",
        "payment__external_id", "reverses_id", "payment__paid_at",
    )  # fmt: skip
    into = rows.filter(destination=_number("place")).order_by().annotate(effect=F("amount")).values_list(*columns)
    out = rows.filter(source=_number("place")).order_by().annotate(effect=-F("amount")).values_list(*columns)
    return into.union(out, all=True).order_by("pk")[:MOVES_MAX]


def _other_payments(variance: Variance, period: Period) -> list[Payment]:
    """Returns payments of other methods that equal the difference: sales for an overage, refunds for a shortage."""
    difference = variance.difference or 0
    if period.session is None or variance.method != CASH or not difference:
        return []
    kind = PaymentType.REFUND if difference < 0 else PaymentType.SALE
    values = {"session": period.session.pk, "amount": abs(difference), "currency": variance.currency}
    return _OTHER_PAYMENTS.rows(type=kind.value, **values)


def _other_payments_of_session() -> "QuerySet[Payment]":
    # The caller sees the session already, so its store is not asked for again.
    rows = payments_counted(by=SYSTEM).filter(
        session=_number("session"), amount=_number("amount"), type=_text("type"), currency=_text("currency")
    )
    return rows.filter(status=PaymentStatus.APPROVED).exclude(method=CASH).order_by("pk")[:5]


def _no_sales() -> "QuerySet[AuditEntry]":
    """Returns the openings without a sale, oldest first. The order of the entries decides, as in the Z report."""
    acts = AuditEntry.objects.filter(subject=_text("period")).order_by("pk")
    rows = AuditEntry.objects.filter(
        action=NO_SALE,
        subject=_text("place"),
        pk__gt=Subquery(acts.filter(action__in=OPENED).values("pk")[:1]),
        pk__lt=Subquery(acts.filter(action__in=CLOSED).values("pk")[:1]),
    )
    return rows.select_related("user").order_by("pk")[:50]


def _counts_of(variance: Variance) -> list[Count]:
    """Returns every attempt with its notes and coins, oldest first."""
    if variance.subject.startswith(SETTLEMENT_SUBJECT):
        number = int(variance.subject.removeprefix(SETTLEMENT_SUBJECT))
        found = _COUNTS_OF_SETTLEMENT.rows(settlement=number, variance=variance.pk)
    elif variance.session_id is None:
        return []
    else:
        found = _COUNTS_OF_SESSION.rows(session=variance.session_id)
    if variance.kind == VarianceKind.OPENING:
        found = [count for count in found if count.moment == CountMoment.OPENING]
    prefetch_related_objects(found, "amounts__pieces")
    return found


def _counts_of_settlement() -> "QuerySet[Count]":
    # Each part follows an index. With OR PostgreSQL would read all counts.
    by_settlement = Count.objects.filter(settlement_count__settlement=_number("settlement")).order_by().values("pk")
    again = Count.objects.filter(variance_event__variance=_number("variance")).order_by().values("pk")
    return _counts().filter(pk__in=by_settlement.union(again)).order_by("pk")


def _counts() -> "QuerySet[Count]":
    return Count.objects.select_related("counted_by", "witness")


def _notes_of(variance: Variance) -> list[SessionNote]:
    return [] if variance.session_id is None else _NOTES.rows(session=variance.session_id)


def _late_of(variance: Variance) -> list[Movement]:
    """Returns the first late movements of the period, oldest first."""
    values = {
        "currency": variance.currency,
        "method": variance.method,
        "since": variance.first_movement or 0,
    }
    if variance.session_id is not None:
        return _LATE_OF_SESSION.rows(**values, session=variance.session_id)
    if variance.place_id is not None and variance.kind == VarianceKind.LATE:
        return _LATE_OF_PLACE.rows(**values, place=variance.place_id, on=variance.business_date)
    return []


def _late() -> "QuerySet[Movement]":
    late = Movement.objects.filter(
        is_late=True, currency=_text("currency"), method=_text("method"), pk__gte=_number("since")
    )
    return late.select_related("payment", "source", "destination").order_by("pk")


def _late_of_session() -> "QuerySet[Movement]":
    is_of_drawer = Q(late_for__isnull=True) | ~Q(late_for__kind=PlaceKind.VAULT)
    return _late().filter(is_of_drawer, session=_number("session"))[:20]


def _number(name: str) -> Parameter:
    return Parameter(name, BigIntegerField())


def _text(name: str) -> Parameter:
    return Parameter(name, CharField())


_EVENTS: Final = PreparedQuery(
    lambda: (
        VarianceEvent.objects.filter(variance=_number("variance"))
        .select_related("by_user", "movement", "count")
        .order_by("pk")
    )
)
_SESSION: Final = PreparedQuery(
    lambda: with_shown_result(CashSession.objects.filter(pk=_number("pk")), by=SYSTEM).select_related(
        "seal", "user", "register", "opened_by"
    )
)
_MOVES: Final = PreparedQuery[Any](_moves)
_OTHER_PAYMENTS: Final = PreparedQuery(_other_payments_of_session)
_NO_SALES: Final = PreparedQuery(_no_sales)
_COUNTS_OF_SESSION: Final = PreparedQuery(lambda: _counts().filter(session=_number("session")).order_by("pk"))
_COUNTS_OF_SETTLEMENT: Final = PreparedQuery(_counts_of_settlement)
_NOTES: Final = PreparedQuery(
    lambda: SessionNote.objects.select_related("written_by").filter(session=_number("session")).order_by("pk")
)
_LATE_OF_SESSION: Final = PreparedQuery(_late_of_session)
_LATE_OF_PLACE: Final = PreparedQuery(
    lambda: _late().filter(late_for=_number("place"), business_date=Parameter("on", DateField()))[:20]
)
