"""Registers are added, named, and switched off and on by the managers of their store."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from cashdesk.domain.caller.edit import as_seen
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.people.person import change_person
from cashdesk.domain.session.closing import force_close_session
from cashdesk.domain.session.register_settings import (
    NUMBER_MAX,
    add_register,
    next_number,
    rename_register,
    switch_register_off,
    switch_register_on,
)
from cashdesk.domain.session.register_to_open import stations_for
from cashdesk.enums import PlaceKind
from cashdesk.errors import ChangedMeanwhile, Conflict, DomainError, Forbidden, InvalidInput
from cashdesk.models import AuditEntry, Place, User
from tests.cashdesk.desk import NOON, close_drawer, minutes, open_drawer
from tests.stories import Cast


def off(cast: Cast, register: Place, *, user: User | None = None) -> None:
    """Erika, or `user`, switches a register off."""
    switch_register_off(register=register, by=Principal(user=user or cast.erika), at=NOON)


def refused(cast: Cast, register: Place) -> str:
    """Returns why a register is not switched off. It stays on."""
    with pytest.raises(Conflict) as error:
        off(cast, register)
    assert Place.objects.get(pk=register.pk).is_active
    return error.value.message


def test_a_register_is_added_with_the_next_number_or_its_own(cast: Cast) -> None:
    by = Principal(user=cast.erika)
    last = next_number(cast.store) - 1
    following = add_register(store=cast.store, number=None, name="", by=by, at=NOON)
    bar = add_register(store=cast.store, number=last + 40, name="Bar", by=by, at=NOON)
    assert (following.number, str(following)) == (last + 1, f"Register {last + 1}")
    assert str(bar) == f"Register {last + 40} (Bar)"
    entry = AuditEntry.objects.get(action="register.added", subject=f"place:{bar.pk}")
    assert (entry.store, entry.user, entry.detail) == (cast.store, cast.erika, {"name": "Bar"})
    assert open_drawer(cast.carla, 100_00, station=bar.number).register == bar


@pytest.mark.parametrize(("number", "name", "field"), [
    (1, "", "number"), (0, "", "number"), (NUMBER_MAX + 1, "", "number"), (None, "x" * 41, "name"),
])  # fmt: skip
def test_a_wrong_number_or_name_names_its_field(cast: Cast, number: int | None, name: str, field: str) -> None:
    with pytest.raises(InvalidInput) as error:
        add_register(store=cast.store, number=number, name=name, by=Principal(user=cast.erika), at=NOON)
    assert list(error.value.errors) == [field]
    assert not AuditEntry.objects.filter(action="register.added").exists()


def test_only_managers_of_the_store_change_its_registers(cast: Cast) -> None:
    register = cast.place(PlaceKind.REGISTER, 1)
    for user in (cast.carla, cast.otto):
        by = Principal(user=user)
        acts: list[Any] = [
            lambda by=by: add_register(store=cast.store, number=None, name="", by=by, at=NOON),
            lambda by=by: rename_register(register=register, name="Bar", by=by, at=NOON),
            lambda by=by: switch_register_off(register=register, by=by, at=NOON),
            lambda by=by: switch_register_on(register=register, by=by, at=NOON),
        ]
        for act in acts:
            with pytest.raises(Forbidden):
                act()
    off(cast, register, user=cast.anna)
    assert not Place.objects.get(pk=register.pk).is_active


def test_a_name_that_somebody_else_changed_meanwhile_is_not_overwritten(cast: Cast) -> None:
    register, by = cast.place(PlaceKind.REGISTER, 1), Principal(user=cast.erika)
    seen = as_seen(register, ["name"])
    rename_register(register=register, name="Bar", by=by, at=NOON, seen=seen)
    with pytest.raises(ChangedMeanwhile) as error:
        rename_register(register=register, name="Garden", by=Principal(user=cast.anna), at=NOON, seen=seen)
    assert error.value.facts["fields"] == ["name"]
    assert Place.objects.get(pk=register.pk).name == "Bar"
    entries = AuditEntry.objects.filter(action="register.renamed")
    assert [entry.detail for entry in entries] == [{"changes": {"name": ["", "Bar"]}}]


def test_a_register_that_is_switched_off_is_not_opened_and_not_offered(cast: Cast) -> None:
    register = cast.place(PlaceKind.REGISTER, 1)
    off(cast, register)
    off(cast, register)
    assert AuditEntry.objects.filter(action="register.switched_off").count() == 1
    with pytest.raises(Conflict) as error:
        open_drawer(cast.carla, 100_00, station=1)
    assert error.value.code == "register_switched_off"
    assert error.value.message == "Register 1 is switched off. Choose another register."
    offered = stations_for(user=cast.carla, store=cast.store, by=Principal(user=cast.carla))
    assert 1 not in [station.register.number for station in offered]
    assert open_drawer(cast.carla, 100_00).register.number != 1
    switch_register_on(register=register, by=Principal(user=cast.erika), at=NOON)
    assert open_drawer(cast.bruno, 100_00, station=1).register == register


def test_an_open_register_is_not_switched_off(cast: Cast) -> None:
    session = open_drawer(cast.carla, 100_00, station=1)
    told = refused(cast, session.register)
    assert all(word in told for word in ("Carla", "register 1", "Close it first")), told
    close_drawer(session, 100_00)
    off(cast, session.register)


def test_a_register_with_cash_that_nobody_counted_is_not_switched_off(cast: Cast) -> None:
    session = open_drawer(cast.carla, 100_00, station=1)
    force_close_session(session=session, by=Principal(user=cast.erika), at=minutes(5), reason="left open")
    told = refused(cast, session.register)
    assert told == "There is cash in register 1 that nobody has counted. Open the register, count it and close it."
    close_drawer(open_drawer(cast.bruno, 90_00, station=1), 90_00)
    off(cast, session.register)


def test_a_register_that_somebody_is_assigned_to_is_not_switched_off(cast: Cast) -> None:
    register, by = cast.place(PlaceKind.REGISTER, 1), Principal(user=cast.anna)
    cast.carla.register = register
    change_person(user=cast.carla, fields=["register"], by=by, at=NOON)
    assert refused(cast, register) == "Carla is assigned to register 1. Assign them to another register first."
    cast.carla.register = None
    change_person(user=cast.carla, fields=["register"], by=by, at=NOON)
    off(cast, register)
    cast.carla.register = register
    with pytest.raises(DomainError, match="switched off"):
        change_person(user=cast.carla, fields=["register"], by=by, at=NOON)


def test_only_registers_have_a_name_and_are_switched_off(cast: Cast) -> None:
    for changed in ({"name": "Safe"}, {"is_active": False}):
        with pytest.raises(IntegrityError, match="place_only_registers_are_named"), transaction.atomic():
            Place.objects.filter(pk=cast.place(PlaceKind.VAULT).pk).update(**changed)
