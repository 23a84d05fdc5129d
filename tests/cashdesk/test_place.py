"""Places: their locks, and the register of each person."""

from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection, connections, transaction

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.people.access_token import issue_token
from cashdesk.domain.session.register_to_open import register_for
from cashdesk.domain.store.organisation import PLACES_OF_A_STORE
from cashdesk.domain.store.place import places_of, register_at
from cashdesk.domain.store.place_lock import lock_places, mark_transition
from cashdesk.domain.store.register_holder import refuse_register_of_another
from cashdesk.enums import PlaceKind
from cashdesk.errors import Forbidden, InvalidInput
from cashdesk.models import CashSession, Place, User
from tests.cashdesk.desk import NOON, close_drawer, open_drawer
from tests.factories import StoreFactory, UserFactory
from tests.stories import Cast, counted_queries, make_cast

waits_for_writers = pytest.mark.skipif(
    "connection.vendor != 'postgresql'",
    reason="SQLite in memory never waits for a writer; tests/storms does the same on a file",
)


def register_of(user: User, *, by: Principal | None = None, station: int | None = None) -> int:
    """Returns the number of the register that a person would open in their store."""
    assert user.store is not None
    with transaction.atomic():
        return register_for(user=user, store=user.store, by=by or Principal(user=user), station=station).number


def bound_to(user: User, register: Place) -> Principal:
    """Returns a person whose token is bound to a register."""
    token, _secret = issue_token(
        user=user, at=NOON, lifetime=timedelta(hours=1), store=register.store, register=register
    )
    return Principal(user=user, token=token)


def test_a_new_store_has_its_places_and_the_vault_is_locked_first(cast: Cast) -> None:
    places = list(Place.objects.filter(store=cast.store).order_by("pk"))
    assert [place.kind for place in places] == [*PLACES_OF_A_STORE, PlaceKind.REGISTER, PlaceKind.REGISTER]
    assert places[0].kind == PlaceKind.VAULT
    assert [str(place) for place in places[-2:]] == ["Register 1", "Register 2"]


def test_the_ends_of_a_store_come_in_one_query_and_without_registers(cast: Cast) -> None:
    with counted_queries() as queries:
        ends = places_of(cast.store)
    assert len(queries) == 1
    assert set(ends) == set(PlaceKind) - {PlaceKind.REGISTER}
    assert {place.store_id for place in ends.values()} == {cast.store.pk}


def test_the_lowest_free_register_is_given(cast: Cast) -> None:
    assert register_of(cast.carla) == 1
    session = open_drawer(cast.bruno, 0, station=1)
    assert register_of(cast.carla) == 2
    close_drawer(session, 0)
    assert register_of(cast.carla) == 1


def test_where_none_is_free_the_store_gets_one_more(cast: Cast) -> None:
    open_drawer(cast.bruno, 0)
    open_drawer(cast.erika, 0)
    assert open_drawer(cast.carla, 0).register.number == 3
    assert Place.objects.filter(store=cast.store, kind=PlaceKind.REGISTER).count() == 3


def test_a_register_that_somebody_is_assigned_to_is_not_free(cast: Cast) -> None:
    assigned = UserFactory(store=cast.store, register=cast.place(PlaceKind.REGISTER, 1))
    assert (register_of(assigned), register_of(cast.carla)) == (1, 2)
    assigned.is_active = False
    assigned.save()
    assert register_of(cast.carla) == 1


def test_the_register_of_the_token_comes_before_the_assigned_one(cast: Cast) -> None:
    user = UserFactory(store=cast.store, register=cast.place(PlaceKind.REGISTER, 1))
    second = cast.place(PlaceKind.REGISTER, 2)
    assert register_of(user, by=bound_to(user, second)) == 2
    assert register_of(user) == 1


def test_a_token_of_another_store_says_nothing_here(cast: Cast) -> None:
    sister = StoreFactory(account=cast.store.account)
    there = Place.objects.get(store=sister, kind=PlaceKind.REGISTER, number=2)
    assert register_of(cast.carla, by=bound_to(cast.carla, there)) == 1


def test_a_cashier_may_name_their_own_or_a_free_register(cast: Cast) -> None:
    assert register_of(cast.carla, station=2) == 2
    own = UserFactory(store=cast.store, register=cast.place(PlaceKind.REGISTER, 2))
    assert register_of(own, station=2) == 2
    assert register_of(own, station=1) == 1
    with pytest.raises(Forbidden):
        register_of(cast.carla, station=2)


