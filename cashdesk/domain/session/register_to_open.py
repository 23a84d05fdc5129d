"""Chooses the register to open: the register that the request means, or else the lowest free register of the store."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Exists, OuterRef, Q, Value, When
from django.utils.translation import gettext as _

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.session.handover import registers_waiting
from cashdesk.domain.store.may_trade import refuse_counted, refuse_switched_off, refuse_unsettled
from cashdesk.domain.store.place import register_at
from cashdesk.domain.store.register_holder import (
    Holding,
    assigned_register,
    bound_register,
    refuse_register_of_another,
    usable_registers,
)
from cashdesk.enums import PlaceKind, Role, SessionStatus, Settling
from cashdesk.errors import Conflict, InvalidInput
from cashdesk.models import CashSession, Place, Store, User


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """A register that a person may use. `refusal` is the reason why they cannot open it now, or "" if they can."""

    register: Place
    refusal: str


def stations_for(*, user: User, store: Store, by: Principal) -> list[Station]:
    """Returns the registers of a store that a person may use, by number. Runs one query.

    A person with an assigned register gets only that register. For display only: the opening checks again under the
    lock.
    """
    registers = usable_registers(store=store, by=by)
    assigned = assigned_register(store=store, user=user)
    if assigned is not None:
        registers = registers.filter(pk=assigned.pk)
    running = CashSession.objects.filter(register=OuterRef("pk"), status=SessionStatus.OPEN)
    return [
        Station(register=register, refusal=_why_not(register, store=store))
        for register in registers.annotate(is_taken=Exists(running)).order_by("number")
    ]


def _why_not(register: Any, *, store: Store) -> str:
    if register.is_taken:
        told = _("Register %(register)s is already open. Count and close it first.")
        return told % {"register": register.number}
    try:
        refuse_switched_off(store)
        refuse_counted(register)
        refuse_unsettled(register=register, store=store)
    except Conflict as error:
        return error.message
    return ""


def register_for(
    *, user: User | None, store: Store, by: Principal, station: int | None, settling: bool = False
) -> Place:
    """Returns the register to open for a session, or for a settlement if `settling` is set.

    It is the first of these that exists:

    1. the register of `station`,
    2. for a settlement: the register of the person's open session,
    3. the register of the token,
    4. the register that the person is assigned to,
    5. a register whose settlement the person opened,
    6. the lowest free register.

    If there is none, creates a new register (docs/structure.md, section 3).

    Raises InvalidInput for an unknown station, and for a program that names no register and is not bound to one. Raises
    Forbidden if the caller may not use the register of `station`. Raises Conflict if the store requires settlements and
    no free register has one.
    """
    if station is not None:
        register = register_at(store=store, station=station)
        refuse_register_of_another(register=register, by=by)
        return register
    session = _open_session(store=store, user=user) if settling and user is not None else None
    assigned = assigned_register(store=store, user=user) if user is not None else None
    held = Holding(session=session, bound=bound_register(store=store, by=by), assigned=assigned).register
    if held is not None:
        return held
    if user is None:
        raise InvalidInput.of("station", _("Give the number of a register. This API key is not bound to one."))
    return _free_register(store, user=user, settling=settling)


def _open_session(*, store: Store, user: User) -> CashSession | None:
    running = CashSession.objects.filter(user=user, store=store, status=SessionStatus.OPEN)
    return running.select_related("register").first()


def _free_register(store: Store, *, user: User, settling: bool) -> Place:
    """Returns the lowest free register that nobody is assigned to. Creates a register if there is none.

    A register whose settlement the person opened comes first, so that a repeated request gets the same register. A
    register whose settlement another cashier opened is not free. If a manager opened the settlement, the register is
    free for any cashier.
    """
    # Locks the vault's row, so that two people never create the same register.
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
            # A register whose cash was handed over is not free: the person who counts the cash in must name the register.
            usable |= Q(settling=Settling.NONE) & ~Q(pk__in=registers_waiting(store))
        usable &= ~Q(pk__in=taken)
    free = registers.filter(usable, is_active=True).exclude(pk__in=assigned)
    own_first = Case(When(is_own, then=Value(0)), default=Value(1))
    found = free.order_by(own_first, "number").first()
    if found is not None:
        return found
    if store.requires_settlement and not settling:
        raise Conflict(
            _("No free register of store %(store)s has an open settlement. Open a settlement first.")
            % {"store": store.number},
            code="settlement_required",
        )
    last = registers.order_by("-number").values_list("number", flat=True).first() or 0
    return Place.objects.create(store=store, kind=PlaceKind.REGISTER, number=last + 1)
