"""The constraints on people and stores."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from cashdesk.domain.people.person import create_person
from cashdesk.domain.store.organisation import create_account, create_store
from cashdesk.enums import (
    PlaceKind,
    Role,
    TokenKind,
)
from cashdesk.models import (
    AccessToken,
    Place,
    Store,
    User,
    Vendor,
)

# --- People and organisation --------------------------------------------------------------------------------------------------------
from tests.cashdesk.desk import NOON, assert_refused, open_drawer
from tests.factories import StoreFactory, UserFactory
from tests.stories import Cast


@pytest.mark.parametrize("field", ["username", "email", "rut"])
def test_what_one_signs_in_with_is_unique_in_any_capitals(cast: Cast, field: str) -> None:
    carla = User.objects.get(pk=cast.carla.pk)
    carla.rut = "11.111.111-k"
    carla.save()
    taken = getattr(carla, field).upper()
    person: dict[str, Any] = {"username": "new", "email": "new@example.com", "rut": "", field: taken}
    with pytest.raises(ValidationError):
        create_person(account=cast.store.account, store=cast.store, name="New", role=Role.CASHIER, **person)
    with pytest.raises(IntegrityError), transaction.atomic():
        User(account=cast.store.account, store=cast.store, name="New", **person).save()


def test_many_people_may_have_no_tax_id_and_no_code(cast: Cast) -> None:
    assert User.objects.filter(account=cast.store.account, rut="", operator_code="").count() >= 2


def test_a_code_is_unique_in_the_account(cast: Cast) -> None:
    User.objects.filter(pk=cast.carla.pk).update(operator_code="7")
    User.objects.filter(pk=cast.otto.pk).update(operator_code="7")
    cast.bruno.operator_code = "7"
    assert_refused(cast.bruno, "person_operator_code_once_per_account")


def test_everybody_but_an_operator_of_the_installation_belongs_to_an_account(db: None) -> None:
    assert_refused(User(username="x", email="x@example.com", name="X"), "person_belongs_to_an_account")
    root = User.objects.create_superuser(
        username="root", email="Root@Example.com", name="Root", password="secret-of-root"
    )
    assert (root.account, root.email, root.is_staff, root.check_password("secret-of-root")) == (
        None,
        "root@example.com",
        True,
        True,
    )


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        (lambda cast: {"store": cast.otto.store}, "store"),
        (lambda _cast: {"store": None}, "store"),
        (lambda cast: {"store": cast.store, "register": cast.place(PlaceKind.VAULT)}, "register"),
        (
            lambda cast: {
                "store": cast.store,
                "register": Place.objects.get(store=cast.otto.store, kind=PlaceKind.REGISTER, number=1),
            },
            "register",
        ),
    ],
)
def test_a_person_works_in_a_store_and_at_a_register_of_their_account(cast: Cast, fields: Any, field: str) -> None:
    with pytest.raises(ValidationError) as error:
        UserFactory(account=cast.store.account, **fields(cast))
    assert set(error.value.message_dict) == {field}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"currency": "XXX"}, "currency"), ({"currency": "eur"}, "currency"), ({"currency": ""}, "currency"),
        ({"time_zone": "Berlin"}, "time_zone"), ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"cut_off_hour": 24}, "cut_off_hour"), ({"cut_off_hour": -1}, "cut_off_hour"),
        ({"tolerance_minor": -1}, "tolerance_minor"),
    ],
)  # fmt: skip
def test_a_store_that_cannot_be_is_refused(db: None, fields: dict[str, Any], field: str) -> None:
    usual: dict[str, Any] = {"number": "1", "name": "Shop", "currency": "EUR", "time_zone": "Europe/Berlin"}
    with pytest.raises(ValidationError) as error:
        create_store(account=create_account(name="A"), **{**usual, **fields})
    assert field in error.value.message_dict
    assert not Store.objects.exists()
    assert not Place.objects.exists()


def test_the_number_of_a_store_is_unique_in_the_account(cast: Cast) -> None:
    with pytest.raises(ValidationError):
        StoreFactory(account=cast.store.account, number="1337")
    assert StoreFactory(number="1337").number == "1337"


def test_the_currency_of_a_store_stays_once_money_has_moved(cast: Cast) -> None:
    cast.store.currency = "USD"
    cast.store.full_clean()
    cast.store.currency = "EUR"
    open_drawer(cast.carla, 100)
    cast.store.currency = "USD"
    with pytest.raises(ValidationError):
        cast.store.full_clean()


def test_the_vendor_of_a_store_is_of_its_account(cast: Cast) -> None:
    with pytest.raises(ValidationError):
        StoreFactory(account=cast.store.account, vendor=Vendor.objects.create(account=cast.otto.account, name="Theirs"))


@pytest.mark.parametrize(("kind", "has_user"), [(TokenKind.SIGN_IN, False), (TokenKind.API_KEY, True)])
def test_a_token_speaks_for_a_person_or_a_program(cast: Cast, kind: str, has_user: bool) -> None:
    token = AccessToken(kind=kind, user=cast.carla if has_user else None, digest="x", created_at=NOON)
    assert_refused(token, "token_speaks_for_one")
