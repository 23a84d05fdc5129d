"""Deposits: bags are prepared, collected and credited by the bank, and a wrong credit is corrected."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, cast

from django.db import transaction
from django.utils.translation import gettext as _

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.event import events_together
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import Pieces, stored_pieces, total_of
from cashdesk.domain.ledger import ledger
from cashdesk.domain.ledger.cash_movement import move_money
from cashdesk.domain.ledger.entry import entries_of_difference
from cashdesk.domain.ledger.raise_variance import Cause, raise_difference, supersede
from cashdesk.domain.store.place import places_of
from cashdesk.domain.store.place_lock import lock_places
from cashdesk.enums import CORRECTION, MovementKind, PlaceKind, Role, Scope, VarianceKind
from cashdesk.errors import Conflict, DomainError, Forbidden, InvalidInput
from cashdesk.models import Movement, Place, Store, User
from cashdesk.money import bounded
from settlements.domain.deposit_event import record_collected, record_credited
from settlements.enums import DepositAct, DepositState
from settlements.models import CreditCorrection, Deposit
from settlements.state_flow import FLOW

REASON_MAX: Final = 200


@transaction.atomic
def prepare_deposit(
    *,
    store: Store,
    amount: int,
    currency: str,
    bag_number: str,
    by: Principal,
    at: datetime,
    slip_number: str = "",
    note: str = "",
    pieces: Sequence[Pieces] = (),
) -> Deposit:
    """Prepares a bag for the bank and returns the deposit. In the books, the cash moves from the vault to the bank.

    `pieces` are the notes and coins in the bag, if they were counted. Raises InvalidInput if they do not add up to
    `amount`. Raises InvalidInput if another deposit of the store has the bag number, unless that deposit was cancelled.
    """
    if pieces and total_of(currency=currency, pieces=pieces, field="amount") != amount:
        raise InvalidInput.of("amount", _("Amount and pieces differ. Correct one of them."))
    vault = places_of(store)[PlaceKind.VAULT]
    lock_bank(store)
    used = Deposit.objects.filter(store=store, bag_number=bag_number)
    if used.exclude(state=DepositState.CANCELLED).exists():
        raise InvalidInput.of(
            "bag_number", _("Another bag of this store has this number. Enter the number on this bag.")
        )
    movement = move_money(
        here=vault,
        store=store,
        kind=MovementKind.DEPOSIT,
        amount=amount,
        currency=currency,
        by=by,
        at=at,
        reason="deposit",
        note=note,
    )
    deposit = Deposit.objects.create(
        store=store,
        movement=movement,
        bag_number=bag_number,
        slip_number=slip_number,
        prepared_at=at,
        prepared_by=by.user,
        pieces=stored_pieces(pieces),
    )
    _note(deposit, "deposit.prepared", by=by, at=at, detail={"amount": amount, "currency": currency})
    return deposit


@transaction.atomic
def collect_deposit(*, deposit: Deposit, courier: str, by: Principal, at: datetime) -> Deposit:
    """Records who collected the bag, and returns the deposit. Raises Conflict unless it is prepared."""
    deposit = _locked(deposit, act=DepositAct.COLLECT, by=by)
    deposit.state, deposit.courier = _after(deposit, DepositAct.COLLECT), courier
    deposit.collected_at, deposit.collected_by = at, by.user
    deposit.save(update_fields=["state", "courier", "collected_at", "collected_by"])
    record_collected(deposit, at=at)
    _note(deposit, "deposit.collected", by=by, at=at, detail={"courier": courier})
    return deposit


@transaction.atomic
@events_together()
def credit_deposit(*, deposit: Deposit, amount: int, by: Principal, at: datetime) -> Deposit:
    """Records the amount that the bank credited, in minor units, and returns the deposit.

    The difference is booked between the bank and over/short. Raises Conflict if the deposit is already credited or
    cancelled.
    """
    deposit = _locked(deposit, act=DepositAct.CREDIT, by=by)
    bounded(amount, deposit.movement.currency, field="amount")
    deposit.state = _after(deposit, DepositAct.CREDIT)
    deposit.credited_at, deposit.credited_by, deposit.credited_amount = at, by.user, amount
    deposit.difference = amount - deposit.movement.amount
    deposit.save(update_fields=["state", "credited_at", "credited_by", "credited_amount", "difference"])
    places = places_of(deposit.store)
    _book(deposit, deposit.difference, places=places, by=by, at=at)
    record_credited(deposit, credited=amount, by=by, at=at)
    _raise(deposit, subject=subjects_of(deposit)[0], credited=amount, places=places, by=by, at=at)
    _note(deposit, "deposit.credited", by=by, at=at, detail={"credited": amount, "difference": deposit.difference})
    return deposit


@transaction.atomic
@events_together()
def correct_credit(*, deposit: Deposit, amount: int, reason: str, by: Principal, at: datetime) -> Deposit:
    """Corrects the recorded credit to `amount` minor units and returns the deposit.

    Another movement books the change between the bank and over/short. An open variance of the old difference is
    superseded. A new variance is created if the corrected difference exceeds the tolerance. The old figures stay on
    record.
    Raises Conflict unless the deposit is credited. Raises Forbidden for programs, and for the person who recorded the
    credit or its latest correction. Raises InvalidInput for an unchanged amount, and for a missing or too long reason.
    """
    deposit = _locked(deposit, act=DepositAct.CORRECT_CREDIT, by=by)
    bounded(amount, deposit.movement.currency, field="amount")
    before = deposit.credited_now or 0
    if not reason:
        raise InvalidInput.of("reason", _("Enter a reason."))
    if len(reason) > REASON_MAX:
        raise InvalidInput.of("reason", _("Enter at most %(limit)s characters.") % {"limit": REASON_MAX})
    if amount == before:
        raise InvalidInput.of("amount", _("This amount is already recorded. Enter the amount on the bank's statement."))
    places = places_of(deposit.store)
    (movement,) = _book(deposit, amount - before, places=places, by=by, at=at, reason=CORRECTION, note=reason)
    earlier = subjects_of(deposit)
    correction = CreditCorrection.objects.create(
        deposit=deposit,
        number=len(earlier),
        movement=movement,
        corrected_from=before,
        corrected_to=amount,
        difference=amount - deposit.movement.amount,
        reason=reason,
        corrected_at=at,
        corrected_by=cast(User, by.user),  # _refusal() refuses programs
    )
    record_credited(deposit, credited=amount, by=by, at=at, is_correction=True)
    supersede(subjects=earlier, kind=VarianceKind.DEPOSIT, by=by, at=at)
    subject = f"{earlier[0]}:{correction.number}"
    _raise(deposit, subject=subject, credited=amount, places=places, by=by, at=at)
    detail = {"from": before, "credited": amount, "difference": correction.difference, "reason": reason}
    _note(deposit, "deposit.credit_corrected", by=by, at=at, detail=detail)
    return _read(deposit)


def acts_open_to(deposit: Deposit, *, by: Principal) -> tuple[DepositAct, ...]:
    """Returns the actions that `by` may take on a deposit now. Takes no lock: each action checks this again.

    CANCEL is never included, because a deposit is cancelled by reversing its movement.
    """
    if not (by.has_role(Role.MANAGER) and by.has_scope(Scope.SETTLEMENTS_WRITE)):
        return ()
    return tuple(act for act in DepositAct if act != DepositAct.CANCEL and _refusal(deposit, act=act, by=by) is None)


def why_not_corrected(deposit: Deposit, *, by: Principal) -> str:
    """Returns why `by` may not correct the credit of a deposit, or ""."""
    refusal = _refusal(deposit, act=DepositAct.CORRECT_CREDIT, by=by)
    return refusal.message if refusal is not None else ""


def subjects_of(deposit: Deposit) -> list[str]:
    """Returns the `subject` values of a deposit's variances.

    The first value is for the recorded credit. The others are for the corrections, in order of their numbers.
    """
    subject = f"deposit:{deposit.pk}"
    numbers = sorted(correction.number for correction in deposit.corrections.all())
    return [subject, *(f"{subject}:{number}" for number in numbers)]


def lock_bank(store: Store) -> None:
    """Takes the exclusive lock of the bank's place and the shared lock of the vault.

    The lock on the bank protects bag numbers, credits and received change. `lock_places` locks in the order of ids, so
    this cannot deadlock with a transition of the vault.
    """
    places = places_of(store)
    lock_places(exclusive=[places[PlaceKind.BANK]], shared=[places[PlaceKind.VAULT]])


@transaction.atomic
def cancel_deposit(*, deposit: Deposit, by: Principal, at: datetime, reason: str) -> Movement:
    """Reverses the movement of a deposit, which cancels the deposit. Returns the reversal.

    Raises Conflict if the bank has credited the deposit.
    """
    lock_bank(deposit.store)
    deposit = _read(deposit)
    # A cancelled deposit passes this check, because the ledger refuses a second reversal with its own error.
    if deposit.state != DepositState.CANCELLED and DepositAct.CANCEL not in FLOW["deposit"][deposit.state]:
        raise Conflict(_("The bank has already credited this bag. It cannot be reversed."), code="deposit_credited")
    reversal = ledger.reverse(movement=deposit.movement, by=by, at=at, reason=reason)
    deposit.state = _after(deposit, DepositAct.CANCEL)
    deposit.save(update_fields=["state"])
    _note(deposit, "deposit.cancelled", by=by, at=at, detail={"reason": reason})
    return reversal


def _locked(deposit: Deposit, *, act: DepositAct, by: Principal) -> Deposit:
    """Locks the bank and reads the deposit again. Raises the error that `_refusal` returns."""
    lock_bank(deposit.store)
    deposit = _read(deposit)
    refusal = _refusal(deposit, act=act, by=by)
    if refusal is not None:
        raise refusal
    return deposit


def _read(deposit: Deposit) -> Deposit:
    ends = ("movement__store", "movement__source", "movement__destination")
    return Deposit.objects.select_related("store", *ends).prefetch_related("corrections").get(pk=deposit.pk)


def _after(deposit: Deposit, act: DepositAct) -> str:
    """Returns the state that follows. The act must be allowed in the deposit's state."""
    (state,) = FLOW["deposit"][deposit.state][act]
    return state


