"""Adds cashbook accounts, the reasons for cash paid in and out, and changes them."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.edit import changes_between, refuse_stale
from cashdesk.domain.caller.principal import Principal
from cashdesk.errors import Forbidden, InvalidInput
from cashdesk.models import Store
from settlements.domain.cashbook import keep_usual_accounts, refuse_name_of_another
from settlements.models import CashbookAccount


@transaction.atomic
def add_account(*, account: CashbookAccount, by: Principal, at: datetime) -> CashbookAccount:
    """Saves a new account. Creates the usual accounts of the store first, if it has none.

    Raises Forbidden unless the caller manages the store. Raises InvalidInput for a code or number that names another
    account, and ValidationError for other invalid values.
    """
    _refuse_others(account.store, by=by)
    keep_usual_accounts(store=account.store)
    _refuse_taken(account)
    account.full_clean()
    account.save(force_insert=True)
    audit.note(
        action="cashbook_account.created",
        subject=f"cashbook_account:{account.pk}",
        by=by,
        at=at,
        store=account.store,
        detail={"type": account.type, "code": account.code},
    )
    return account


@transaction.atomic
def change_account(
    *,
    account: CashbookAccount,
    fields: Collection[str],
    by: Principal,
    at: datetime,
    seen: Mapping[str, str] | None = None,
) -> bool:
    """Saves the named fields of an account, and returns whether a value changed. `account` has the new values.

    Raises Forbidden unless the caller manages the store. Raises ChangedMeanwhile if the account does not have the values
    in `seen` any more, InvalidInput for a number that names another account, and ValidationError for other invalid values.
    """
    before = (
        CashbookAccount.objects.select_for_update(no_key=True, of=("self",)).select_related("store").get(pk=account.pk)
    )
    _refuse_others(before.store, by=by)
    refuse_stale(before, seen)
    changes = changes_between(before, account, fields)
    if not changes:
        return False
    _refuse_taken(account)
    account.full_clean()
    account.save(update_fields=list(changes))
    audit.note_edit(noun="cashbook_account", row=account, changes=changes, by=by, at=at, store=account.store)
    return True


def _refuse_taken(account: CashbookAccount) -> None:
    refuse_name_of_another(
        account=account, store=account.store, type=account.type, code=account.code, number=account.number
    )
    others = CashbookAccount.objects.filter(store=account.store, type=account.type).exclude(pk=account.pk)
    if others.filter(code=account.code).exists():
        raise InvalidInput.of("code", _("Another reason has this code."))
    if account.number and others.filter(number=account.number).exists():
        raise InvalidInput.of("number", _("Another reason has this number."))


def _refuse_others(store: Store, *, by: Principal) -> None:
    if not by.manages(store):
        raise Forbidden(_("Only a manager of the store can change the reasons."))
