"""Records reported payments: stores each payment once, and books its money."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import IntegrityError, transaction

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger import ledger
from cashdesk.domain.ledger.entry import Entry
from cashdesk.domain.payment.booking import entry_of, new_payment
from cashdesk.domain.payment.duplicate import repeated, source_of
from cashdesk.domain.payment.payment_report import PaymentReport, checked
from cashdesk.domain.payment.register_of_payment import Target, targets_of
from cashdesk.domain.store.business_day import business_date
from cashdesk.domain.store.may_trade import refuse_switched_off, refuse_unsettled
from cashdesk.domain.store.place import places_of
from cashdesk.domain.store.withdrawn_currency import refusal_of_withdrawn
from cashdesk.enums import (
    Booked,
    PaymentStatus,
    PaymentType,
    PlaceKind,
)
from cashdesk.errors import Conflict, DomainError, PlaceMovedOn, TryAgain
from cashdesk.models import Payment, Place, Store

BATCH_SIZE_MAX: Final = 5000
CHUNK_SIZE: Final = 500
"""The most payments per transaction. More would make other tills wait longer; fewer would be slower."""

TRIES_MAX: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The result of one report: the payment (new or already known), or the error."""

    payment: Payment | None = None
    is_new: bool = False
    error: DomainError | None = None


def record_payment(*, report: PaymentReport, by: Principal, at: datetime) -> Outcome:
    """Records and books one payment, and returns its outcome. Raises the error if the report is refused."""
    (outcome,) = record_payments(reports=[report], by=by, at=at)
    if outcome.error is not None:
        raise outcome.error
    return outcome


def record_payments(*, reports: Sequence[PaymentReport], by: Principal, at: datetime) -> list[Outcome]:
    """Records and books payments, each independently of the others. Returns their outcomes in the same order.

    The money of an approved payment goes to the open session or settlement of its register. If there is none, the
    payment is booked late, between customers and over/short, for the closed session that it belongs to (law 4). A
    repeated report returns the same payment and books nothing (law 7). The outcome of a refused report has the error.
    The error is a Conflict for a known id with other figures.
    """
    outcomes: list[Outcome] = []
    for start in range(0, len(reports), CHUNK_SIZE):
        outcomes += _record_chunk(reports=reports[start : start + CHUNK_SIZE], by=by, at=at)
    return outcomes


def _record_chunk(*, reports: Sequence[PaymentReport], by: Principal, at: datetime) -> list[Outcome]:
    for attempt in range(TRIES_MAX):
        try:
            with transaction.atomic():
                # The first attempt locks nothing in advance and relies on the guards. Later attempts lock the registers
                # first. Then no transition can happen in between, and the guards refuse nothing.
                return _book(reports=reports, by=by, at=at, hold=attempt > 0)
        except PlaceMovedOn:
            continue
        except IntegrityError as error:
            # A concurrent request stored the same id; the next attempt finds it. SQLite's error names only the columns.
            if "external_id" not in str(error) and "payment_once_per_" not in str(error):
                raise
    raise TryAgain("The register changed while this payment was booked. Send it again.")


def _book(*, reports: Sequence[PaymentReport], by: Principal, at: datetime, hold: bool) -> list[Outcome]:
    """Decides about each report, then saves and books the new payments. Returns the outcomes in the same order."""
    valid = [checked(report, at=at) for report in reports]
    targets = targets_of(reports=[report for report in valid if isinstance(report, PaymentReport)], by=by, hold=hold)
    stores = {target.store for target in targets.values() if isinstance(target, Target)}
    known = _known_payments(reports, stores=stores)
    outcomes: list[Outcome] = []
    new: list[tuple[Payment, Target]] = []
    for report in valid:
        target = report if isinstance(report, DomainError) else targets[report]
        if isinstance(report, DomainError) or isinstance(target, DomainError):
            outcomes.append(Outcome(error=target if isinstance(target, DomainError) else None))
            continue
        with_id = known[target.store.pk, report.id]
        outcome = _decided(report=report, target=target, known=with_id, by=by, at=at)
        if outcome.is_new and outcome.payment is not None:
            with_id.append(outcome.payment)
            new.append((outcome.payment, target))
        outcomes.append(outcome)
    if new:
        _save(new, stores=stores, by=by, at=at)
    return outcomes


