"""Scope in the back office: a manager sees the store, an admin the account, and an operator everything."""

from typing import Any

import pytest
from django.db.models import Model
from django.urls import reverse

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.people.api_key import issue_api_key
from cashdesk.enums import Role, Scope
from cashdesk.models import AccessToken, Account, CashSession, Movement, PaymentMethod, Place, Store, User, Vendor
from tests.admin.back_office import (
    EVERYTHING,
    NEVER_WRITTEN,
    Traces,
    answer_of,
    list_of,
    page_of,
    sits_down,
    trade_a_day,
)
from tests.cashdesk.desk import NOON
from tests.factories import StoreFactory, UserFactory
from tests.stories import Cast

OF_A_STORE = (*NEVER_WRITTEN, Store, User, AccessToken)


def listed(response: Any) -> set[Any]:
    """Returns the rows that a list shows."""
    return set(response.context["cl"].result_list)


def test_nothing_of_another_account_exists(cast: Cast, traces: Traces) -> None:
    otto = sits_down(cast.otto)
    for model in EVERYTHING:
        row = traces[model]
        assert row not in listed(otto.get(list_of(model))), model
        never_used = model(pk=9_999_999)
        for verb in ("change", "history", "delete"):
            theirs, never = (answer_of(otto, page_of(found, verb)) for found in (row, never_used))
            assert theirs == never, (model, verb)
            assert theirs[0] == 404, (model, verb)


@pytest.mark.parametrize("who", ["erika", "anna", "operator"])
def test_what_is_of_the_own_store_is_listed_and_read(cast: Cast, traces: Traces, operator: User, who: str) -> None:
    browser = sits_down(operator if who == "operator" else getattr(cast, who))
    for model in EVERYTHING:
        row = traces[model]
        assert row in listed(browser.get(list_of(model))), model
        page = browser.get(page_of(row))
        assert page.status_code == 200, model
        assert str(row) in page.content.decode(), model


def test_another_store_of_the_account_is_for_the_admin_alone(cast: Cast) -> None:
    hamburg = StoreFactory(account=cast.store.account, number="1338", name="Hamburg")
    traces = trade_a_day(hamburg, UserFactory(store=hamburg))
    erika, anna = sits_down(cast.erika), sits_down(cast.anna)
    for model in OF_A_STORE:
        row = traces[model]
        assert erika.get(page_of(row)).status_code == 404, model
        assert row not in listed(erika.get(list_of(model))), model
        assert anna.get(page_of(row)).status_code == 200, model
        assert row in listed(anna.get(list_of(model))), model


def test_a_manager_does_not_see_the_keys_of_the_whole_account(cast: Cast, traces: Traces) -> None:
    key, _secret = issue_api_key(
        name="head office", scopes=(Scope.PAYMENTS_READ,), by=Principal(), at=NOON, account=cast.store.account
    )
    assert sits_down(cast.erika).get(page_of(key)).status_code == 404
    assert sits_down(cast.anna).get(page_of(key)).status_code == 200


def test_what_was_deactivated_is_still_found(cast: Cast, traces: Traces) -> None:
    User.objects.filter(pk=cast.carla.pk).update(is_active=False)
    Store.objects.filter(pk=cast.store.pk).update(is_active=False)
    anna = sits_down(cast.anna)
    for model in (User, Store, Movement, CashSession):
        assert anna.get(page_of(traces[model])).status_code == 200, model
        assert traces[model] in listed(anna.get(list_of(model)))


def test_an_admin_finds_the_other_admins_of_the_account(cast: Cast) -> None:
    second = UserFactory(store=None, account=cast.store.account, username="ada", role=Role.ADMIN)
    assert sits_down(cast.anna).get(page_of(second)).status_code == 200


