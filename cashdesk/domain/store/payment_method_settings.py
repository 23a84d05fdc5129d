"""Adds payment methods to an account, and changes them."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.edit import changes_between, refuse_stale
from cashdesk.domain.caller.principal import Principal
from cashdesk.errors import Forbidden, InvalidInput
from cashdesk.models import PaymentMethod


@transaction.atomic
def add_payment_method(*, method: PaymentMethod, by: Principal, at: datetime) -> PaymentMethod:
    """Saves a new payment method.

    Raises Forbidden unless the caller is an admin of the account. Raises InvalidInput for a code that the account already
    has, and ValidationError for other invalid values.
    """
    _refuse_others(method.account_id, by=by)
    if PaymentMethod.objects.filter(account_id=method.account_id, code=method.code).exists():
        raise InvalidInput.of("code", _("The account already has a payment method with this code."))
    method.full_clean()
    method.save(force_insert=True)
    audit.note(
        action="payment_method.created",
        subject=f"payment_method:{method.pk}",
        by=by,
        at=at,
        account=method.account,
        detail={"code": method.code},
    )
    return method


@transaction.atomic
def change_payment_method(
    *,
    method: PaymentMethod,
    fields: Collection[str],
    by: Principal,
    at: datetime,
    seen: Mapping[str, str] | None = None,
) -> bool:
    """Saves the named fields of a payment method, and returns whether a value changed. `method` has the new values.

    Raises Forbidden unless the caller is an admin of the account. Raises ChangedMeanwhile if the method does not have the
    values in `seen` any more, and ValidationError for invalid values or if cash is switched off.
    """
    before = PaymentMethod.objects.select_for_update(no_key=True).get(pk=method.pk)
    _refuse_others(before.account_id, by=by)
    refuse_stale(before, seen)
    changes = changes_between(before, method, fields)
    if not changes:
        return False
    method.full_clean()
    method.save(update_fields=list(changes))
    audit.note_edit(noun="payment_method", row=method, changes=changes, by=by, at=at, account=method.account)
    return True


def _refuse_others(account_id: int, *, by: Principal) -> None:
    if not by.administers(account_id):
        raise Forbidden(_("Only an admin of the account can change its payment methods."))
