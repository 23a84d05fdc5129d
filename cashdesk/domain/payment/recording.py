"""Payments: what the point of sale reports is kept once, and booked where the money is."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db import IntegrityError, transaction

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger import ledger
from cashdesk.domain.ledger.entry import Entry
from cashdesk.domain.payment.duplicate import find_reported, repeated, source_of
from cashdesk.domain.payment.report import PaymentReport, checked
from cashdesk.domain.payment.target import Target, targets_of
from cashdesk.domain.store.business_day import business_date
from cashdesk.domain.store.may_trade import refuse_switched_off, refuse_unsettled
from cashdesk.domain.store.place import places_of
from cashdesk.domain.store.place_lock import lock_places
from cashdesk.domain.store.withdrawn_currency import refusal_of_withdrawn
from cashdesk.enums import (
    FLOW,
    Booked,
    MovementKind,
    PaymentStatus,
    PaymentType,
    PlaceKind,
    Settling,
    method_code,
)
from cashdesk.errors import Conflict, DomainError, PlaceMovedOn
from cashdesk.models import CashSession, Payment, Place, Seal, Store

BATCH_SIZE_MAX: Final = 5000
CHUNK_SIZE: Final = 500
"""Payments in one transaction: enough to be fast, few enough that no till waits long."""

TRIES_MAX: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one report: the payment, new or known before, or why it was refused."""

    payment: Payment | None = None
    is_new: bool = False
    error: DomainError | None = None


def record_payment(*, report: PaymentReport, by: Principal, at: datetime) -> Outcome:
    """Keeps and books one payment. Raises what `record_payments` would answer for it."""
    (outcome,) = record_payments(reports=[report], by=by, at=at)
    if outcome.error is not None:
        raise outcome.error
    return outcome


def record_payments(*, reports: Sequence[PaymentReport], by: Principal, at: datetime) -> list[Outcome]:
    """Keeps and books payments, each by itself, and answers in their order.

    An APPROVED one moves its money into the open session of its register, or, where none is open, late onto over/short
    and the closed session it belongs to (law 4). The same event again answers as before and books nothing (law 7).
    Errors of an outcome: InvalidInput, Conflict for a known id with other figures.
    """
    outcomes: list[Outcome] = []
    for start in range(0, len(reports), CHUNK_SIZE):
        outcomes += _record_chunk(reports=reports[start : start + CHUNK_SIZE], by=by, at=at)
    return outcomes


def decide_payment(
    *,
    external_id: str,
    status: PaymentStatus,
    by: Principal,
    at: datetime,
    store: str = "",
    station: int | None = None,
) -> Payment:
    """Approves or rejects a pending payment. An approved one is booked now, late if its session was closed meanwhile.

    Deciding the same again answers with the payment as it is. Raises NotFound, InvalidInput for an id that several
    stores or registers use, Conflict for a decision against the one that was made.
    """
    with transaction.atomic():
        payment = find_reported(external_id=external_id, store=store, station=station, by=by)
        if payment.status == status:
            return payment
        if status not in FLOW["payment"][payment.status]:
            raise Conflict(f"status: the payment is {payment.status} already and stays so.", code="payment_decided")
        held = lock_places(shared=[payment.register or places_of(payment.store)[PlaceKind.VAULT]])
        session = CashSession.objects.get(pk=payment.session_id) if payment.session_id else None
        payment.status, payment.decided_at = status, at
        if status == PaymentStatus.APPROVED and _moved_amount(payment):
            register = held.get(payment.register_id or 0)
            is_on_time = (
                session.is_open if session is not None else _is_period_running(register, since=payment.reported_at)
            )
            payment.booked = Booked.ON_TIME if is_on_time else Booked.LATE
            ends = places_of(payment.store)
            entry = _entry(payment=payment, ends=ends, register=register, session=session, at=at)
            payment.save(update_fields=["status", "decided_at", "booked"])
            ledger.record(store=payment.store, entries=[entry], by=by, at=at)
        else:
            payment.save(update_fields=["status", "decided_at"])
        audit.note(
            action=f"payment.{status.lower()}", subject=f"payment:{payment.pk}", by=by, at=at, store=payment.store
        )
        return payment


