"""The store or register of a person does not change while their drawer is open, and nobody opens a drawer after the
change.
"""

from collections.abc import Callable
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from django.db import connection, connections, transaction

from cashdesk.domain.caller.principal import SYSTEM, Principal
from cashdesk.domain.people.access_token import issue_token
from cashdesk.domain.session.closing import force_close_session
from cashdesk.domain.session.opening import open_session
from cashdesk.domain.store.changes_while_open import (
    refuse_change_of_account,
    refuse_change_of_person,
    refuse_change_of_store,
)
from cashdesk.domain.store.organisation import create_store
from cashdesk.enums import PlaceKind, Role, Settling
from cashdesk.errors import Conflict, Forbidden
from cashdesk.models import Account, CashSession, Place, Store, User
from tests.cashdesk.desk import NOON, close_drawer, counted, open_drawer
from tests.cashdesk.test_place import at_once
from tests.factories import StoreFactory, UserFactory
from tests.stories import Cast, make_cast

waits_for_writers = pytest.mark.skipif(
    connection.vendor != "postgresql",
    reason="SQLite in memory never waits for a writer",
)


def changed(row: Any, **values: Any) -> Any:
    """Returns an unsaved row with changes, as a form builds it."""
    found = type(row).objects.get(pk=row.pk)
    for name, value in values.items():
        setattr(found, name, value)
    return found


def move(person: User, **values: Any) -> None:
    """Changes a person if the domain allows it."""
    with transaction.atomic():
        becomes = changed(person, **values)
        refuse_change_of_person(becomes)
        becomes.save()


def switch_off(store: Store) -> None:
    """Switches a store off if the domain allows it."""
    with transaction.atomic():
        becomes = changed(store, is_active=False)
        refuse_change_of_store(becomes)
        becomes.save()


def refused(act: Callable[[], Any]) -> Conflict:
    """Returns the error for an open drawer."""
    with pytest.raises(Conflict) as error:
        act()
    assert error.value.code == "drawer_open"
    return error.value


# --- People -----------------------------------------------------------------------------------------------------------------


def test_a_person_with_an_open_drawer_is_not_moved_reassigned_or_deactivated(cast: Cast) -> None:
    sister = StoreFactory(account=cast.store.account)
    session = open_drawer(cast.carla, 0, station=1)
    moves: tuple[dict[str, Any], ...] = (
        {"store": sister},
        {"store": None, "role": Role.ADMIN},
        {"is_active": False},
        {"register": cast.place(PlaceKind.REGISTER, 2)},
    )
    for values in moves:
        told = refused(lambda values=values: move(cast.carla, **values))
        assert all(word in told.message for word in ("Carla", "register 1", "1337", str(session.pk), "Close it first"))
    assert User.objects.get(pk=cast.carla.pk).store == cast.store
    close_drawer(session, 0)
    for values in moves:
        move(cast.carla, **values)


def test_a_drawer_that_was_closed_without_a_count_holds_nobody(cast: Cast) -> None:
    session = open_drawer(cast.carla, 0)
    force_close_session(session=session, by=SYSTEM, at=NOON, reason="gone home")
    move(cast.carla, is_active=False)
    assert not User.objects.get(pk=cast.carla.pk).is_active


def test_other_changes_of_a_person_are_free(cast: Cast) -> None:
    open_drawer(cast.carla, 0, station=1)
    move(cast.carla, name="Carla Neu", role=Role.MANAGER)
    move(cast.carla, register=cast.place(PlaceKind.REGISTER, 1))
    move(cast.bruno, is_active=False)
    carla = User.objects.get(pk=cast.carla.pk)
    assert (carla.name, carla.role, carla.register) == ("Carla Neu", Role.MANAGER, cast.place(PlaceKind.REGISTER, 1))
    assert not User.objects.get(pk=cast.bruno.pk).is_active


