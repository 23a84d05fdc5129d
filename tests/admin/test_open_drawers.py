"""The forms of people, stores and accounts refuse changes that an open drawer forbids, and keep the input."""

from typing import Any

import pytest
from django.test import Client

from cashdesk.enums import PlaceKind
from cashdesk.models import Account, AuditEntry, Store, User
from tests.admin.back_office import page_of, sits_down
from tests.admin.test_person import change, errors_of
from tests.cashdesk.desk import close_drawer, open_drawer
from tests.factories import StoreFactory
from tests.stories import Cast


@pytest.fixture
def anna(cast: Cast) -> Client:
    """Anna's browser."""
    return sits_down(cast.anna)


def test_a_person_with_an_open_drawer_stays_where_they_are(cast: Cast, anna: Client) -> None:
    session = open_drawer(cast.carla, 0, station=1)
    second = cast.place(PlaceKind.REGISTER, 2)
    moves: list[dict[str, Any]] = [
        {"is_active": None},
        {"store": StoreFactory(account=cast.store.account).pk},
        {"register": second.pk},
    ]
    for values in moves:
        answer = anna.post(page_of(cast.carla), change(cast.carla, name="Carla Neu", **values))
        told = str(errors_of(answer)["__all__"])
        assert all(word in told for word in ("Carla", "register 1", "1337", "Close it first")), told
        assert 'value="Carla Neu"' in answer.content.decode()
    kept = User.objects.get(pk=cast.carla.pk)
    assert (kept.name, kept.is_active, kept.store, kept.register) == ("Carla", True, cast.store, None)
    assert not AuditEntry.objects.filter(action="person.changed").exists()
    close_drawer(session, 0)
    assert anna.post(page_of(cast.carla), change(cast.carla, register=second.pk)).status_code == 302
    assert User.objects.get(pk=cast.carla.pk).register == second


def test_a_register_that_somebody_has_open_is_not_assigned(cast: Cast, anna: Client) -> None:
    open_drawer(cast.bruno, 0, station=2)
    answer = anna.post(page_of(cast.carla), change(cast.carla, register=cast.place(PlaceKind.REGISTER, 2).pk))
    assert "Bruno" in str(errors_of(answer)["__all__"])


def test_a_store_and_an_account_with_an_open_drawer_are_not_switched_off(
    cast: Cast, anna: Client, operator: User
) -> None:
    session = open_drawer(cast.carla, 0)
    shop = {
        "name": "Berlin",
        "time_zone": "Europe/Berlin",
        "cut_off_hour": 0,
        "tolerance_minor": "0",
        "tolerance_basis_points": 0,
        "number": "1337",
        "currency": "EUR",
    }
    office = sits_down(operator)
    account = cast.store.account
    assert "register 1" in str(errors_of(anna.post(page_of(cast.store), shop))["__all__"])
    assert "register 1" in str(errors_of(office.post(page_of(account), {"name": account.name}))["__all__"])
    assert Store.objects.get(pk=cast.store.pk).is_active
    close_drawer(session, 0)
    assert anna.post(page_of(cast.store), shop).status_code == 302
    assert office.post(page_of(account), {"name": account.name}).status_code == 302
    assert not Store.objects.get(pk=cast.store.pk).is_active
    assert not Account.objects.get(pk=account.pk).is_active
