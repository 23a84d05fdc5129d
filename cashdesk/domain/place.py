"""Places: their locks, and who holds which register."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.utils.translation import gettext as _

from cashdesk.domain.handover import registers_waiting
from cashdesk.domain.principal import Principal
from cashdesk.enums import PlaceKind, Role, SessionStatus, Settling
from cashdesk.errors import Conflict, Forbidden, InvalidInput
from cashdesk.models import CashSession, Place, Store, User


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


def hold(place: Place, *, by: Principal, after_z: int) -> None:
    """Notes that a settlement holds the place from now on; `after_z` is the place's last Z before it. A transition."""
    _settle(place, settling=Settling.OPEN, settling_by=by.user, settled_after_z=after_z)


def hold_for_counting(place: Place) -> None:
    """Notes that what lies in the place is being counted: it trades no more. A transition."""
    _settle(place, settling=Settling.COUNTING)


def release(place: Place) -> None:
    """Notes that no settlement holds the place any more. A transition."""
    _settle(place, settling=Settling.NONE, settling_by=None)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """A register that a person may open, and why not now: empty where it is free."""

    register: Place
    refusal: str


def stations_for(*, user: User, store: Store, by: Principal) -> list[Station]:
    """Returns the registers that a person may open in a store, by number, in one query: the assigned one alone, where there
    is one. It is a look: what is true when the drawer is opened is asked again under the lock.
    """
    registers = Place.objects.filter(store=store, kind=PlaceKind.REGISTER)
    if user.register is not None and user.register.store_id == store.pk:
        registers = registers.filter(pk=user.register.pk)
    elif not by.has_role(Role.MANAGER):
        registers = registers.exclude(
            pk__in=User.objects.filter(register__store=store, is_active=True).values("register")
        )
    running = CashSession.objects.filter(register=OuterRef("pk"), status=SessionStatus.OPEN)
    return [
        Station(register=register, refusal=_why_not(register, store=store))
        for register in registers.annotate(is_taken=Exists(running)).order_by("number")
    ]


def _why_not(register: Any, *, store: Store) -> str:
    if register.is_taken:
        told = _("Register %(register)s is open already: it is counted and closed before somebody else opens it.")
        return told % {"register": register.number}
    try:
        refuse_counted(register)
        refuse_unsettled(register=register, store=store)
    except Conflict as error:
        return error.message
    return ""


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


def register_for(
    *, user: User | None, store: Store, by: Principal, station: int | None, settling: bool = False
) -> Place:
    """Returns the register that a person opens: the one named, the token's, the assigned one, the one whose settlement
    they opened, or the lowest free one. Where none is free, the store gets one more (docs/structure.md, section 3).

    `settling`: it is a settlement that is opened, not a session. Raises InvalidInput for a station that is not there or,
    by a program, not named; Forbidden for a cashier at somebody else's register; Conflict where none may be opened.
    """
    if station is not None:
        register = register_at(store=store, station=station)
        refuse_register_of_another(register=register, user=user, by=by)
        return register
    if by.token is not None and by.token.register is not None and by.token.register.store_id == store.pk:
        return by.token.register
    if user is None:
        raise InvalidInput.of("station", _("is required with an API key that is bound to no register."))
    if user.register is not None and user.register.store_id == store.pk:
        return user.register
    return _free_register(store, user=user, settling=settling)


def refuse_register_of_another(*, register: Place, user: User | None, by: Principal) -> None:
    """A cashier uses the register of their token, their own, or one that nobody is assigned to; a program that is bound
    to a register uses that one. Raises Forbidden.
    """
    bound = by.token.register_id if by.token is not None else None
    if by.has_role(Role.MANAGER) and not (by.is_program and bound is not None):
        return
    if bound is not None and bound != register.pk:
        raise Forbidden(
            _("station: you are signed in at another register than %(register)s.") % {"register": register.number}
        )
    if user is None or register.pk in (bound, user.register_id):
        return
    if User.objects.filter(register=register, is_active=True).exclude(pk=user.pk).exists():
        raise Forbidden(
            _("station: register %(register)s is assigned to somebody else.") % {"register": register.number},
            facts={"register_of_another": register.number},
        )


def _free_register(store: Store, *, user: User, settling: bool) -> Place:
    """The lowest register that no session holds and nobody is assigned to; a new one where there is none.

    Before all others one whose settlement the person opened themselves: it is theirs, however often they ask. One whose
    settlement another cashier opened is that cashier's; one that a manager has opened waits for whoever comes.
    """
    # The vault's row is the lock under which a store gets its registers, so that two people never make the same one.
    Place.objects.select_for_update(no_key=True).get(store=store, kind=PlaceKind.VAULT)
    registers = Place.objects.filter(store=store, kind=PlaceKind.REGISTER)
    taken = CashSession.objects.filter(store=store, status=SessionStatus.OPEN).values("register_id")
    assigned = User.objects.filter(store=store, is_active=True, register__isnull=False).values("register_id")
    is_own = Q(settling_by=user)
    if settling:
        usable = is_own | (Q(settling=Settling.NONE) & ~Q(pk__in=taken))
    else:
        usable = Q(settling=Settling.OPEN) & (is_own | ~Q(settling_by__role=Role.CASHIER))
        if not store.requires_settlement:
            # A drawer that somebody handed over is no free one: who counts it in names it.
            usable |= Q(settling=Settling.NONE) & ~Q(pk__in=registers_waiting(store))
        usable &= ~Q(pk__in=taken)
    free = registers.filter(usable).exclude(pk__in=assigned)
    own_first = Case(When(is_own, then=Value(0)), default=Value(1))
    found = free.order_by(own_first, "number").first()
    if found is not None:
        return found
    if store.requires_settlement and not settling:
        raise Conflict(
            _("No free register of store %(store)s has an open settlement, and it trades under settlement only.")
            % {"store": store.number},
            code="settlement_required",
        )
    last = registers.order_by("-number").values_list("number", flat=True).first() or 0
    return Place.objects.create(store=store, kind=PlaceKind.REGISTER, number=last + 1)