def test_the_store_filter_names_the_stores_that_one_knows(cast: Cast, traces: Traces, operator: User) -> None:
    hamburg = StoreFactory(account=cast.store.account, number="1338", name="Hamburg")
    shown = sits_down(cast.anna).get(list_of(Movement)).content.decode()
    assert "1338 Hamburg" in shown
    assert str(cast.otto.store) not in shown
    assert "1337 Berlin (Muster Retail)" in sits_down(operator).get(list_of(Movement)).content.decode()
    assert "By store" not in sits_down(cast.erika).get(list_of(Movement)).content.decode()
    filtered = sits_down(cast.anna).get(list_of(Movement), {"store": hamburg.pk})
    assert listed(filtered) == set()
    assert traces[Movement] in listed(sits_down(cast.anna).get(list_of(Movement), {"store": cast.store.pk}))


@pytest.mark.parametrize("store", ["x", "-1", "9" * 30, "1.5", "", "٣"])
def test_a_store_filter_that_was_tampered_with_finds_nothing(cast: Cast, traces: Traces, store: str) -> None:
    response = sits_down(cast.anna).get(list_of(Movement), {"store": store})
    assert response.status_code == 200
    assert listed(response) == set()


def test_a_filter_by_a_store_of_others_finds_nothing(cast: Cast, traces: Traces) -> None:
    assert listed(sits_down(cast.otto).get(list_of(Movement), {"store": cast.store.pk})) == set()


@pytest.mark.parametrize(
    ("model", "query"),
    [
        (AccessToken, {"digest__startswith": "a"}),
        (AccessToken, {"user__password__startswith": "p"}),
        (User, {"password__startswith": "p"}),
        (Movement, {"recorded_by__password__startswith": "p"}),
        (CashSession, {"expected_amount__gt": "100"}),
        (Store, {"account__name__startswith": "M"}),
    ],
)
def test_no_list_is_probed_by_a_column_that_it_does_not_filter_by(
    cast: Cast, traces: Traces, model: type[Model], query: dict[str, str]
) -> None:
    for who in (cast.erika, cast.anna):
        assert sits_down(who).get(list_of(model), query).status_code == 400


@pytest.mark.parametrize(("form", "field"), [("user", "store"), ("user", "account"), ("store", "vendor")])
def test_the_choices_of_a_form_are_those_that_one_knows(
    cast: Cast, traces: Traces, operator: User, form: str, field: str
) -> None:
    Vendor.objects.create(account=cast.otto.store.account, name="Otto's brand")
    wanted = {"app_label": "cashdesk", "model_name": form, "field_name": field, "term": ""}

    def choices(who: User) -> set[int]:
        found = sits_down(who).get(reverse("admin:autocomplete"), wanted).json()["results"]
        return {int(choice["id"]) for choice in found}

    model = {"store": Store, "account": Account, "vendor": Vendor}[field]
    everything = set(model.objects.values_list("pk", flat=True))
    ours = {traces[model].pk}
    assert choices(cast.anna) == ours < everything
    assert choices(cast.otto).isdisjoint(ours)
    assert choices(operator) == everything


def test_a_form_that_was_tampered_with_makes_nothing_in_another_account(cast: Cast) -> None:
    anna = sits_down(cast.anna)
    theirs = cast.otto.store
    for path, fields in (
        (reverse("admin:cashdesk_paymentmethod_add"), {"account": theirs.account_id, "code": "X", "name": "X"}),
        (reverse("admin:cashdesk_vendor_add"), {"account": theirs.account_id, "name": "X"}),
    ):
        response = anna.post(path, fields)
        assert response.status_code == 200
        assert b"Select a valid choice" in response.content
    assert not PaymentMethod.objects.filter(code="X").exists()
    assert not Vendor.objects.filter(name="X").exists()


def test_a_place_of_others_is_not_a_persons_register(cast: Cast, traces: Traces) -> None:
    theirs = Place.objects.get(store=cast.otto.store, kind="REGISTER", number=1)
    response = sits_down(cast.anna).get(page_of(cast.carla))
    choices = {
        int(str(value)) for value, _label in response.context["adminform"].form.fields["register"].choices if value
    }
    assert choices == set(Place.objects.filter(store=cast.store, kind="REGISTER").values_list("pk", flat=True))
    assert theirs.pk not in choices
