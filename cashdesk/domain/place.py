"""Places: their locks, and who holds which register."""

from collections.abc import Iterable

from django.db import connection
from django.db.models import F

from cashdesk.domain.principal import Principal
from cashdesk.enums import PlaceKind, Role, SessionStatus
from cashdesk.errors import Forbidden, InvalidInput
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


def register_at(*, store: Store, station: int) -> Place:
    """Returns the register with this station number. Raises InvalidInput."""
    register = (
        Place.objects.filter(store=store, kind=PlaceKind.REGISTER, number=station).first()
        if 0 < station < 2**31
        else None
    )
    if register is None:
        raise InvalidInput.of("station", f"store {store.number} has no register {station}.")
    return register


def register_for(*, user: User, store: Store, by: Principal, station: int | None) -> Place:
    """Returns the register that a person opens: the one named, the token's, the assigned one, or the lowest free one.

    Where none is free, the store gets one more (docs/structure.md, section 3).

    Raises InvalidInput for a station that is not there, Forbidden for a cashier at somebody else's register.
    """
    if station is not None:
        register = register_at(store=store, station=station)
        refuse_register_of_another(register=register, user=user, by=by)
        return register
    if by.token is not None and by.token.register is not None and by.token.register.store_id == store.pk:
        return by.token.register
    if user.register is not None and user.register.store_id == store.pk:
        return user.register
    return _free_register(store)


def refuse_register_of_another(*, register: Place, user: User, by: Principal) -> None:
    """A cashier uses the register of their token, their own, or one that nobody is assigned to. Raises Forbidden."""
    if by.has_role(Role.MANAGER):
        return
    bound = by.token.register_id if by.token is not None else None
    if bound is not None and bound != register.pk:
        raise Forbidden(f"station: you are signed in at another register than {register.number}.")
    if register.pk in (bound, user.register_id):
        return
    if User.objects.filter(register=register, is_active=True).exclude(pk=user.pk).exists():
        raise Forbidden(f"station: register {register.number} is assigned to somebody else.")


def _free_register(store: Store) -> Place:
    """The lowest register that no session holds and nobody is assigned to; a new one where there is none."""
    # The vault's row is the lock under which a store gets its registers, so that two people never make the same one.
    Place.objects.select_for_update(no_key=True).get(store=store, kind=PlaceKind.VAULT)
    registers = Place.objects.filter(store=store, kind=PlaceKind.REGISTER)
    taken = CashSession.objects.filter(store=store, status=SessionStatus.OPEN).values("register_id")
    assigned = User.objects.filter(store=store, is_active=True, register__isnull=False).values("register_id")
    free = registers.exclude(pk__in=taken).exclude(pk__in=assigned).order_by("number").first()
    if free is not None:
        return free
    last = registers.order_by("-number").values_list("number", flat=True).first() or 0
    return Place.objects.create(store=store, kind=PlaceKind.REGISTER, number=last + 1)
