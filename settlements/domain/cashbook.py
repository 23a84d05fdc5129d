"""The cashbook: money paid in and out under reason codes that a manager maintains."""

from datetime import datetime

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.cash_movement import move_money
from cashdesk.domain.store.register_holder import refuse_drawer_of_another
from cashdesk.enums import CASH, MovementKind, PlaceKind
from cashdesk.errors import Conflict, InvalidInput
from cashdesk.models import Movement, Place, Store
from settlements.domain.vault_access import refuse_cashier_at_vault
from settlements.enums import ENTRY_KIND, PLACE_KIND, USUAL_ACCOUNTS, SettlementState, SettlementType
from settlements.models import CashbookAccount, Settlement


def accounts_of(*, store: Store, type: SettlementType) -> list[CashbookAccount]:  # noqa: A002 (the published name)
    """Returns the cashbook accounts of a store's registers or of its vault, including retired accounts.

    Creates the usual accounts first if the store has none.
    """
    keep_usual_accounts(store=store)
    return list(CashbookAccount.objects.filter(store=store, type=type).order_by("code"))


def account_names(*, place: Place) -> dict[str, str]:
    """Returns the description of each cashbook account of a register or vault, by code. Includes retired accounts."""
    type_ = next(type_ for type_, kind in PLACE_KIND.items() if kind == place.kind)
    rows = CashbookAccount.objects.filter(store_id=place.store_id, type=type_)
    return dict(rows.values_list("code", "description"))


def keep_usual_accounts(*, store: Store) -> None:
    """Creates the usual accounts if the store has none, in the language of the store."""
    if CashbookAccount.objects.filter(store=store).exists():
        return
    with translation.override(store.language):
        rows = [
            CashbookAccount(
                store=store, type=kind, direction=direction, number=number, code=code, description=_(description)
            )
            for kind, direction, number, code, description in USUAL_ACCOUNTS
        ]
    # Two requests may create them at once.
    CashbookAccount.objects.bulk_create(rows, ignore_conflicts=True)


def offered_reasons(*, store: Store, kind: MovementKind) -> list[str]:
    """Returns the names of a store's active accounts for its registers, for the forms at the desk. Runs one query.

    Empty for a kind of movement that has no accounts, and before the store has any.
    """
    direction = next((one for one, entry in ENTRY_KIND.items() if entry == kind), None)
    accounts = CashbookAccount.objects.filter(
        store=store, type=SettlementType.CASHREGISTER, direction=direction, is_active=True
    )
    return list(accounts.order_by("description").values_list("description", flat=True)) if direction else []


def refuse_name_of_another(
    *,
    account: CashbookAccount,
    store: Store | None,
    type: str | None,  # noqa: A002 (the column's name)
    code: str | None,
    number: str,
) -> None:
    """Raises InvalidInput if the new number or code of an account would also name another account.

    An entry names an account by its code or its number. So the number must not be the code of another account of the
    same store and type, and a new code must not be the number of another account. For a saved account only `number` is
    used: the other arguments can be None, because store, type and code never change.
    """
    is_new = account._state.adding
    if not is_new:
        store, type, code = account.store, account.type, account.code  # noqa: A001
    others = CashbookAccount.objects.filter(store=store, type=type).exclude(pk=account.pk)
    if number and others.filter(code=number).exists():
        raise InvalidInput.of("number", _("Another account of the store has this code."))
    if is_new and code and others.filter(number=code).exists():
        raise InvalidInput.of("code", _("Another account of the store has this number."))


def find_account(*, store: Store, place: Place, code: str, field: str) -> CashbookAccount:
    """Returns the place's active cashbook account with this code, else the one with this number.

    A code of one account can be the number of another. The code then decides. Raises InvalidInput for `field` if neither
    exists.
    """
    type_ = next(type_ for type_, kind in PLACE_KIND.items() if kind == place.kind)
    active = [account for account in accounts_of(store=store, type=SettlementType(type_)) if account.is_active]
    found = next((account for account in active if account.code == code), None)
    if found is None and code:
        found = next((account for account in active if account.number == code), None)
    if found is None:
        known = ", ".join(account.code for account in active) or "none"
        raise InvalidInput.of(
            field,
            _("is not a cashbook account of the %(place)s; known are %(known)s.")
            % {"place": place.in_words, "known": known},
            on_pages=_("Choose an account from the list."),
        )
    return found


@transaction.atomic
def book_entry(
    *, settlement: Settlement, account: str, amount: int, currency: str, by: Principal, at: datetime, method: str = CASH
) -> Movement:
    """Books `amount` minor units into or out of a settlement's place and returns the movement.

    `account` is the code or number of a cashbook account, which decides the direction. Raises InvalidInput for an
    unknown account. Raises Forbidden at another person's drawer, and for a cashier at the vault. Raises Conflict unless
    the settlement is open.
    """
    place = settlement.place
    refuse_cashier_at_vault(place, by=by)
    if place.kind == PlaceKind.REGISTER:
        refuse_drawer_of_another(register=place, by=by)
    found = find_account(store=settlement.store, place=place, code=account, field="account")
    # This check comes before the lock, for a helpful error message. move_money checks the locked place.
    _refuse_unless_open(settlement)
    movement = move_money(
        here=place,
        store=settlement.store,
        kind=MovementKind(ENTRY_KIND[found.direction]),
        amount=amount,
        currency=currency,
        method=method,
        by=by,
        at=at,
        reason=found.code,
    )
    # This second check is under the lock of move_money, so nothing can close the settlement before the commit.
    _refuse_unless_open(Settlement.objects.get(pk=settlement.pk))
    return movement


def _refuse_unless_open(settlement: Settlement) -> None:
    if settlement.state != SettlementState.OPEN:
        raise Conflict(
            _("The settlement is %(state)s. Entries can be booked only while it is OPEN.")
            % {"state": settlement.state},
            code="settlement_state",
        )
