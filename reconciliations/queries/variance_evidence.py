"""Reads the evidence of a variance: how the expected amount is made, what happened at the drawer, and all counts.

The number of statements is fixed, and each reads one period of one place through an index.

Law 5: a variance has figures only after a count. A drawer whose cash still waits for the next count shows none of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.db.models import F, Q, QuerySet, Subquery

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.expected import MovedOfKind, moved_by_kind
from cashdesk.domain.visibility import payments_counted, with_shown_result
from cashdesk.enums import CASH, CountMoment, PaymentStatus, PaymentType, PlaceKind, VarianceKind
from cashdesk.models import AuditEntry, CashSession, Count, Movement, Payment, Place, SessionNote, Variance
from cashdesk.movement_rule_columns import Origin
from cashdesk.movement_rules import RULES
from reconciliations.models import VarianceEvent
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


def evidence_of(variance: Variance, *, by: Principal) -> Evidence:
    """Returns the evidence of a variance that the caller may see."""
    events = list(
        variance.events.select_related("by_user", "movement", "count").prefetch_related("count__amounts").order_by("pk")
    )
    notes = _notes_of(variance)
    late = list(_late_of(variance))
    if variance.counted_amount is None or variance.kind not in (VarianceKind.SESSION, VarianceKind.SETTLEMENT):
        return Evidence(events=events, notes=notes, late=late, counts=_counts_of(variance))
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
        other_payments=_other_payments(variance, period, by=by),
        no_sales=list(_no_sales_of(period)),
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
    rows = with_shown_result(CashSession.objects.filter(pk=variance.session_id), by=by)
    session: Any = rows.select_related("seal", "user", "register", "opened_by").get()
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
    rows = Movement.objects.filter(pk__gt=period.after, pk__lte=period.until, currency=currency, method=method)
    columns = (
        "pk", "kind", "effect", "recorded_at", "reason", "note", "recorded_by__name", "payment__order",
        "payment__external_id", "reverses_id",
    )  # fmt: skip
    into = rows.filter(destination=period.place).order_by().annotate(effect=F("amount")).values_list(*columns)
    out = rows.filter(source=period.place).order_by().annotate(effect=-F("amount")).values_list(*columns)
    return [Move(*row) for row in into.union(out, all=True).order_by("pk")[:MOVES_MAX]]


def _other_payments(variance: Variance, period: Period, *, by: Principal) -> list[Payment]:
    """Returns payments of other methods that equal the difference: sales for an overage, refunds for a shortage."""
    difference = variance.difference or 0
    if period.session is None or variance.method != CASH or not difference:
        return []
    kind = PaymentType.REFUND if difference < 0 else PaymentType.SALE
    rows = payments_counted(by=by).filter(session=period.session, amount=abs(difference), type=kind)
    rows = rows.filter(status=PaymentStatus.APPROVED, currency=variance.currency).exclude(method=CASH)
    return list(rows.order_by("pk")[:5])


def _no_sales_of(period: Period) -> "QuerySet[AuditEntry]":
    """Returns the openings without a sale, oldest first. The order of the entries decides, as in the Z report."""
    acts = AuditEntry.objects.filter(subject=f"{period.noun}:{period.number}").order_by("pk")
    rows = AuditEntry.objects.filter(
        action=NO_SALE,
        subject=f"place:{period.place.pk}",
        pk__gt=Subquery(acts.filter(action__in=OPENED).values("pk")[:1]),
        pk__lt=Subquery(acts.filter(action__in=CLOSED).values("pk")[:1]),
    )
    return rows.select_related("user").order_by("pk")[:50]


def _counts_of(variance: Variance) -> list[Count]:
    """Returns every attempt with its notes and coins, oldest first."""
    counts = Count.objects.select_related("counted_by", "witness").prefetch_related("amounts__pieces")
    if variance.subject.startswith(SETTLEMENT_SUBJECT):
        number = int(variance.subject.removeprefix(SETTLEMENT_SUBJECT))
        of_settlement = counts.filter(settlement_count__settlement=number)
        again = counts.filter(variance_event__variance=variance)
        return sorted({*of_settlement, *again}, key=lambda count: count.pk)
    if variance.session_id is None:
        return []
    rows = counts.filter(session=variance.session_id).order_by("pk")
    if variance.kind == VarianceKind.OPENING:
        rows = rows.filter(moment=CountMoment.OPENING)
    return list(rows)


def _notes_of(variance: Variance) -> list[SessionNote]:
    if variance.session_id is None:
        return []
    return list(SessionNote.objects.select_related("written_by").filter(session=variance.session_id).order_by("pk"))


def _late_of(variance: Variance) -> "QuerySet[Movement]":
    """Returns the first late movements of the period, oldest first."""
    late = Movement.objects.filter(is_late=True, currency=variance.currency, method=variance.method)
    if variance.session_id is not None:
        late = late.filter(Q(late_for__isnull=True) | ~Q(late_for__kind=PlaceKind.VAULT), session=variance.session_id)
    elif variance.place_id is not None and variance.kind == VarianceKind.LATE:
        late = late.filter(late_for=variance.place_id, business_date=variance.business_date)
    else:
        return Movement.objects.none()
    since = variance.first_movement or 0
    return late.filter(pk__gte=since).select_related("payment", "source", "destination").order_by("pk")[:20]
