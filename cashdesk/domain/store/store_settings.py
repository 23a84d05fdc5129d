"""Adds stores and changes their settings."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.edit import changes_between, refuse_stale
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.store.changes_while_open import refuse_change_of_store
from cashdesk.domain.store.organisation import create_places
from cashdesk.errors import Forbidden, InvalidInput
from cashdesk.models import Store

FOR_MANAGERS: Final = frozenset({"float_minor", "float_template", "pin_sign_in"})
"""The settings that a manager of the store may change too. Admins decide all others, and so how a manager is judged."""


def may_change(store: Store, fields: Collection[str], *, by: Principal) -> bool:
    """Whether the caller may change these settings of a store: an admin of the account, or a manager if FOR_MANAGERS."""
    return by.administers(store.account_id) or (by.manages(store) and FOR_MANAGERS.issuperset(fields))


@transaction.atomic
def add_store(*, store: Store, registers: int, by: Principal, at: datetime) -> Store:
    """Saves a new store and creates its places: the vault, this number of registers, and the places outside the store.

    Raises Forbidden unless the caller is an admin of the store's account. Raises InvalidInput for a number that another
    store of the account has, and ValidationError for other invalid values.
    """
    if not by.administers(store.account_id):
        raise Forbidden(_("Only an admin of the account can change its stores."))
    _refuse_number_of_another(store)
    store.full_clean()
    store.save(force_insert=True)
    create_places(store=store, registers=registers)
    audit.note(
        action="store.created", subject=f"store:{store.pk}", by=by, at=at, store=store, detail={"registers": registers}
    )
    return store


@transaction.atomic
def change_store(
    *, store: Store, fields: Collection[str], by: Principal, at: datetime, seen: Mapping[str, str] | None = None
) -> bool:
    """Saves the named fields of a store, and returns whether a value changed. `store` has the new values.

    Raises Forbidden unless the caller `may_change` these fields. Raises ChangedMeanwhile if the store does not have the
    values in `seen` any more, and Conflict if the change does not fit an open drawer (`changes_while_open`). Raises
    InvalidInput for a number that another store of the account has, and ValidationError for other invalid values.
    """
    before = Store.objects.select_for_update(no_key=True).get(pk=store.pk)
    if not may_change(before, fields, by=by):
        raise Forbidden(_("Only an admin of the account can change these settings."))
    refuse_stale(before, seen)
    changes = changes_between(before, store, fields)
    if not changes:
        return False
    refuse_change_of_store(store)
    _refuse_number_of_another(store)
    store.full_clean()
    store.save(update_fields=list(changes))
    audit.note_edit(noun="store", row=store, changes=changes, by=by, at=at, store=store)
    return True


def _refuse_number_of_another(store: Store) -> None:
    if Store.objects.filter(account_id=store.account_id, number=store.number).exclude(pk=store.pk).exists():
        raise InvalidInput.of("number", _("Another store of the account has this number."))
