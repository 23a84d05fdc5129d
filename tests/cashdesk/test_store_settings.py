"""Stores and payment methods are changed by admins of the account; each change is in the audit trail."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from cashdesk.domain.caller.edit import as_seen
from cashdesk.domain.caller.principal import SYSTEM, Principal
from cashdesk.domain.store.payment_method_settings import add_payment_method, change_payment_method
from cashdesk.domain.store.store_settings import add_store, change_store
from cashdesk.enums import PlaceKind
from cashdesk.errors import ChangedMeanwhile, Conflict, Forbidden, InvalidInput
from cashdesk.models import AuditEntry, PaymentMethod, Place, Store, User
from tests.cashdesk.desk import NOON, close_drawer, open_drawer, sell
from tests.stories import Cast


def changed(cast: Cast, *, user: User | None = None, seen: dict[str, str] | None = None, **values: Any) -> bool:
    """Anna, or `user`, changes the store, from a page that she opened before."""
    store = Store.objects.get(pk=cast.store.pk)
    for name, value in values.items():
        setattr(store, name, value)
    return change_store(store=store, fields=list(values), by=Principal(user=user or cast.anna), at=NOON, seen=seen)


def saved(cast: Cast) -> Store:
    """Returns the store as it is in the database."""
    return Store.objects.get(pk=cast.store.pk)


def test_a_change_tells_the_old_and_the_new_value(cast: Cast) -> None:
    assert changed(cast, name="Berlin Mitte", tolerance_minor=5_00)
    assert not changed(cast, name="Berlin Mitte")
    entry = AuditEntry.objects.get(action="store.changed")
    assert (entry.store, entry.user, entry.subject) == (cast.store, cast.anna, f"store:{cast.store.pk}")
    before = cast.store.tolerance_minor
    changes = {"name": ["Berlin", "Berlin Mitte"], "tolerance_minor": [before, 5_00]}
    assert entry.detail == {"fields": ["name", "tolerance_minor"], "changes": changes}


def test_only_admins_of_the_account_change_its_stores(cast: Cast) -> None:
    for user in (cast.carla, cast.erika, cast.otto):
        with pytest.raises(Forbidden):
            changed(cast, user=user, name="Mine")
        new = Store(account=cast.store.account, number="9", name="New", currency="EUR", time_zone="UTC")
        with pytest.raises(Forbidden):
            add_store(store=new, registers=1, by=Principal(user=user), at=NOON)
    assert saved(cast).name == "Berlin"
    assert not Store.objects.filter(number="9").exists()


def test_the_second_of_two_edits_is_told_and_overwrites_nothing(cast: Cast) -> None:
    seen = as_seen(saved(cast), ["name", "tolerance_minor"])
    changed(cast, seen=seen, name="Berlin Mitte")
    with pytest.raises(ChangedMeanwhile) as error:
        changed(cast, seen=seen, name="Berlin", tolerance_minor=9_00)
    assert error.value.facts == {"fields": ["name"]}
    assert (saved(cast).name, saved(cast).tolerance_minor) == ("Berlin Mitte", cast.store.tolerance_minor)


def test_an_edit_of_other_fields_does_not_matter(cast: Cast) -> None:
    seen = as_seen(saved(cast), ["name"])
    changed(cast, tolerance_minor=9_00)
    assert changed(cast, seen=seen, name="Berlin Mitte")
    assert (saved(cast).name, saved(cast).tolerance_minor) == ("Berlin Mitte", 9_00)


def test_the_currency_stays_once_money_moved(cast: Cast) -> None:
    sell(open_drawer(cast.carla, 0), 5_00)
    with pytest.raises(ValidationError) as error:
        changed(cast, currency="USD", name="Dollar Store")
    assert error.value.message_dict == {
        "currency": ["You cannot change the currency. Money has already moved in this store."]
    }
    assert (saved(cast).currency, saved(cast).name) == ("EUR", "Berlin")
    assert not AuditEntry.objects.filter(action="store.changed").exists()


def test_a_store_with_an_open_drawer_is_neither_switched_off_nor_put_under_settlement(cast: Cast) -> None:
    session = open_drawer(cast.carla, 0)
    for values in ({"is_active": False}, {"requires_settlement": True}):
        with pytest.raises(Conflict) as error:
            changed(cast, **values)
        assert error.value.code == "drawer_open"
    close_drawer(session, 0)
    assert changed(cast, requires_settlement=True)


def test_a_new_store_gets_its_places(cast: Cast) -> None:
    new = Store(account=cast.store.account, number="9", name="New", currency="EUR", time_zone="UTC")
    made = add_store(store=new, registers=2, by=Principal(user=cast.anna), at=NOON)
    assert Place.objects.filter(store=made, kind=PlaceKind.REGISTER).count() == 2
    assert Place.objects.filter(store=made, kind=PlaceKind.VAULT).count() == 1
    assert AuditEntry.objects.get(action="store.created").store == made
    again = Store(account=cast.store.account, number="9", name="Again", currency="EUR", time_zone="UTC")
    with pytest.raises(InvalidInput, match="Another store of the account has this number"):
        add_store(store=again, registers=1, by=SYSTEM, at=NOON)


def test_a_payment_method_is_added_renamed_and_switched_off(cast: Cast) -> None:
    by, account = Principal(user=cast.anna), cast.store.account
    voucher = add_payment_method(method=PaymentMethod(account=account, code="VOUCHER", name="Voucher"), by=by, at=NOON)
    voucher.name, voucher.is_active = "Gift voucher", False
    assert change_payment_method(method=voucher, fields=["name", "is_active"], by=by, at=NOON)
    entry = AuditEntry.objects.get(action="payment_method.changed")
    assert entry.account == account
    assert entry.detail["changes"] == {"is_active": [True, False], "name": ["Voucher", "Gift voucher"]}
    for user in (cast.erika, cast.otto):
        with pytest.raises(Forbidden):
            change_payment_method(method=voucher, fields=["name"], by=Principal(user=user), at=NOON)


def test_cash_is_not_switched_off(cast: Cast) -> None:
    cash = PaymentMethod.objects.get(account=cast.store.account, code="CASH")
    cash.is_active = False
    with pytest.raises(ValidationError) as error:
        change_payment_method(method=cash, fields=["is_active"], by=Principal(user=cast.anna), at=NOON)
    assert error.value.message_dict == {"is_active": ["Cash cannot be switched off. Drawers and the safe hold it."]}