def _is_period_running(register: Place | None, *, since: datetime) -> bool:
    """Whether the settlement that a register trades under now is the one under which a payment was reported `since`."""
    if register is None or register.settling != Settling.OPEN:
        return False
    # Seals after `settled_after_z` are of sessions within it.
    return not Seal.objects.filter(place=register, sealed_at__gt=since, number__lte=register.settled_after_z).exists()


def _record_chunk(*, reports: Sequence[PaymentReport], by: Principal, at: datetime) -> list[Outcome]:
    for attempt in range(TRIES_MAX):
        try:
            with transaction.atomic():
                # The first try only guards; a later one holds the registers, so no transition comes between again.
                return _book(reports=reports, by=by, at=at, hold=attempt > 0)
        except PlaceMovedOn:
            continue
        except IntegrityError as error:
            # The same id came in on another connection at the same moment: the next look finds it. SQLite names the columns.
            if "external_id" not in str(error) and "payment_once_per_" not in str(error):
                raise
    raise Conflict("The register is opened and closed too fast to book this payment: send it again.", code="busy")


def _book(*, reports: Sequence[PaymentReport], by: Principal, at: datetime, hold: bool) -> list[Outcome]:
    """One look, one decision per report, one INSERT for the payments and one per register for the movements."""
    read = [checked(report, at=at) for report in reports]
    targets = targets_of(reports=[report for report in read if isinstance(report, PaymentReport)], by=by, hold=hold)
    wanted = [targets[report] if isinstance(report, PaymentReport) else report for report in read]
    stores = {target.store for target in wanted if isinstance(target, Target)}
    known: dict[tuple[int, str], list[Payment]] = defaultdict(list)
    for payment in Payment.objects.filter(
        store__in=stores, external_id__in={report.id for report in reports}
    ).select_related("session", "store", "register", "operator"):
        known[payment.store_id, payment.external_id].append(payment)
    outcomes: list[Outcome] = []
    new: list[tuple[Payment, Target]] = []
    for report, target in zip(read, wanted, strict=True):
        if isinstance(target, DomainError) or isinstance(report, DomainError):
            outcomes.append(Outcome(error=target if isinstance(target, DomainError) else None))
            continue
        with_id = known[target.store.pk, report.id]
        outcome = _decided(report=report, target=target, known=with_id, by=by, at=at)
        if outcome.is_new and outcome.payment is not None:
            with_id.append(outcome.payment)
            new.append((outcome.payment, target))
        outcomes.append(outcome)
    if new:
        # In the order of their unique keys: two batches that share payments would else wait for each other for ever.
        ordered = sorted((payment for payment, _target in new), key=_unique_key)
        Payment.objects.bulk_create(ordered)
        for store in sorted(stores, key=lambda found: found.pk):
            _move(store=store, new=[pair for pair in new if pair[1].store == store], by=by, at=at)
    return outcomes


def _decided(
    *, report: PaymentReport, target: Target, known: Sequence[Payment], by: Principal, at: datetime
) -> Outcome:
    """Decides on one report: known, refused, or a new payment that is not saved yet.

    Whoever did not report the known one is refused like anybody: else a refusal would tell that amounts differ.
    """
    source = source_of(report=report, target=target, by=by)
    try:
        payment, is_own = repeated(report=report, source=source, by=by, known=known)
    except Conflict as differs:
        return Outcome(error=differs)
    refusal = None if is_own else _refusal_of_new(report, target, at=at)
    if refusal is not None:
        return Outcome(error=refusal)
    if payment is not None:
        return Outcome(payment=payment)
    return Outcome(payment=_new_payment(report=report, target=target, source=source, by=by, at=at), is_new=True)


def _unique_key(payment: Payment) -> tuple[int, str, str, str]:
    return payment.store_id, payment.external_id, payment.source, payment.fingerprint


def _refusal_of_new(report: PaymentReport, target: Target, *, at: datetime) -> DomainError | None:
    """Why a payment is not kept: its currency was withdrawn, or it may not begin."""
    if report.status != PaymentStatus.REJECTED and report.type == PaymentType.SALE:
        on = business_date(store=target.store, at=min(report.paid_at or at, at))
        refusal = refusal_of_withdrawn(currency=report.currency, store=target.store, on=on)
        if refusal is not None:
            return refusal
    return _refusal_of_pending(report, target)


