"""Moves money within a store, and in and out of it: finds the place, checks permissions and the reason code."""

from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.cash_movement import move_money, refuse_role
from cashdesk.domain.store.register_holder import register_meant
from cashdesk.enums import CASH, MovementKind, PlaceKind
from cashdesk.errors import InvalidInput
from cashdesk.models import CashSession, Movement, Place, Store
from cashdesk.movement_rules import RULES
from settlements.domain.cashbook import find_account
from settlements.domain.deposit import prepare_deposit
from settlements.domain.vault_access import refuse_moving_vault_money
from settlements.enums import ENTRY_KIND

UNDER_ACCOUNT: Final = frozenset(ENTRY_KIND.values())
"""The movement kinds whose reason must be the code of a cashbook account."""


@transaction.atomic
def move_in_store(
    *,
    store: Store,
    kind: MovementKind,
    amount: int,
    currency: str,
    by: Principal,
    at: datetime,
    station: int | None = None,
    method: str = CASH,
    reason: str = "",
    note: str = "",
    bag_number: str = "",
    slip_number: str = "",
    held: CashSession | None = None,
) -> Movement:
    """Books a drop, loan, deposit, withdrawal, or money paid in or out (minor units), and returns the movement.

    `station` 0 is the vault. Without a station, a deposit or a withdrawal uses the vault. Every other kind uses the
    register of the caller's open session, otherwise the caller's own register. `held` is that session, if it was
    already read. Only managers can book movements at the vault, and loans from it.
    Raises InvalidInput for wrong fields, Forbidden for a person who may not book this, and Conflict if the place does
    not trade.
    """
    if held is not None and station is None and not RULES[kind].is_of_vault:
        here = held.register
    else:
        here = _place(store=store, kind=kind, station=station, by=by)
    refuse_role(kind, by=by)
    if here.kind == PlaceKind.VAULT:
        refuse_moving_vault_money(by)
    if kind in UNDER_ACCOUNT:
        account = find_account(store=store, place=here, code=reason, field="reason")
        if ENTRY_KIND[account.direction] != kind:
            told = _("Account %(code)s is for money in the other direction. Choose another account.")
            raise InvalidInput.of("reason", told % {"code": account.code})
        reason = account.code
    if kind == MovementKind.DEPOSIT:
        if here.kind != PlaceKind.VAULT:
            raise InvalidInput.of("station", _("Use station 0 for a deposit. Bags are packed from the vault."))
        if method != CASH:
            raise InvalidInput.of(
                "method", _("%(kind)s moves only cash. Choose the method CASH.") % {"kind": _(kind.label)}
            )
        if not bag_number:
            raise InvalidInput.of("bag_number", _("Enter the number on the bag."))
        deposit = prepare_deposit(
            store=store,
            amount=amount,
            currency=currency,
            bag_number=bag_number,
            slip_number=slip_number,
            note=note,
            by=by,
            at=at,
        )
        return deposit.movement
    return move_money(
        here=here,
        store=store,
        kind=kind,
        amount=amount,
        currency=currency,
        method=method,
        by=by,
        at=at,
        reason=reason or kind.lower(),
        note=note,
    )


def _place(*, store: Store, kind: MovementKind, station: int | None, by: Principal) -> Place:
    if station == 0 or (station is None and RULES[kind].is_of_vault):
        return Place.objects.get(store=store, kind=PlaceKind.VAULT)
    return register_meant(store=store, station=station, by=by)