def _known_payments(
    reports: Sequence[PaymentReport], *, stores: Collection[Store]
) -> defaultdict[tuple[int, str], list[Payment]]:
    """Returns the stored payments with the ids of these reports, by store and id. Runs one query."""
    known: defaultdict[tuple[int, str], list[Payment]] = defaultdict(list)
    payments = Payment.objects.filter(store__in=stores, external_id__in={report.id for report in reports})
    for payment in payments.select_related("session", "store", "register", "operator"):
        known[payment.store_id, payment.external_id].append(payment)
    return known


def _save(new: Sequence[tuple[Payment, Target]], *, stores: Collection[Store], by: Principal, at: datetime) -> None:
    """Inserts new payments and books their money."""
    # Sorted by unique key, so that two batches with common payments cannot deadlock.
    Payment.objects.bulk_create(sorted((payment for payment, _target in new), key=_unique_key))
    for store in sorted(stores, key=lambda found: found.pk):
        _move(store=store, new=[pair for pair in new if pair[1].store == store], by=by, at=at)


def _decided(
    *, report: PaymentReport, target: Target, known: Sequence[Payment], by: Principal, at: datetime
) -> Outcome:
    """Returns the outcome of one report. If its payment is new, the payment is not saved yet.

    A report that repeats another caller's payment gets the same errors as the report of a new payment. Otherwise a
    caller could guess the amounts of that payment: only the right guess would be accepted.
    """
    source = source_of(report=report, target=target, by=by)
    try:
        payment, is_own = repeated(report=report, source=source, by=by, known=known)
    except Conflict as differs:
        return Outcome(error=differs)
    refusal = None if is_own else refusal_of_new(report, target, at=at)
    if refusal is not None:
        return Outcome(error=refusal)
    if payment is not None:
        return Outcome(payment=payment)
    return Outcome(payment=new_payment(report=report, target=target, source=source, by=by, at=at), is_new=True)


def _unique_key(payment: Payment) -> tuple[int, str, str, str]:
    return payment.store_id, payment.external_id, payment.source, payment.fingerprint


def refusal_of_new(report: PaymentReport, target: Target, *, at: datetime) -> DomainError | None:
    """Returns the error if a new payment is refused, else None.

    A payment is refused if its currency is withdrawn. A pending payment is also refused if its register may not trade
    now.
    """
    if report.status != PaymentStatus.REJECTED and report.type == PaymentType.SALE:
        on = business_date(store=target.store, at=min(report.paid_at or at, at))
        refusal = refusal_of_withdrawn(currency=report.currency, store=target.store, on=on)
        if refusal is not None:
            return refusal
    return _refusal_of_pending(report, target)


def _refusal_of_pending(report: PaymentReport, target: Target) -> DomainError | None:
    """Returns the error if a pending payment is refused because its store or register may not trade now, else None.

    An approved payment is not refused for this reason. The customer has already paid, so it is booked late instead.
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
    places = places_of(store)
    by_place: dict[int, list[Entry]] = defaultdict(list)
    guards: dict[int, Place] = {}
    for payment, target in new:
        if payment.booked == Booked.NOT_MOVED:
            continue
        entry = entry_of(payment=payment, places=places, register=target.register, session=target.session, at=at)
        # A late payment needs a guard too: if its register is opened meanwhile, the payment belongs to another period.
        # A payment without a register has the vault as its guard, because every reconciliation locks the vault.
        guard = target.register or places[PlaceKind.VAULT]
        by_place[guard.pk].append(entry)
        guards[guard.pk] = guard
    for pk in sorted(guards):
        ledger.record(store=store, entries=by_place[pk], by=by, at=at, guard=guards[pk])
