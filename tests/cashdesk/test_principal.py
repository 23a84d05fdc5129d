"""Scope: a cashier sees their own rows, a manager the store, an admin the account, and nobody another account."""

from datetime import timedelta
from typing import Any

import pytest

from cashdesk.domain.caller.principal import SYSTEM, Principal, find_person
from cashdesk.domain.people.access_token import issue_token
from cashdesk.domain.people.api_key import issue_api_key
from cashdesk.enums import Role, Scope, TokenKind
from cashdesk.errors import Forbidden
from cashdesk.models import AccessToken, Account, Store, User, Vendor
from tests.cashdesk.desk import NOON, open_drawer
from tests.factories import AccountFactory, StoreFactory, UserFactory
from tests.stories import Cast


def program(account: Account, scopes: tuple[Scope, ...] = tuple(Scope), **binding: Any) -> Principal:
    """Returns a program with an API key of the account."""
    token, _secret = issue_api_key(name="till", scopes=scopes, by=SYSTEM, at=NOON, account=account, **binding)
    return Principal(token=token)


def signed_in(user: User, store: Store) -> Principal:
    """Returns a person whose token is bound to a store."""
    token, _secret = issue_token(user=user, at=NOON, lifetime=timedelta(hours=1), store=store)
    return Principal(user=user, token=token)


def operator_of_the_installation() -> User:
    """Returns a superuser, who belongs to no account."""
    return User.objects.create_superuser(username="root", email="root@example.com", name="Root")


# --- Roles and scopes -------------------------------------------------------------------------------------------------------


def test_each_role_may_what_the_one_before_it_may(cast: Cast) -> None:
    people = (cast.carla, cast.erika, cast.anna)
    may = [[Principal(user=user).has_role(role) for role in Role] for user in people]
    assert may == [[True, False, False], [True, True, False], [True, True, True]]


def test_whoever_left_may_nothing(cast: Cast) -> None:
    cast.anna.is_active = False
    assert not any(Principal(user=cast.anna).has_role(role) for role in Role)


def test_a_program_stands_where_a_manager_does_and_the_system_may_all(cast: Cast) -> None:
    key = program(cast.store.account)
    assert [key.has_role(role) for role in Role] == [True, True, False]
    assert all(SYSTEM.has_role(role) for role in Role)
    assert (key.is_program, key.is_system, SYSTEM.is_system, SYSTEM.is_program) == (True, False, True, False)


def test_a_key_may_what_its_scopes_say_and_a_person_what_the_role_says(cast: Cast) -> None:
    key = program(cast.store.account, (Scope.PAYMENTS_WRITE,))
    assert [scope for scope in Scope if key.has_scope(scope)] == [Scope.PAYMENTS_WRITE]
    bare = Principal(token=AccessToken(kind=TokenKind.API_KEY, account=cast.store.account))
    assert not any(bare.has_scope(scope) for scope in Scope)
    assert all(signed_in(cast.carla, cast.store).has_scope(scope) for scope in Scope)


def test_how_each_is_named_in_the_books(cast: Cast) -> None:
    key = program(cast.store.account)
    assert key.token is not None
    labels = [Principal(user=cast.carla).label, signed_in(cast.carla, cast.store).label, key.label, SYSTEM.label]
    assert labels == [f"user:{cast.carla.pk}", f"user:{cast.carla.pk}", f"apikey:{key.token.prefix}", "system"]


# --- Stores -----------------------------------------------------------------------------------------------------------------


def test_which_stores_exist_for_whom(cast: Cast) -> None:
    sister = StoreFactory(account=cast.store.account, number="2000")
    everyone: dict[str, tuple[Principal, set[Store]]] = {
        "cashier": (Principal(user=cast.carla), {cast.store}),
        "manager": (Principal(user=cast.erika), {cast.store}),
        "admin": (Principal(user=cast.anna), {cast.store, sister}),
        "stranger": (Principal(user=cast.otto), {cast.otto.store}),
        "program": (program(cast.store.account), {cast.store, sister}),
        "program of a store": (program(cast.store.account, store=sister), {sister}),
        "admin at a store": (signed_in(cast.anna, sister), {sister}),
        "cashier bound elsewhere": (signed_in(cast.carla, sister), set()),
        "system": (SYSTEM, {cast.store, sister, cast.otto.store}),
        "superuser": (Principal(user=operator_of_the_installation()), {cast.store, sister, cast.otto.store}),
    }
    for who, (principal, stores) in everyone.items():
        assert set(principal.stores()) == stores, who


def test_a_key_of_a_vendor_knows_the_stores_of_that_vendor(cast: Cast) -> None:
    vendor = Vendor.objects.create(account=cast.store.account, name="Brand")
    branded = StoreFactory(account=cast.store.account, vendor=vendor)
    assert set(program(cast.store.account, vendor=vendor).stores()) == {branded}


