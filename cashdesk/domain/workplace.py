"""Where people work, and what may not change while a drawer is open there (docs/decisions/0025-who-holds-a-drawer.md).

An opening takes the rows of the person, the store and the account shared; a change of one of them takes that row
exclusively. So an opening and a change wait for each other, and the later one sees what the earlier one did.
"""

from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from cashdesk.domain import place
from cashdesk.domain.principal import Principal, works_in
from cashdesk.enums import PlaceKind, Role, SessionStatus, Settling
from cashdesk.errors import Conflict, Forbidden, InvalidInput
from cashdesk.models import Account, CashSession, Place, Store, User

_PERSON: Final = """
SELECT person.id, person.store_id, person.register_id, person.role, person.is_superuser, person.is_active,
       person.account_id, store.is_active AND account.is_active AS is_store_active, running.id AS open_session_id
FROM cashdesk_user person
JOIN cashdesk_store store ON store.id = %s
JOIN cashdesk_account account ON account.id = store.account_id
LEFT JOIN cashdesk_cashsession running ON running.user_id = person.id AND running.status = 'OPEN'
WHERE person.id = %s
"""
_STORE: Final = """
SELECT store.id, store.is_active AND account.is_active AS is_store_active
FROM cashdesk_store store JOIN cashdesk_account account ON account.id = store.account_id
WHERE store.id = %s
"""


def refuse_switched_off(store: Store) -> None:
    """Refuses to open or trade in a store that is switched off. Raises Conflict."""
    if not store.is_active:
        raise _switched_off(store)


def store_to_open_in(*, user: User, by: Principal) -> Store:
    """Returns the store in which a person opens a drawer: the one of the token, else their own.

    Raises Forbidden where they do not work in the store of the token, InvalidInput for somebody who works in no store and
    named none (an admin signs in with a store).
    """
    bound = by.token.store if by.token is not None else None
    store = bound or user.store
    if store is None:
        raise InvalidInput.of("user_id", _("works in no store: sign in with a store to open a drawer there."))
    if not works_in(user, store):
        raise _works_elsewhere(store)
    return store


def lock_workplace(*, store: Store, user: User | None) -> int | None:
    """Locks the person, the store and its account shared until the transaction ends, so that none of them changes before
    what is opened there can be seen. Returns the id of the session that the person has open, if there is one.

    Raises Conflict in a store that is switched off and when the person was moved or assigned to another register
    meanwhile, Forbidden where they do not work in the store.
    """
    if user is None:
        (found,) = Store.objects.raw(_shared(_STORE, "store, account"), [store.pk])
        _refuse_inactive(found, store=store)
        return None
    (person,) = User.objects.raw(_shared(_PERSON, "person, store, account"), [store.pk, user.pk])
    _refuse_inactive(person, store=store)
    if not person.is_active:
        raise Conflict(_("%(name)s was deactivated and cannot open a drawer.") % {"name": user}, code="person_inactive")
    if not works_in(person, store):
        raise _works_elsewhere(store)
    if person.register_id != user.register_id:
        raise Conflict(
            _("%(name)s was assigned to another register meanwhile. Look again, then repeat it.") % {"name": user},
            code="moved_meanwhile",
        )
    open_session: int | None = person.open_session_id  # type: ignore[attr-defined]  # a column of the statement
    return open_session


# --- Changes of master data ------------------------------------------------------------------------------------------------


@transaction.atomic
def refuse_change_of_person(person: User) -> None:
    """Refuses to move, reassign or deactivate a person while a drawer of theirs is open, and to assign them to a register
    that somebody else has open. `person` has the new values; the row stays locked until the transaction ends.

    Raises Conflict naming the drawer and what to do.
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
        # Whoever chose this register before looks again after this.
        place.lock(exclusive=[Place(pk=becomes)])
        _refuse_open(
            sessions=Q(register=becomes) & ~mine,
            settlements=Q(pk=becomes, settling_by__role=Role.CASHIER) & ~ours,
        )
        place.moved_on(Place(pk=becomes))


@transaction.atomic
def refuse_change_of_store(store: Store) -> None:
    """Refuses to switch off a store while a drawer is open there. `store` has the new values. Raises Conflict."""
    before = Store.objects.select_for_update(no_key=True).get(pk=store.pk)
    if before.is_active and not store.is_active:
        _refuse_open(sessions=Q(store=store.pk), settlements=Q(store=store.pk))


@transaction.atomic
def refuse_change_of_account(account: Account) -> None:
    """Refuses to switch off an account while a drawer is open in one of its stores. Raises Conflict."""
    before = Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    if before.is_active and not account.is_active:
        _refuse_open(sessions=Q(store__account=account.pk), settlements=Q(store__account=account.pk))


def _assigned(person: User) -> int | None:
    """The register that nobody else may use because of the person."""
    return person.register_id if person.is_active else None


def _refuse_open(*, sessions: Q, settlements: Q) -> None:
    running = CashSession.objects.filter(sessions, status=SessionStatus.OPEN).select_related(
        "user", "register", "store"
    )
    session = running.order_by("pk").first()
    if session is not None:
        raise Conflict(
            _(
                "%(name)s has register %(register)s of store %(store)s open (session %(session)s). Count and close it, or "
                "close it without a count, then change this."
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
                "Register %(register)s of store %(store)s has an open settlement. Count and close it, or close it without a "
                "count, then change this."
            )
            % {"register": register.number, "store": register.store.number},
            code="drawer_open",
        )


def _refuse_inactive(found: Any, *, store: Store) -> None:
    if not found.is_store_active:
        raise _switched_off(store)


def _switched_off(store: Store) -> Conflict:
    told = _(
        "Store %(store)s is switched off: nothing is opened or traded there. What is open can be counted and closed."
    )
    return Conflict(told % {"store": store.number}, code="store_switched_off")


def _works_elsewhere(store: Store) -> Forbidden:
    return Forbidden(_("store: you do not work in store %(store)s.") % {"store": store.number})


def _shared(statement: str, rows: str) -> str:
    """SQLite has one writer at a time, so its transaction is the lock."""
    return f"{statement} FOR SHARE OF {rows}" if connection.vendor == "postgresql" else statement