def test_a_cashier_who_signed_in_at_a_register_stays_there(cast: Cast) -> None:
    by = bound_to(cast.carla, cast.place(PlaceKind.REGISTER, 1))
    assert register_of(cast.carla, by=by, station=1) == 1
    with pytest.raises(Forbidden):
        register_of(cast.carla, by=by, station=2)


def test_a_manager_may_name_any_register(cast: Cast) -> None:
    first = cast.place(PlaceKind.REGISTER, 1)
    UserFactory(store=cast.store, register=first)
    refuse_register_of_another(register=first, by=Principal(user=cast.erika))
    assert register_of(cast.carla, by=Principal(user=cast.erika), station=1) == 1
    with pytest.raises(Forbidden):
        refuse_register_of_another(register=first, by=Principal(user=cast.carla))


@pytest.mark.parametrize("station", [0, -1, 3, 2**31, 2**63, 10**30])
def test_a_station_that_is_not_there_is_refused(cast: Cast, station: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        register_at(store=cast.store, station=station)
    assert set(refused.value.errors) == {"station"}


def test_the_vault_is_no_register(cast: Cast) -> None:
    assert {register_at(store=cast.store, station=number).kind for number in (1, 2)} == {PlaceKind.REGISTER}
    with pytest.raises(InvalidInput):
        register_at(store=cast.store, station=0)


# --- Locks -----------------------------------------------------------------------------------------------------------------


def test_places_are_locked_in_the_order_of_their_ids(cast: Cast) -> None:
    vault, first, second = (
        cast.place(PlaceKind.VAULT),
        cast.place(PlaceKind.REGISTER, 1),
        cast.place(PlaceKind.REGISTER, 2),
    )
    with transaction.atomic(), counted_queries() as queries:
        held = lock_places(exclusive=[second, first], shared=[vault])
    assert list(held) == sorted([vault.pk, first.pk, second.pk])
    assert len(queries) == 3


def test_a_transition_and_a_posting_lock_differently(cast: Cast) -> None:
    vault, register = cast.place(PlaceKind.VAULT), cast.place(PlaceKind.REGISTER, 1)
    with transaction.atomic(), counted_queries() as queries:
        lock_places(exclusive=[register], shared=[vault])
    shared, exclusive = (query["sql"] for query in queries.captured_queries)
    if connection.vendor == "postgresql":
        assert "FOR SHARE" in shared
        assert "FOR NO KEY UPDATE" in exclusive
    else:
        assert "FOR " not in shared + exclusive


def test_a_place_locked_both_ways_is_locked_exclusively(cast: Cast) -> None:
    register = cast.place(PlaceKind.REGISTER, 1)
    with transaction.atomic(), counted_queries() as queries:
        lock_places(exclusive=[register], shared=[register])
    assert len(queries) == 1
    assert "FOR SHARE" not in queries.captured_queries[0]["sql"]


def test_what_is_locked_is_read_anew(cast: Cast) -> None:
    stale = cast.place(PlaceKind.REGISTER, 1)
    mark_transition(stale)
    with transaction.atomic():
        assert lock_places(shared=[stale])[stale.pk].transitions == stale.transitions + 1


@waits_for_writers
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("registers", [1, 2])
def test_two_people_who_open_at_once_get_two_registers(registers: int) -> None:
    cast = make_cast(registers=registers)
    outcomes = at_once([lambda user=user: open_drawer(user, 0) for user in (cast.carla, cast.bruno)])
    assert {type(outcome) for outcome in outcomes} == {CashSession}, outcomes
    assert {session.register.number for session in CashSession.objects.all()} == {1, 2}


@waits_for_writers
@pytest.mark.django_db(transaction=True)
def test_one_person_who_opens_twice_at_once_gets_one_drawer() -> None:
    cast = make_cast()
    outcomes = at_once([lambda station=station: open_drawer(cast.carla, 0, station=station) for station in (1, 2)])
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["CashSession", "SessionAlreadyOpen"]
    assert CashSession.objects.count() == 1


def at_once(acts: list[Any]) -> list[Any]:
    """Runs all actions in threads that start together. Returns the result or error of each."""
    start = Barrier(len(acts))
    outcomes: list[Any] = [None] * len(acts)

    def run(number: int) -> None:
        try:
            start.wait(timeout=30)
            outcomes[number] = acts[number]()
        except Exception as error:  # whatever it is, the test looks at it
            outcomes[number] = error
        finally:
            connections["default"].close()

    threads = [Thread(target=run, args=(number,)) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes
