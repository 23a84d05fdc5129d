"""Finds the holder of a register, with the same rule for all pages and APIs (docs/decisions/0025-who-holds-a-drawer.md).

A person with an open session holds the register of that session. If a request names no register, it means the first of
these that exists:

1. the register that the person holds,
2. the register of the token,
3. the register that the person is assigned to,
4. the lowest register whose settlement the person opened.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.store.place import register_at
from cashdesk.enums import PlaceKind, Role, SessionStatus
from cashdesk.errors import Forbidden, InvalidInput
from cashdesk.models import CashSession, Place, Store, User


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """The registers of one store that a request may mean if it names no register."""

    session: CashSession | None = None
    """The person's open session."""
    bound: Place | None = None
    """The register of the token."""
    assigned: Place | None = None
    settled: Place | None = None
    """The lowest register whose settlement the person opened."""

    @property
    def register(self) -> Place | None:
        """The register that a request means if it names no register."""
        if self.session is not None:
            return self.session.register
        return self.bound or self.assigned or self.settled


def bound_register(*, store: Store, by: Principal) -> Place | None:
    """Returns the register of the token if it is in this store, else None."""
    bound = by.token.register if by.token is not None else None
    return bound if bound is not None and bound.store_id == store.pk else None


def assigned_register(*, store: Store, user: User) -> Place | None:
    """Returns the register that a person is assigned to if it is in this store, else None."""
    return user.register if user.register is not None and user.register.store_id == store.pk else None


def usable_registers(*, store: Store, by: Principal) -> "QuerySet[Place]":
    """Returns the registers that the caller may use, for lists on pages, without those that are switched off.

    A manager and a program may use all registers. A cashier may use the register that they hold and the register that
    they are assigned to. A cashier without an assigned register may use all registers that nobody is assigned to.
    """
    registers = Place.objects.filter(store=store, kind=PlaceKind.REGISTER, is_active=True)
    if by.user is None or by.has_role(Role.MANAGER):
        return registers
    held = Q(pk__in=CashSession.objects.filter(user=by.user, status=SessionStatus.OPEN).values("register"))
    assigned = assigned_register(store=store, user=by.user)
    if assigned is not None:
        return registers.filter(held | Q(pk=assigned.pk))
    taken = User.objects.filter(register__store=store, is_active=True).values("register")
    return registers.filter(held | ~Q(pk__in=taken))


def register_meant(*, store: Store, station: int | None, by: Principal) -> Place:
    """Returns the register that a request is about: the register of `station`, or by default the caller's own.

    Raises InvalidInput for an unknown station. Also raises InvalidInput if `station` is None and the caller has no
    register. Raises Forbidden for another person's drawer.
    """
    register = register_at(store=store, station=station) if station is not None else _held(store=store, by=by)
    refuse_drawer_of_another(register=register, by=by)
    return register


def refuse_register_of_another(*, register: Place, by: Principal) -> None:
    """Raises Forbidden if the caller may not use the register. Does not check whether another person has it open."""
    refused = refusal_of(register, by=by, is_of_another=lambda: _is_assigned_to_another(register, by=by))
    if refused is not None and not _running_at(register).filter(user=by.user).exists():
        raise refused


def refuse_drawer_of_another(*, register: Place, by: Principal) -> None:
    """Raises Forbidden if another person holds the drawer, or if the caller may not use the register.

    A manager may act in every drawer. A program may do so too, unless its key is bound to another register.
    """
    refused = refusal_of(register, by=by, is_of_another=lambda: _is_assigned_to_another(register, by=by))
    if refused is None and (by.user is None or by.has_role(Role.MANAGER)):
        return
    holders = list(_running_at(register).values_list("user", flat=True))
    if by.user is not None and by.user.pk in holders:
        return
    if refused is not None:
        raise refused
    if holders:
        told = _("Somebody else has register %(register)s open. Choose another register.") % {
            "register": register.number
        }
        raise Forbidden(told, errors={"station": told})


def refusal_of(register: Place, *, by: Principal, is_of_another: Callable[[], bool]) -> Forbidden | None:
    """Returns the error if the caller may not use a register that they do not hold, else None.

    A cashier whose token has a register may use only that register. Another cashier may use the register that they are
    assigned to, and registers that nobody else is assigned to. A program whose key is bound to a register may use only
    that register. `is_of_another` tells whether the register is assigned to another person. It is called only if
    needed, because it may run a query.
    """
    bound = by.token.register_id if by.token is not None else None
    if by.has_role(Role.MANAGER) and not (by.is_program and bound is not None):
        return None
    if bound is not None and bound != register.pk:
        told = _("You are not signed in at register %(register)s. Use the register that you signed in at.") % {
            "register": register.number
        }
        return Forbidden(told, errors={"station": told})
    if by.user is None or register.pk in (bound, by.user.register_id) or not is_of_another():
        return None
    told = _("Register %(register)s is assigned to somebody else. Choose another register.") % {
        "register": register.number
    }
    return Forbidden(told, errors={"station": told}, facts={"register_of_another": register.number})


def _is_assigned_to_another(register: Place, *, by: Principal) -> bool:
    people = User.objects.filter(register=register, is_active=True)
    return (people.exclude(pk=by.user.pk) if by.user is not None else people).exists()


def _running_at(register: Place) -> "QuerySet[CashSession]":
    return CashSession.objects.filter(register=register, status=SessionStatus.OPEN)


def _held(*, store: Store, by: Principal) -> Place:
    bound = bound_register(store=store, by=by)
    if by.user is None:
        found = Holding(bound=bound).register
    else:
        running = CashSession.objects.filter(user=by.user, store=store, status=SessionStatus.OPEN)
        session = running.select_related("register").first()
        assigned = assigned_register(store=store, user=by.user)
        found = Holding(session=session, bound=bound, assigned=assigned).register
        if found is None:
            theirs = Place.objects.filter(store=store, kind=PlaceKind.REGISTER, settling_by=by.user)
            found = theirs.order_by("number").first()
    if found is None:
        raise InvalidInput.of(
            "station", _("You have no register of your own. Give the number of a register, or 0 for the vault.")
        )
    return found
