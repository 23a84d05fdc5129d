"""Finds the store in which a person opens a drawer, and locks it (docs/decisions/0025-who-holds-a-drawer.md).

An opening takes shared locks on the rows of the person, the store and the account. A change of such a row
(`changes_while_open`) takes an exclusive lock on it. So an opening and a change wait for each other, and the second one
sees the result of the first one.
"""

from typing import Any, Final

from django.db import connection
from django.utils.translation import gettext as _

from cashdesk.domain.caller.principal import Principal, works_in
from cashdesk.domain.store.may_trade import switched_off
from cashdesk.enums import Role
from cashdesk.errors import Conflict, Forbidden, InvalidInput
from cashdesk.models import Store, User

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


def store_to_open_in(*, user: User, by: Principal) -> Store:
    """Returns the store in which a person opens a drawer: the store of the request, or else the person's own store.

    The store of the request is `Principal.bound_store`. If neither store exists, an admin whose account has exactly one
    active store opens the drawer in that store.

    Raises Forbidden if the person does not work in the store of the request. Raises InvalidInput if no store is known.
    The error says how to name a store.
    """
    store = by.bound_store or user.store or _only_store_of_admin(user)
    if store is None:
        raise InvalidInput.of(
            "store",
            "This person works in no store of their own. To open a drawer, sign in with `store`, the number or UUID of a "
            "store, or send its id as X-Tenant-ID.",
            on_pages=_("This person works in no store. Sign in with a store to open a drawer there."),
        )
    if not works_in(user, store):
        raise _works_elsewhere(store)
    return store


def _only_store_of_admin(user: User) -> Store | None:
    if user.role != Role.ADMIN or user.account_id is None:
        return None
    stores = Store.objects.filter(account_id=user.account_id, is_active=True)[:2]
    return stores[0] if len(stores) == 1 else None


def lock_workplace(*, store: Store, user: User | None) -> int | None:
    """Takes shared locks on the person, the store and the account. Returns the id of the person's open session, or None.

    The locks last until the transaction ends. So nobody can change the three rows before the opening is committed.

    Raises Conflict if the store, its account or the person is inactive, or if the person was assigned to another
    register meanwhile. Raises Forbidden if the person does not work in the store.
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
            _("%(name)s was just assigned to another register. Check the register, then try again.") % {"name": user},
            code="moved_meanwhile",
        )
    open_session: int | None = person.open_session_id  # type: ignore[attr-defined]  # a column of the statement
    return open_session


def _refuse_inactive(found: Any, *, store: Store) -> None:
    if not found.is_store_active:
        raise switched_off(store)


def _works_elsewhere(store: Store) -> Forbidden:
    return Forbidden(_("You do not work in store %(store)s.") % {"store": store.number})


def _shared(statement: str, rows: str) -> str:
    """Adds a shared lock to the statement on PostgreSQL. SQLite needs none, because it has one writer at a time."""
    return f"{statement} FOR SHARE OF {rows}" if connection.vendor == "postgresql" else statement
