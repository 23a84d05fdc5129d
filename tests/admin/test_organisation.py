"""Accounts, brands, shops and payment methods, maintained by admins and operators."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from cashdesk.enums import PlaceKind
from cashdesk.models import Account, AuditEntry, PaymentMethod, Place, Store, Vendor
from tests.admin.back_office import Traces, new, page_of, sits_down
from tests.cashdesk.desk import open_drawer, sell
from tests.factories import UserFactory
from tests.stories import Cast


@pytest.fixture
def anna(cast: Cast) -> Client:
    """Anna's browser."""
    return sits_down(cast.anna)


def hamburg(cast: Cast, **changed: Any) -> dict[str, Any]:
    """The form data of a new shop in Hamburg."""
    return {
        "account": cast.store.account_id,
        "number": "1338",
        "name": "Hamburg",
        "currency": "EUR",
        "time_zone": "Europe/Berlin",
        "cut_off_hour": 4,
        "tolerance_minor": "2.50",
        "tolerance_basis_points": 50,
        "registers": 3,
        **changed,
    }


def errors_of(response: Any) -> dict[str, list[str]]:
    """Returns the errors of a form that was shown again, by field."""
    assert response.status_code == 200
    return dict(response.context["adminform"].form.errors)


@pytest.mark.parametrize("typed", ["x", "- 5", "\u00b2", "\0", "9" * 30])
def test_a_choice_that_is_none_is_refused_at_its_field(cast: Cast, anna: Client, typed: str) -> None:
    """The lists that are searched by name send an id, and a page of another program may send anything."""
    for path, data, field in (
        (page_of(cast.store), hamburg(cast), "vendor"),
        (page_of(cast.carla), {"username": "carla", "name": "Carla", "role": "CASHIER"}, "store"),
        (page_of(cast.carla), {"username": "carla", "name": "Carla", "role": "CASHIER"}, "register"),
    ):
        assert field in errors_of(anna.post(path, {**data, field: typed})), field


def test_a_new_store_gets_its_places_and_can_trade(cast: Cast, anna: Client) -> None:
    assert anna.post(new(Store), hamburg(cast)).status_code == 302
    store = Store.objects.get(number="1338", account=cast.store.account)
    assert (store.tolerance_minor, store.tolerance_basis_points, store.cut_off_hour) == (250, 50, 4)
    places = list(Place.objects.filter(store=store).order_by("pk").values_list("kind", "number"))
    assert places[0] == (PlaceKind.VAULT, 0)
    assert sorted(places) == sorted(
        [(kind.value, 0) for kind in PlaceKind if kind != PlaceKind.REGISTER]
        + [("REGISTER", station) for station in (1, 2, 3)]
    )
    sell(open_drawer(UserFactory(store=store), 10_000), 2_500)
    entry = AuditEntry.objects.get(action="store.created")
    assert (entry.store, entry.user) == (store, cast.anna)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"number": "1337"}, "__all__"),
        ({"currency": "EURO"}, "currency"),
        ({"currency": "XXQ"}, "currency"),
        ({"time_zone": "Berlin"}, "time_zone"),
        ({"cut_off_hour": 24}, "cut_off_hour"),
        ({"tolerance_minor": "2,50,0"}, "tolerance_minor"),
        ({"tolerance_minor": "1e3"}, "tolerance_minor"),
        ({"tolerance_minor": "-1"}, "tolerance_minor"),
        ({"tolerance_minor": "2.505"}, "tolerance_minor"),
        ({"tolerance_minor": "9" * 40}, "tolerance_minor"),
        ({"currency": "CLP", "tolerance_minor": "2.50"}, "tolerance_minor"),
        ({"registers": 100}, "registers"),
        ({"registers": -1}, "registers"),
    ],
)
def test_a_shop_that_cannot_be_is_not_made(cast: Cast, anna: Client, changed: dict[str, Any], field: str) -> None:
    assert field in errors_of(anna.post(new(Store), hamburg(cast, **changed)))
    assert Store.objects.filter(account=cast.store.account).count() == 1


def test_a_shop_of_a_currency_without_decimals_has_its_tolerance_in_that_currency(cast: Cast, anna: Client) -> None:
    anna.post(new(Store), hamburg(cast, currency="CLP", tolerance_minor="250"))
    store = Store.objects.get(number="1338", account=cast.store.account)
    assert store.tolerance_minor == 250
    assert 'value="250"' in anna.get(page_of(store)).content.decode()


def test_a_shop_is_renamed_and_its_tolerance_is_set_in_units(cast: Cast, anna: Client, traces: Traces) -> None:
    sent = {"name": "Berlin Mitte", "time_zone": "Europe/Berlin", "cut_off_hour": 0, "tolerance_minor": "0.05"}
    response = anna.post(page_of(cast.store), {**sent, "tolerance_basis_points": 0, "is_active": "on"})
    assert response.status_code == 302, errors_of(response)
    cast.store.refresh_from_db()
    assert (cast.store.name, cast.store.tolerance_minor) == ("Berlin Mitte", 5)
    assert "€0.05" in sits_down(cast.erika).get(page_of(cast.store)).content.decode()


def test_the_usual_float_is_a_number_for_each_note_and_coin(cast: Cast, anna: Client) -> None:
    told = {name: text for name, text in hamburg(cast).items() if name != "registers"} | {"is_active": "on"}
    floated = {"float_template-2000": "3", "float_template-50": "20", "float_template-1": "0"}
    assert anna.post(page_of(cast.store), {**told, **floated}).status_code == 302
    cast.store.refresh_from_db()
    assert cast.store.float_template == {"2000": 3, "50": 20}
    page = anna.get(page_of(cast.store)).content.decode()
    assert 'name="float_template-2000" value="3"' in page
    refused = anna.post(page_of(cast.store), {**told, **floated, "float_template-1000": "1.5"})
    assert "10\u00a0EUR: Enter a whole number of pieces" in errors_of(refused)["float_template"][0]
    assert 'name="float_template-1000" value="1.5"' in refused.content.decode()
    assert "3 × €20, 20 × €0.50" in sits_down(cast.erika).get(page_of(cast.store)).content.decode()


