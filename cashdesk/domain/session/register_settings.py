"""Adds registers to a store, names them, and switches them off and on."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.edit import refuse_stale
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.expected import book_of
from cashdesk.domain.store.changes_while_open import refuse_switching_off_register
from cashdesk.domain.store.place_lock import lock_places, mark_transition
from cashdesk.enums import CASH, PlaceKind
from cashdesk.errors import Conflict, Forbidden, InvalidInput
from cashdesk.models import Place, Store
from cashdesk.models.place import REGISTER_NAME_MAX

NUMBER_MAX: Final = 9_999


def next_number(store: Store) -> int:
    """Returns the number of the store's next new register. For display only: `add_register` checks under its lock."""
    last = Place.objects.filter(store=store, kind=PlaceKind.REGISTER).aggregate(last=Max("number"))["last"]
    return int(last or 0) + 1


@transaction.atomic
def add_register(*, store: Store, number: int | None, name: str, by: Principal, at: datetime) -> Place:
    """Adds a register with this number, or with the next free number if `number` is None.

    Raises Forbidden unless the caller manages the store. Raises InvalidInput if the number is taken or out of bounds, or
    if the name is too long.
    """
    _refuse_others(store, by=by)
    _refuse_long_name(name)
    # Openings lock the vault too before they create a register.
    Place.objects.select_for_update(no_key=True).get(store=store, kind=PlaceKind.VAULT)
    if number is None:
        number = next_number(store)
    if not 1 <= number <= NUMBER_MAX:
        raise InvalidInput.of("number", _("Enter a number from 1 to %(limit)s.") % {"limit": NUMBER_MAX})
    if Place.objects.filter(store=store, kind=PlaceKind.REGISTER, number=number).exists():
        raise InvalidInput.of("number", _("Register %(number)s already exists.") % {"number": number})
    register = Place.objects.create(store=store, kind=PlaceKind.REGISTER, number=number, name=name)
    _note("added", register, by=by, at=at, detail={"name": name})
    return register


@transaction.atomic
def rename_register(
    *, register: Place, name: str, by: Principal, at: datetime, seen: Mapping[str, str] | None = None
) -> None:
    """Gives a register another name, or none.

    Raises Forbidden unless the caller manages the store, InvalidInput for a name that is too long, and ChangedMeanwhile
    if the register does not have the values in `seen` any more.
    """
    locked = _locked(register, by=by)
    refuse_stale(locked, seen)
    _refuse_long_name(name)
    if name == locked.name:
        return
    Place.objects.filter(pk=locked.pk).update(name=name)
    _note("renamed", locked, by=by, at=at, detail={"changes": {"name": [locked.name, name]}})


@transaction.atomic
def switch_register_off(*, register: Place, by: Principal, at: datetime) -> None:
    """Switches a register off, so that nobody can open it. A second call changes nothing.

    Raises Forbidden unless the caller manages the store. Raises Conflict if the register is open, if somebody is assigned
    to it, or if cash is left in it that nobody has counted.
    """
    locked = _locked(register, by=by)
    if not locked.is_active:
        return
    refuse_switching_off_register(locked)
    if any(amount for pair, amount in book_of(locked).balances.items() if pair.method == CASH):
        raise Conflict(
            _(
                "There is cash in register %(register)s that nobody has counted. Open the register, count it and close it."
            )
            % {"register": locked.number}
        )
    _switch(locked, is_active=False, by=by, at=at)


@transaction.atomic
def switch_register_on(*, register: Place, by: Principal, at: datetime) -> None:
    """Switches a register on again. A second call changes nothing. Raises Forbidden unless the caller manages the store."""
    locked = _locked(register, by=by)
    if not locked.is_active:
        _switch(locked, is_active=True, by=by, at=at)


def _switch(register: Place, *, is_active: bool, by: Principal, at: datetime) -> None:
    Place.objects.filter(pk=register.pk).update(is_active=is_active)
    # An opening that chose this register before must look at it again.
    mark_transition(register)
    _note("switched_on" if is_active else "switched_off", register, by=by, at=at)


def _locked(register: Place, *, by: Principal) -> Place:
    _refuse_others(register.store, by=by)
    return lock_places(exclusive=[register])[register.pk]


def _refuse_others(store: Store, *, by: Principal) -> None:
    if not by.manages(store):
        raise Forbidden(_("Only a manager of the store can change its registers."))


def _refuse_long_name(name: str) -> None:
    if len(name) > REGISTER_NAME_MAX:
        raise InvalidInput.of("name", _("Enter at most %(limit)s characters.") % {"limit": REGISTER_NAME_MAX})


def _note(act: str, register: Place, *, by: Principal, at: datetime, detail: Mapping[str, Any] | None = None) -> None:
    audit.note(
        action=f"register.{act}", subject=f"place:{register.pk}", by=by, at=at, store=register.store, detail=detail
    )