def _refusal(deposit: Deposit, *, act: DepositAct, by: Principal) -> DomainError | None:
    """Returns the error if `by` may not take the action on the deposit, or None.

    The caller must prefetch `corrections`.
    """
    if deposit.state == DepositState.CANCELLED:
        return Conflict(_("This bag was cancelled when its movement was reversed."), code="deposit_cancelled")
    is_allowed = act in FLOW["deposit"][deposit.state]
    if act != DepositAct.CORRECT_CREDIT:
        if is_allowed:
            return None
        if deposit.state == DepositState.COLLECTED:
            return Conflict(_("This bag is already picked up."), code="deposit_state")
        return Conflict(_("The bank has already credited this bag."), code="deposit_state")
    if not is_allowed:
        return Conflict(
            _("The bank has not credited this bag yet. Record the bank credit first."), code="deposit_state"
        )
    if by.user is None:
        return Forbidden(_("A program cannot correct a credit. A manager must do it."))
    last = deposit.last_correction
    if by.user.pk in (deposit.credited_by_id, last.corrected_by_id if last is not None else None):
        return Forbidden(_("You recorded this credit yourself. Ask another manager to correct it."))
    return None


def _book(
    deposit: Deposit,
    difference: int,
    *,
    places: Mapping[str, Place],
    by: Principal,
    at: datetime,
    reason: str = "",
    note: str = "",
) -> list[Movement]:
    """Books the difference in minor units between the bank and over/short."""
    entries = entries_of_difference(
        place=places[PlaceKind.BANK],
        over_short=places[PlaceKind.OVER_SHORT],
        difference=difference,
        currency=deposit.movement.currency,
        method=deposit.movement.method,
        at=at,
        reason=reason,
        note=note,
    )
    uuids = ledger.record(store=deposit.store, entries=entries, by=by, at=at) if entries else []
    return list(Movement.objects.filter(uuid__in=uuids)) if uuids else []


def _raise(
    deposit: Deposit, *, subject: str, credited: int, places: Mapping[str, Place], by: Principal, at: datetime
) -> None:
    movement = deposit.movement
    raise_difference(
        kind=VarianceKind.DEPOSIT,
        cause=Cause(
            store=deposit.store,
            subject=subject,
            business_date=movement.business_date,
            place=places[PlaceKind.VAULT],
            person_id=deposit.prepared_by_id,
        ),
        expected=movement.amount,
        counted=credited,
        currency=movement.currency,
        method=movement.method,
        by=by,
        at=at,
    )


def _note(deposit: Deposit, action: str, *, by: Principal, at: datetime, detail: dict[str, object]) -> None:
    audit.note(
        action=action,
        subject=f"deposit:{deposit.pk}",
        by=by,
        at=at,
        store=deposit.store,
        detail={"bag": deposit.bag_number, **detail},
    )
