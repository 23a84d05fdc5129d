"""Refuses changes of people, stores and accounts that still have an open drawer (docs/decisions/0025).

An opening takes shared locks on the rows of the person, the store and the account. A change takes an exclusive lock on
the changed row. So an opening and a change wait for each other, and the second one sees the result of the first one.
"""

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from cashdesk.domain.store.may_trade import refuse_register_switched_off
from cashdesk.domain.store.place_lock import lock_places, mark_transition
from cashdesk.enums import PlaceKind, Role, SessionStatus, Settling
from cashdesk.errors import Conflict
from cashdesk.models import Account, CashSession, Place, Store, User


@transaction.atomic
def refuse_change_of_person(person: User) -> None:
    """Refuses a change of a person that does not fit an open drawer. `person` has the new values.

    Raises Conflict, which names the drawer, in these cases:

    - the person has an open drawer, and is moved to another store or deactivated,
    - the person is no longer an admin, and has an open drawer in a store that is not their own,
    - the person is assigned to another register, or to none, and has an open drawer at a different register,
    - the person is assigned to a register that another person has open, or that is switched off.

    An open settlement of a register counts as an open drawer of the person who opened it. In the last case, a
    settlement counts only if a cashier opened it. The row of the person stays locked until the transaction ends.
    """
    before = User.objects.select_for_update(no_key=True).get(pk=person.pk)
    was, becomes = _assigned(before), _assigned(person)
    mine, ours = Q(user=person.pk), Q(settling_by=person.pk)
    if before.store_id != person.store_id or (before.is_active and not person.is_active):
        _refuse_open(sessions=mine, settlements=ours)
    elif before.role == Role.ADMIN != person.role:
        _refuse_open(sessions=mine & ~Q(store=person.store_id), settlements=ours & ~Q(store=person.store_id))
    elif was != becomes:
        _refuse_open(sessions=mine & ~Q(register=becomes), settlements=ours & ~Q(pk=becomes))
    if becomes is not None and was != becomes:
        # The new value of the transition counter makes a concurrent opening at this register check again.
        locked = lock_places(exclusive=[Place(pk=becomes)])
        refuse_register_switched_off(locked[becomes])
        _refuse_open(
            sessions=Q(register=becomes) & ~mine,
            settlements=Q(pk=becomes, settling_by__role=Role.CASHIER) & ~ours,
        )
        mark_transition(Place(pk=becomes))


@transaction.atomic
def refuse_change_of_store(store: Store) -> None:
    """Raises Conflict if a store with an open drawer is deactivated. `store` has the new values.

    Also raises Conflict if the store begins to require settlements while a session is open at a register without a
    settlement, because that register could not trade any more.
    """
    before = Store.objects.select_for_update(no_key=True).get(pk=store.pk)
    if before.is_active and not store.is_active:
        _refuse_open(sessions=Q(store=store.pk), settlements=Q(store=store.pk))
    if store.requires_settlement and not before.requires_settlement:
        _refuse_open(sessions=Q(store=store.pk, register__settling=Settling.NONE), settlements=Q(pk__in=[]))


@transaction.atomic
def refuse_switching_off_register(register: Place) -> None:
    """Raises Conflict if a register is open, or if an active person is assigned to it.

    The caller holds the register's lock. Openings and assignments take the same lock, so that they see the result.
    """
    _refuse_open(sessions=Q(register=register.pk), settlements=Q(pk=register.pk))
    person = User.objects.filter(register=register.pk, is_active=True).order_by("pk").first()
    if person is not None:
        raise Conflict(
            _("%(name)s is assigned to register %(register)s. Assign them to another register first.")
            % {"name": person, "register": register.number}
        )


@transaction.atomic
def refuse_change_of_account(account: Account) -> None:
    """Raises Conflict if an account is deactivated while a store has an open drawer. `account` has the new values."""
    before = Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    if before.is_active and not account.is_active:
        _refuse_open(sessions=Q(store__account=account.pk), settlements=Q(store__account=account.pk))


def _assigned(person: User) -> int | None:
    """Returns the id of the register that the person is assigned to, or None for an inactive person."""
    return person.register_id if person.is_active else None


def _refuse_open(*, sessions: Q, settlements: Q) -> None:
    running = CashSession.objects.filter(sessions, status=SessionStatus.OPEN).select_related(
        "user", "register", "store"
    )
    session = running.order_by("pk").first()
    if session is not None:
        raise Conflict(
            _(
                "%(name)s has register %(register)s of store %(store)s open (session %(session)s). Close it "
                "first, with or without a count."
            )
            % {
                "name": session.user,
                "register": session.register.number,
                "store": session.store.number,
                "session": session.pk,
            },
            code="drawer_open",
        )
    held = Place.objects.filter(settlements, kind=PlaceKind.REGISTER).exclude(settling=Settling.NONE)
    register = held.select_related("store").order_by("pk").first()
    if register is not None:
        raise Conflict(
            _(
                "Register %(register)s of store %(store)s has an open settlement. Close it first, with or "
                "without a count."
            )
            % {"register": register.number, "store": register.store.number},
            code="drawer_open",
        )
