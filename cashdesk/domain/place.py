"""Places: their locks, what a settlement writes on them, and which of them may trade."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import F
from django.utils.translation import gettext as _

from cashdesk.domain.principal import Principal
from cashdesk.enums import PlaceKind, Settling
from cashdesk.errors import Conflict, InvalidInput
from cashdesk.models import Place, Store


def places_of(store: Store) -> dict[str, Place]:
    """Returns the store's vault and outside places by kind, in one query; registers are not among them."""
    return {place.kind: place for place in Place.objects.filter(store=store).exclude(kind=PlaceKind.REGISTER)}


def lock(*, exclusive: Iterable[Place] = (), shared: Iterable[Place] = ()) -> dict[int, Place]:
    """Locks the rows of places until the transaction ends, in the order of their ids, and returns them as they now are.

    Exclusive is for transitions, shared for postings (docs/structure.md, section 5): a transition waits for every
    posting before it, and postings do not wait for each other. SQLite has one writer at a time, so its transaction is
    the lock.
    """
    wanted = {place.pk: False for place in shared} | {place.pk: True for place in exclusive}
    found = {}
    for pk in sorted(wanted):
        if connection.vendor == "postgresql" and not wanted[pk]:
            found[pk] = Place.objects.raw("SELECT * FROM cashdesk_place WHERE id = %s FOR SHARE", [pk])[0]
        else:
            # NO KEY: a lock that foreign keys to the place do not wait for, as nobody ever changes its id.
            found[pk] = Place.objects.select_for_update(no_key=True).get(pk=pk)
    return found


def moved_on(place: Place) -> None:
    """Notes that a place made a transition; a posting that looked before it will look again."""
    Place.objects.filter(pk=place.pk).update(transitions=F("transitions") + 1)


def hold(place: Place, *, by: Principal, after_z: int, at: datetime) -> None:
    """Notes that a settlement holds the place from now on; `after_z` is the place's last Z before it. A transition."""
    _settle(place, settling=Settling.OPEN, settling_by=by.user, settled_after_z=after_z, settling_since=at)


def hold_for_counting(place: Place) -> None:
    """Notes that what lies in the place is being counted: it trades no more. A transition."""
    _settle(place, settling=Settling.COUNTING)


def release(place: Place) -> None:
    """Notes that no settlement holds the place any more. A transition."""
    _settle(place, settling=Settling.NONE, settling_by=None, settling_since=None)


def _settle(place: Place, **changes: Any) -> None:
    Place.objects.filter(pk=place.pk).update(transitions=F("transitions") + 1, **changes)
    for name, value in changes.items():
        setattr(place, name, value)


def trades_under_settlement(store: Store | None) -> bool:
    """Whether registers of a store are settled: they must be, or the vault runs, without which no register can."""
    if store is None or store.requires_settlement:
        return store is not None
    return Place.objects.filter(store=store, kind=PlaceKind.VAULT).exclude(settling=Settling.NONE).exists()


def refuse_unsettled(*, register: Place, store: Store) -> None:
    """Where registers trade under settlement only, refuses what needs a trading register while it is idle or counted.

    Raises Conflict.
    """
    if store.requires_settlement and register.settling != Settling.OPEN:
        told = (
            _("Register %(register)s is being counted: store %(store)s trades under settlement only.")
            if register.settling == Settling.COUNTING
            else _("Register %(register)s has no open settlement: store %(store)s trades under settlement only.")
        )
        raise Conflict(
            told % {"register": register.number, "store": store.number},
            code="settlement_required",
        )


def refuse_counted(register: Place) -> None:
    """Refuses to open a register whose settlement is being counted. Raises Conflict."""
    if register.settling == Settling.COUNTING:
        raise Conflict(
            _("Register %(register)s is being counted: its settlement is closed before it is opened again.")
            % {"register": register.number},
            code="register_is_counted",
        )


def register_at(*, store: Store, station: int) -> Place:
    """Returns the register with this station number. Raises InvalidInput."""
    register = (
        Place.objects.filter(store=store, kind=PlaceKind.REGISTER, number=station).first()
        if 0 < station < 2**31
        else None
    )
    if register is None:
        raise InvalidInput.of(
            "station", _("store %(store)s has no register %(station)s.") % {"store": store.number, "station": station}
        )
    return register