def _refusal_of_pending(report: PaymentReport, target: Target) -> DomainError | None:
    """Why a payment may not even begin: its register must not trade now. One that the customer has made is kept and booked
    late instead, since refusing it would lose it.
    """
    if report.status != PaymentStatus.PENDING:
        return None
    try:
        refuse_switched_off(target.store)
        if target.register is not None:
            refuse_unsettled(register=target.register, store=target.store)
    except Conflict as refusal:
        return refusal
    return None


def _move(*, store: Store, new: list[tuple[Payment, Target]], by: Principal, at: datetime) -> None:
    ends = places_of(store)
    by_place: dict[int, list[Entry]] = defaultdict(list)
    guards: dict[int, Place] = {}
    for payment, target in new:
        if payment.booked == Booked.NOT_MOVED:
            continue
        entry = _entry(payment=payment, ends=ends, register=target.register, session=target.session, at=at)
        # What is late is guarded too: had its register been opened meanwhile, it would explain the wrong period. Where
        # there is no register the vault stands for one: whoever counts the whole store holds the vault as well.
        guard = target.register or ends[PlaceKind.VAULT]
        by_place[guard.pk].append(entry)
        guards[guard.pk] = guard
    for pk in sorted(guards):
        ledger.record(store=store, entries=by_place[pk], by=by, at=at, guard=guards[pk])


def _new_payment(*, report: PaymentReport, target: Target, source: str, by: Principal, at: datetime) -> Payment:
    told = report.paid_at or at
    day = _business_date(target=target, told=told, at=at)
    payment = Payment(
        store=target.store,
        external_id=report.id,
        order=report.order,
        type=report.type,
        status=report.status,
        method=method_code(report.method),
        currency=report.currency,
        amount=report.amount,
        tendered=report.tendered,
        change=report.change_given,
        tax=report.tax,
        discount=report.discount,
        channel=report.channel,
        service=report.service,
        register=target.register,
        session=target.session,
        operator=target.operator,
        business_date=day,
        paid_at=told,
        clock_adjusted=day != business_date(store=target.store, at=told),
        reported_at=at,
        reported_by=by.user,
        reported_with=by.token,
        source=source,
        fingerprint=report.fingerprint,
    )
    if payment.status == PaymentStatus.APPROVED and _moved_amount(payment):
        payment.booked = Booked.ON_TIME if target.is_trading else Booked.LATE
    return payment


def _business_date(*, target: Target, told: datetime, at: datetime) -> date:
    """Returns the trading date of a payment. What is on time in a running period belongs to the period's day where the
    till's clock tells a moment before it began, and to today where the clock is ahead.
    """
    session = target.session
    if session is not None and session.is_open:
        if told < session.opened_at:
            return session.business_date
    elif target.is_trading and target.register is not None and target.register.settling_since is not None:
        told = max(told, target.register.settling_since)
    return business_date(store=target.store, at=min(told, at))


def _moved_amount(payment: Payment) -> int:
    """What came into the drawer or, of a refund, left it: tendered minus change where the till says so, since with cash
    rounding that differs from what was owed.
    """
    if payment.tendered is not None and payment.change is not None:
        return payment.tendered - payment.change
    return payment.amount


def _entry(
    *, payment: Payment, ends: dict[str, Place], register: Place | None, session: CashSession | None, at: datetime
) -> Entry:
    drawer = register if payment.booked == Booked.ON_TIME and register is not None else ends[PlaceKind.OVER_SHORT]
    is_sale = payment.type == PaymentType.SALE
    return Entry(
        source=ends[PlaceKind.CUSTOMERS] if is_sale else drawer,
        destination=drawer if is_sale else ends[PlaceKind.CUSTOMERS],
        amount=_moved_amount(payment),
        currency=payment.currency,
        method=payment.method,
        kind=MovementKind.SALE if is_sale else MovementKind.REFUND,
        occurred_at=min(payment.paid_at, at),
        business_date=payment.business_date,
        session=session,
        payment=payment,
        is_late=payment.booked == Booked.LATE,
        late_for=register if payment.booked == Booked.LATE else None,
    )
