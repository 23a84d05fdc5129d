"""Bags for the bank: prepared, collected, credited with the bank's own figure."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from cashdesk.domain import audit, ledger, place
from cashdesk.domain.cash_movement import move_money
from cashdesk.domain.entry import entries_of_difference
from cashdesk.domain.principal import Principal
from cashdesk.domain.variance import Cause, raise_difference
from cashdesk.enums import MovementKind, PlaceKind, VarianceKind
from cashdesk.errors import Conflict, InvalidInput
from cashdesk.models import Movement, Store
from settlements.enums import DEPOSIT_FLOW, DepositState
from settlements.models import Deposit


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
) -> Deposit:
    """Packs a bag: the cash leaves the vault's book for the bank's, and the bag begins its way. Returns the deposit.

    Raises InvalidInput for a bag number that the store has used already.
    """
    vault = place.places_of(store)[PlaceKind.VAULT]
    lock_bank(store)
    if Deposit.objects.filter(store=store, bag_number=bag_number).exists():
        raise InvalidInput.of(
            "bag_number", _("was used for another deposit of this store: every bag has its own number.")
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
    )
    _note(deposit, "deposit.prepared", by=by, at=at, detail={"amount": amount, "currency": currency})
    return deposit


@transaction.atomic
def collect_deposit(*, deposit: Deposit, courier: str, by: Principal, at: datetime) -> Deposit:
    """Notes who took the bag along, and returns the deposit. Raises Conflict unless it lies prepared."""
    deposit = _locked(deposit, becoming=DepositState.COLLECTED)
    deposit.state, deposit.courier = DepositState.COLLECTED, courier
    deposit.collected_at, deposit.collected_by = at, by.user
    deposit.save(update_fields=["state", "courier", "collected_at", "collected_by"])
    _note(deposit, "deposit.collected", by=by, at=at, detail={"courier": courier})
    return deposit


@transaction.atomic
def credit_deposit(*, deposit: Deposit, amount: int, by: Principal, at: datetime) -> Deposit:
    """Notes what the bank credited, minor units, and returns the deposit with its difference, which is booked between the
    bank and over/short. Raises Conflict when it was credited or cancelled already.
    """
    deposit = _locked(deposit, becoming=DepositState.CREDITED)
    movement = deposit.movement
    deposit.state = DepositState.CREDITED
    deposit.credited_at, deposit.credited_by, deposit.credited_amount = at, by.user, amount
    deposit.difference = amount - movement.amount
    deposit.save(update_fields=["state", "credited_at", "credited_by", "credited_amount", "difference"])
    ends = place.places_of(deposit.store)
    entries = entries_of_difference(
        place=ends[PlaceKind.BANK],
        over_short=ends[PlaceKind.OVER_SHORT],
        difference=deposit.difference,
        currency=movement.currency,
        method=movement.method,
        at=at,
    )
    ledger.record(store=deposit.store, entries=entries, by=by, at=at)
    raise_difference(
        kind=VarianceKind.DEPOSIT,
        cause=Cause(
            store=deposit.store,
            subject=f"deposit:{deposit.pk}",
            business_date=movement.business_date,
            place=ends[PlaceKind.VAULT],
            person_id=deposit.prepared_by_id,
        ),
        expected=movement.amount,
        counted=amount,
        currency=movement.currency,
        method=movement.method,
        by=by,
        at=at,
    )
    _note(deposit, "deposit.credited", by=by, at=at, detail={"credited": amount, "difference": deposit.difference})
    return deposit


def lock_bank(store: Store) -> None:
    """Locks what goes between the vault and the bank: the bank's row, under which bags are numbered and credited and change
    is received; the vault's before it, as every lock does that needs both.
    """
    ends = place.places_of(store)
    place.lock(exclusive=[ends[PlaceKind.BANK]], shared=[ends[PlaceKind.VAULT]])


@transaction.atomic
def reverse_movement(*, movement: Movement, by: Principal, at: datetime, reason: str) -> Movement:
    """Reverses a movement (`cashdesk.domain.ledger.reverse`); that of a deposit only while no bank has credited it, which
    cancels the deposit. Returns the reversing movement. Raises Conflict, InvalidMovement.
    """
    if movement.kind == MovementKind.DEPOSIT:
        lock_bank(movement.store)
        if Deposit.objects.filter(movement=movement, state=DepositState.CREDITED).exists():
            raise Conflict(_("The bank has credited this deposit: it stays."), code="deposit_credited")
    return ledger.reverse(movement=movement, by=by, at=at, reason=reason)


def _locked(deposit: Deposit, *, becoming: DepositState) -> Deposit:
    lock_bank(deposit.store)
    deposit = Deposit.objects.select_related("store", "movement__reversed_by").get(pk=deposit.pk)
    if getattr(deposit.movement, "reversed_by", None) is not None:
        raise Conflict(_("The deposit was cancelled: its movement was reversed."), code="deposit_cancelled")
    if becoming not in DEPOSIT_FLOW[deposit.state]:
        raise Conflict(
            _("The deposit is %(state)s already and does not become %(becoming)s.")
            % {"state": deposit.state, "becoming": becoming},
            code="deposit_state",
        )
    return deposit


def _note(deposit: Deposit, action: str, *, by: Principal, at: datetime, detail: dict[str, object]) -> None:
    audit.note(
        action=action,
        subject=f"deposit:{deposit.pk}",
        by=by,
        at=at,
        store=deposit.store,
        detail={"bag": deposit.bag_number, **detail},
    )