def test_a_register_with_a_drawer_of_somebody_else_is_not_assigned(cast: Cast) -> None:
    first = cast.place(PlaceKind.REGISTER, 1)
    session = open_drawer(cast.bruno, 0, station=1)
    assert "Bruno" in refused(lambda: move(cast.carla, register=first)).message
    left = UserFactory(store=cast.store, register=None)
    move(left, is_active=False)
    move(left, register=first)
    refused(lambda: move(left, is_active=True))
    close_drawer(session, 0)
    move(left, is_active=True)


def test_the_settlement_of_a_register_holds_the_person_who_opened_it(cast: Cast) -> None:
    Place.objects.filter(pk=cast.place(PlaceKind.REGISTER, 2).pk).update(settling=Settling.OPEN, settling_by=cast.carla)
    second = cast.place(PlaceKind.REGISTER, 2)
    for values in ({"is_active": False}, {"store": StoreFactory(account=cast.store.account)}):
        assert "settlement" in refused(lambda values=values: move(cast.carla, **values)).message
    refused(lambda: move(cast.bruno, register=second))
    move(cast.carla, register=second)


def test_a_settlement_of_the_vault_holds_nobody(cast: Cast) -> None:
    Place.objects.filter(pk=cast.place(PlaceKind.VAULT).pk).update(settling=Settling.OPEN, settling_by=cast.erika)
    move(cast.erika, is_active=False)
    assert not User.objects.get(pk=cast.erika.pk).is_active
    switch_off(cast.store)
    assert not Store.objects.get(pk=cast.store.pk).is_active


def test_an_admin_with_a_drawer_elsewhere_does_not_become_a_cashier(cast: Cast) -> None:
    token, _secret = issue_token(user=cast.anna, at=NOON, lifetime=timedelta(hours=1), store=cast.store)
    open_session(user=cast.anna, counted=counted(0), by=Principal(user=cast.anna, token=token), at=NOON)
    sister = StoreFactory(account=cast.store.account)
    Account.objects.filter(pk=cast.store.account_id).update(name="Other")
    User.objects.filter(pk=cast.anna.pk).update(store=sister)
    refused(lambda: move(cast.anna, role=Role.CASHIER))
    assert User.objects.get(pk=cast.anna.pk).role == Role.ADMIN


# --- Stores and accounts ----------------------------------------------------------------------------------------------------


def test_a_store_with_an_open_drawer_is_not_switched_off(cast: Cast) -> None:
    session = open_drawer(cast.carla, 0)
    refused(lambda: switch_off(cast.store))
    account = changed(cast.store.account, is_active=False)
    refused(lambda: refuse_change_of_account(account))
    refuse_change_of_store(changed(cast.store, name="Berlin Mitte"))
    assert Store.objects.get(pk=cast.store.pk).is_active
    close_drawer(session, 0)
    switch_off(cast.store)
    assert not Store.objects.get(pk=cast.store.pk).is_active
    refuse_change_of_account(account)


def test_a_store_whose_register_is_being_settled_is_not_switched_off(cast: Cast) -> None:
    Place.objects.filter(pk=cast.place(PlaceKind.REGISTER, 2).pk).update(settling=Settling.COUNTING)
    assert "Register 2" in refused(lambda: switch_off(cast.store)).message
    refused(lambda: refuse_change_of_account(changed(cast.store.account, is_active=False)))


def test_nothing_is_opened_in_a_store_or_account_that_is_switched_off(cast: Cast) -> None:
    switch_off(cast.store)
    for user in (cast.carla, cast.erika):
        with pytest.raises(Conflict) as error:
            open_drawer(user, 0)
        assert error.value.code == "store_switched_off"
    Store.objects.filter(pk=cast.store.pk).update(is_active=True)
    Account.objects.filter(pk=cast.store.account_id).update(is_active=False)
    with pytest.raises(Conflict):
        open_drawer(cast.carla, 0)
    assert not CashSession.objects.exists()