def test_a_store_that_is_switched_off_is_still_known(cast: Cast) -> None:
    cast.store.is_active = False
    cast.store.save()
    for by in (Principal(user=cast.anna), Principal(user=cast.erika), Principal(user=cast.carla)):
        assert set(by.stores()) == {cast.store}
        assert cast.carla in by.people()
    assert not Principal(user=cast.otto).stores().filter(pk=cast.store.pk).exists()


# --- People -----------------------------------------------------------------------------------------------------------------


def test_which_people_exist_for_whom(cast: Cast) -> None:
    sister = StoreFactory(account=cast.store.account, number="2000")
    dora = UserFactory(store=sister, username="dora")
    second_admin = UserFactory(store=None, account=cast.store.account, username="axel", role=Role.ADMIN)
    team = {cast.carla, cast.bruno, cast.erika}
    everyone: dict[str, tuple[Principal, set[User]]] = {
        "cashier": (Principal(user=cast.carla), {cast.carla}),
        "manager": (Principal(user=cast.erika), team),
        "admin": (Principal(user=cast.anna), {*team, dora, cast.anna, second_admin}),
        "stranger": (Principal(user=cast.otto), {cast.otto}),
        "program": (program(cast.store.account), {*team, dora}),
        "program of a store": (program(cast.store.account, store=sister), {dora}),
    }
    for who, (principal, people) in everyone.items():
        assert set(principal.people()) == people, who


def test_whoever_left_is_gone_unless_asked_for(cast: Cast) -> None:
    cast.bruno.is_active = False
    cast.bruno.save()
    by = Principal(user=cast.erika)
    assert cast.bruno not in by.people()
    assert cast.bruno in by.people(with_inactive=True)


# --- Sessions ----------------------------------------------------------------------------------------------------------------


def test_which_sessions_exist_for_whom(cast: Cast) -> None:
    sister = StoreFactory(account=cast.store.account, number="2000")
    carlas, brunos, ottos = open_drawer(cast.carla, 0), open_drawer(cast.bruno, 0), open_drawer(cast.otto, 0)
    doras = open_drawer(UserFactory(store=sister), 0)
    everyone: dict[str, tuple[Principal, set[Any]]] = {
        "cashier": (Principal(user=cast.carla), {carlas}),
        "manager": (Principal(user=cast.erika), {carlas, brunos}),
        "admin": (Principal(user=cast.anna), {carlas, brunos, doras}),
        "stranger": (Principal(user=cast.otto), {ottos}),
        "program": (program(cast.store.account), {carlas, brunos, doras}),
        "system": (SYSTEM, {carlas, brunos, ottos, doras}),
    }
    for who, (principal, sessions) in everyone.items():
        assert set(principal.sessions()) == sessions, who


# --- Naming a person ------------------------------------------------------------------------------------------------------------


def test_everybody_may_name_themselves_or_nobody(cast: Cast) -> None:
    for user in (cast.carla, cast.erika, cast.anna):
        by = Principal(user=user)
        assert find_person(user_id=None, by=by) == user == find_person(user_id=user.pk, by=by)


def test_managers_name_the_people_of_the_store(cast: Cast) -> None:
    for user in (cast.erika, cast.anna):
        assert find_person(user_id=cast.carla.pk, by=Principal(user=user)) == cast.carla
    assert find_person(user_id=cast.carla.pk, by=program(cast.store.account)) == cast.carla


NEVER_USED = (999_999, 0, -1, 2**63, 10**30)


@pytest.mark.parametrize("who", ["carla", "erika", "anna", "otto"])
def test_all_others_are_refused_like_an_id_that_was_never_used(cast: Cast, who: str) -> None:
    by = Principal(user=getattr(cast, who))
    strangers = {"carla": [cast.bruno, cast.erika, cast.otto], "otto": [cast.carla, cast.erika]}.get(who, [cast.otto])
    numbers = [*NEVER_USED, *(stranger.pk for stranger in strangers)]
    answers = set()
    for number in numbers:
        with pytest.raises(Forbidden) as refused:
            find_person(user_id=number, by=by)
        answers.add((refused.value.message, refused.value.code, str(refused.value.errors)))
    assert len(answers) == 1


def test_a_program_must_name_the_person(cast: Cast) -> None:
    with pytest.raises(Forbidden) as refused:
        find_person(user_id=None, by=program(cast.store.account))
    assert set(refused.value.errors) == {"user_id"}
    with pytest.raises(Forbidden):
        find_person(user_id=cast.carla.pk, by=program(AccountFactory()))


def test_whoever_left_is_not_found(cast: Cast) -> None:
    cast.bruno.is_active = False
    cast.bruno.save()
    with pytest.raises(Forbidden):
        find_person(user_id=cast.bruno.pk, by=Principal(user=cast.erika))