def test_number_and_currency_stay_once_money_has_moved(cast: Cast, anna: Client, traces: Traces) -> None:
    sent = {"number": "7", "currency": "USD", "name": "Berlin", "time_zone": "Europe/Berlin", "cut_off_hour": 0}
    anna.post(page_of(cast.store), {**sent, "tolerance_minor": "0", "tolerance_basis_points": 0, "is_active": "on"})
    cast.store.refresh_from_db()
    assert (cast.store.number, cast.store.currency) == ("1337", "EUR")


def test_number_and_currency_may_be_mended_before_the_first_movement(cast: Cast, anna: Client) -> None:
    sent = {"number": "7", "currency": "USD", "name": "Berlin", "time_zone": "Europe/Berlin", "cut_off_hour": 0}
    response = anna.post(
        page_of(cast.store), {**sent, "tolerance_minor": "0", "tolerance_basis_points": 0, "is_active": "on"}
    )
    assert response.status_code == 302
    cast.store.refresh_from_db()
    assert (cast.store.number, cast.store.currency) == ("7", "USD")


def test_an_account_is_made_by_an_operator_alone_and_comes_with_ways_to_pay(
    cast: Cast, anna: Client, operator: Any
) -> None:
    assert anna.get(new(Account)).status_code == 403
    assert anna.post(page_of(cast.store.account), {"name": "Mine"}).status_code == 403
    assert sits_down(operator).post(new(Account), {"name": "Neue AG", "is_active": "on"}).status_code == 302
    account = Account.objects.get(name="Neue AG")
    assert PaymentMethod.objects.filter(account=account, code="CASH", is_cash=True).exists()
    assert AuditEntry.objects.get(action="account.created").account == account


def test_what_an_operator_changes_is_found_by_the_account(cast: Cast, operator: Any) -> None:
    sits_down(operator).post(new(Vendor), {"account": cast.store.account_id, "name": "Corner Shops"})
    assert AuditEntry.objects.get(action="vendor.created").account == cast.store.account


def test_a_way_to_pay_is_added_and_switched_off_and_keeps_its_code(cast: Cast, anna: Client) -> None:
    sent = {"account": cast.store.account_id, "code": "VOUCHER", "name": "Voucher", "is_active": "on"}
    assert anna.post(new(PaymentMethod), sent).status_code == 302
    voucher = PaymentMethod.objects.get(code="VOUCHER")
    anna.post(page_of(voucher), {"name": "Gift voucher", "code": "GIFT", "is_cash": "on"})
    voucher.refresh_from_db()
    assert (voucher.name, voucher.code, voucher.is_cash, voucher.is_active) == ("Gift voucher", "VOUCHER", False, False)


@pytest.mark.parametrize(
    "changed",
    [{"code": "CARD"}, {"code": "CASH"}, {"code": "CASH", "is_cash": "on"}, {"code": "COINS", "is_cash": "on"}],
)
def test_a_second_cash_and_a_code_that_is_taken_are_refused(cast: Cast, anna: Client, changed: dict[str, str]) -> None:
    sent = {"account": cast.store.account_id, "code": "X", "name": "X", "is_active": "on", **changed}
    errors = errors_of(anna.post(new(PaymentMethod), sent))
    assert errors.keys() & {"__all__", "code", "is_cash"}
    assert "payment_method" not in str(errors)


def test_a_brand_of_another_account_is_not_a_shops(cast: Cast, anna: Client, operator: Any) -> None:
    theirs = Vendor.objects.create(account=cast.otto.store.account, name="Theirs")
    for browser in (anna, sits_down(operator)):
        assert "vendor" in errors_of(browser.post(new(Store), hamburg(cast, vendor=theirs.pk)))


def test_the_second_look_of_a_shop_is_set_in_units_and_left_to_the_currency(cast: Cast, anna: Client) -> None:
    typed = {"register_look_minor": "1500", "vault_look_minor": ""}
    assert anna.post(new(Store), hamburg(cast, **typed)).status_code == 302
    store = Store.objects.get(number="1338")
    assert (store.register_look_minor, store.vault_look_minor) == (1500_00, None)
    page = anna.get(page_of(store)).content.decode()
    assert 'value="1,500.00"' in page
    assert "If empty, the default applies: 20,000.00\u00a0EUR." in page
    wrong = anna.post(new(Store), hamburg(cast, number="1339", vault_look_minor="4006381333931"))
    assert errors_of(wrong) == {"vault_look_minor": ["Enter at most 50,000,000.00\u00a0EUR."]}


def test_an_empty_tolerance_asks_for_an_amount(cast: Cast, anna: Client) -> None:
    errors = errors_of(anna.post(new(Store), hamburg(cast, tolerance_minor=" ")))
    assert errors == {"tolerance_minor": ["Enter an amount."]}


def test_showing_all_after_a_search_keeps_the_filters(cast: Cast, anna: Client) -> None:
    path = reverse("admin:cashdesk_store_changelist")
    page = anna.get(path, {"q": "Berlin", "is_active__exact": "1", "p": "1"}).content.decode()
    assert '(<a href="?is_active__exact=1">show all</a>)' in page
    assert '(<a href="?">show all</a>)' in anna.get(path, {"q": "Berlin"}).content.decode()
