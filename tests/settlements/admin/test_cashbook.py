"""The cashbook accounts: a manager adds and retires them, and the meaning of a code never changes."""

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client

from cashdesk.models import AuditEntry
from settlements.domain.cashbook import keep_usual_accounts
from settlements.enums import USUAL_ACCOUNTS
from settlements.models import CashbookAccount
from tests.admin.back_office import list_of, new, page_of, sits_down
from tests.factories import StoreFactory
from tests.roles import owning
from tests.stories import Cast, caller, make_cast

migration = import_module("settlements.migrations.0008_account_numbers")


@pytest.fixture
def cast(db: None) -> Cast:
    """The cast, in a shop that never opened a settlement and has no accounts."""
    return make_cast()


@pytest.fixture
def erika(cast: Cast) -> Client:
    """Erika's browser."""
    return sits_down(cast.erika)


def parking(cast: Cast, **changed: Any) -> dict[str, Any]:
    """The form data of a new account for parking."""
    return {
        "store": cast.store.pk,
        "type": "CASHREGISTER",
        "direction": "EXPENSE",
        "code": "PARKING",
        "description": "Parking fees",
        "is_active": "on",
        **changed,
    }


def errors_of(response: Any) -> dict[str, list[str]]:
    """Returns the errors of a form that was shown again, by field."""
    assert response.status_code == 200
    return dict(response.context["adminform"].form.errors)


def codes(cast: Cast) -> list[str]:
    """Returns the codes under which the API lets a register pay out."""
    answer = caller(cast.carla).get("/cashbookaccounts/cashregister").json()
    return [account["code"] for account in answer["expensesAccounts"]]


def test_a_manager_adds_a_reason_beside_the_usual_ones(cast: Cast, erika: Client) -> None:
    assert erika.post(new(CashbookAccount), parking(cast)).status_code == 302
    account = CashbookAccount.objects.get(code="PARKING")
    assert (account.store, account.is_active) == (cast.store, True)
    assert CashbookAccount.objects.filter(store=cast.store).count() == len(USUAL_ACCOUNTS) + 1
    assert {"PARKING", "SUPPLIES"} <= set(codes(cast))
    entry = AuditEntry.objects.get(action="cashbook_account.created")
    assert (entry.subject, entry.store, entry.user) == (f"cashbook_account:{account.pk}", cast.store, cast.erika)


def test_a_manager_retires_a_reason_and_what_it_means_stays(cast: Cast, erika: Client) -> None:
    erika.post(new(CashbookAccount), parking(cast))
    account = CashbookAccount.objects.get(code="PARKING")
    changed = parking(cast, code="LUNCH", direction="REVENUE", type="VAULT", description="Car park", is_active="")
    assert erika.post(page_of(account), {key: value for key, value in changed.items() if value}).status_code == 302
    account.refresh_from_db()
    assert (account.description, account.is_active) == ("Car park", False)
    assert (account.code, account.direction, account.type) == ("PARKING", "EXPENSE", "CASHREGISTER")
    assert "PARKING" not in codes(cast)
    told = AuditEntry.objects.get(action="cashbook_account.changed").detail
    assert told["fields"] == ["description", "is_active"]
    assert told["changes"]["is_active"] == [True, False]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"code": ""}, "code"),
        ({"code": "x" * 51}, "code"),
        ({"code": "SUPPLIES"}, "__all__"),
        ({"type": "DRAWER"}, "type"),
        ({"direction": "UP"}, "direction"),
        ({"description": ""}, "description"),
        ({"store": ""}, "store"),
    ],
)
def test_what_does_not_fit_is_said(cast: Cast, erika: Client, changed: dict[str, Any], field: str) -> None:
    assert field in errors_of(erika.post(new(CashbookAccount), parking(cast, **changed)))
    assert not CashbookAccount.objects.filter(description="Parking fees").exists()


def test_a_manager_numbers_a_reason_and_changes_the_number(cast: Cast, erika: Client) -> None:
    assert erika.post(new(CashbookAccount), parking(cast, number="310")).status_code == 302
    account = CashbookAccount.objects.get(code="PARKING")
    assert account.number == "310"
    assert erika.post(page_of(account), parking(cast, number="311")).status_code == 302
    account.refresh_from_db()
    assert account.number == "311"
    told = AuditEntry.objects.get(action="cashbook_account.changed").detail
    assert told["fields"] == ["number"]
    assert erika.post(page_of(account), parking(cast)).status_code == 302
    account.refresh_from_db()
    assert account.number == ""


@pytest.mark.parametrize(
    ("changed", "field", "text"),
    [
        ({"number": "103"}, "number", "Another account of the store already has this number."),
        ({"number": "SUPPLIES"}, "number", "Another account of the store has this code."),
        ({"code": "103"}, "code", "Another account of the store has this number."),
    ],
)
def test_a_number_and_a_code_name_one_reason(
    cast: Cast, erika: Client, changed: dict[str, Any], field: str, text: str
) -> None:
    assert errors_of(erika.post(new(CashbookAccount), parking(cast, **changed)))[field] == [text]
    assert not CashbookAccount.objects.filter(description="Parking fees").exists()
    vault = parking(cast, type="VAULT", **changed)
    assert erika.post(new(CashbookAccount), vault).status_code == 302, "the vault has accounts of its own"


def test_the_migration_numbers_the_usual_reasons_of_stores_that_had_them(cast: Cast) -> None:
    keep_usual_accounts(store=cast.store)
    every = CashbookAccount.objects.filter(store=cast.store)
    numbers = dict(every.values_list("pk", "number"))
    with owning(connection):
        every.update(number="")
    own = CashbookAccount.objects.create(
        store=cast.store, type="CASHREGISTER", direction="EXPENSE", code="104", description="Stamps"
    )
    with owning(connection):
        migration.number_usual_accounts(apps, None)
    numbers[own.pk] = ""
    numbers[every.get(code="POSTAGE").pk] = ""
    assert dict(every.values_list("pk", "number")) == numbers, "a code of the store's own keeps its meaning"


def test_no_reason_is_made_in_a_store_that_one_does_not_know(cast: Cast, erika: Client) -> None:
    hamburg = StoreFactory(account=cast.store.account, number="1338")
    for browser, store in ((erika, hamburg), (erika, cast.otto.store), (sits_down(cast.anna), cast.otto.store)):
        assert "store" in errors_of(browser.post(new(CashbookAccount), parking(cast, store=store.pk)))
        assert str(store) not in browser.get(new(CashbookAccount)).content.decode().replace(str(cast.store), "")
    assert not CashbookAccount.objects.exists()
    assert sits_down(cast.anna).post(new(CashbookAccount), parking(cast, store=hamburg.pk)).status_code == 302


def test_a_new_reason_begins_in_ones_own_store(cast: Cast, erika: Client) -> None:
    form = erika.get(new(CashbookAccount)).context["adminform"].form
    assert form.initial["store"] == cast.store.pk


def test_the_list_has_the_usual_ones_from_the_first_look_on(cast: Cast, erika: Client) -> None:
    shown = erika.get(list_of(CashbookAccount)).context["cl"].result_list
    assert {account.code for account in shown} == {code for *_ends, code, _text in USUAL_ACCOUNTS}
    assert {account.store for account in shown} == {cast.store}