def test_a_token_of_a_store_that_one_left_opens_nothing_there(cast: Cast) -> None:
    token, _secret = issue_token(user=cast.carla, at=NOON, lifetime=timedelta(hours=1), store=cast.store)
    sister = StoreFactory(account=cast.store.account)
    move(cast.carla, store=sister)
    carla = User.objects.get(pk=cast.carla.pk)
    with pytest.raises(Forbidden):
        open_session(user=carla, counted=counted(0), by=Principal(user=carla, token=token), at=NOON)
    assert open_session(user=carla, counted=counted(0), by=Principal(user=carla), at=NOON).store == sister


def test_who_was_moved_since_the_request_began_opens_nothing(cast: Cast) -> None:
    for values, error in (
        ({"store": StoreFactory(account=cast.store.account)}, Forbidden),
        ({"store": cast.store, "register": cast.place(PlaceKind.REGISTER, 2)}, Conflict),
        ({"is_active": False}, Conflict),
    ):
        User.objects.filter(pk=cast.carla.pk).update(**values)
        with pytest.raises(error):
            open_drawer(cast.carla, 0)


# --- At one moment ----------------------------------------------------------------------------------------------------------


class Beside:
    """Runs an action on its own connection."""

    def __init__(self, act: Callable[[], Any]) -> None:
        self._outcome: Any = None

        def run() -> None:
            try:
                self._outcome = act()
            except Exception as error:  # whatever it is, the test looks at it
                self._outcome = error
            finally:
                connections["default"].close()

        self._thread = Thread(target=run)
        self._thread.start()

    def is_waiting(self) -> bool:
        """Whether the action is still running after half a second."""
        self._thread.join(timeout=0.5)
        return self._thread.is_alive()

    def outcome(self) -> Any:
        """Returns what it returned or raised."""
        self._thread.join(timeout=30)
        return self._outcome


@waits_for_writers
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["store", "person", "away", "account", "register"])
def test_a_change_and_an_opening_at_one_moment_never_both_happen(kind: str) -> None:
    cast = make_cast()
    sister = create_store(account=cast.store.account, number="2", name="Two", currency="EUR", time_zone="UTC")
    first = cast.place(PlaceKind.REGISTER, 1)

    def close_account() -> None:
        with transaction.atomic():
            becomes = changed(cast.store.account, is_active=False)
            refuse_change_of_account(becomes)
            becomes.save()

    changes: dict[str, Callable[[], None]] = {
        "store": lambda: switch_off(cast.store),
        "person": lambda: move(cast.carla, is_active=False),
        "away": lambda: move(cast.carla, store=sister),
        "account": close_account,
        "register": lambda: move(cast.bruno, register=first),
    }
    opened, change = at_once([lambda: open_drawer(cast.carla, 0, station=1), changes[kind]])
    if isinstance(opened, CashSession):
        assert isinstance(change, Conflict), change
        assert change.code == "drawer_open"
    else:
        assert isinstance(opened, Conflict | Forbidden), opened
        assert change is None


@waits_for_writers
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("first", ["opening", "change"])
@pytest.mark.parametrize("kind", ["store", "person", "register"])
def test_the_later_of_an_opening_and_a_change_sees_the_earlier_one(kind: str, first: str) -> None:
    cast = make_cast()
    register = cast.place(PlaceKind.REGISTER, 1)
    changes: dict[str, Callable[[], None]] = {
        "store": lambda: switch_off(cast.store),
        "person": lambda: move(cast.carla, is_active=False),
        "register": lambda: move(cast.bruno, register=register),
    }

    def opening() -> CashSession:
        return open_drawer(cast.carla, 0, station=1)

    earlier, later = (opening, changes[kind]) if first == "opening" else (changes[kind], opening)
    with transaction.atomic():
        earlier()
        waiting = Beside(later)
        assert waiting.is_waiting()
    outcome = waiting.outcome()
    assert isinstance(outcome, Conflict | Forbidden), outcome
