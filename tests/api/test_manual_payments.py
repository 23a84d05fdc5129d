"""The payment by hand of an order that Cashdesk does not keep: the report of a payment with its amount."""

from typing import Any

import pytest

from cashdesk.enums import PlaceKind
from cashdesk.models import Payment, PaymentMethod
from tests.api.steps import opened
from tests.stories import Caller, Cast, caller, exact, key_caller, make_cast

PAY = "/orders/77/pay/manual"


def method(cast: Cast, code: str = "CASH") -> str:
    return str(PaymentMethod.objects.get(account=cast.store.account, code=code).uuid)


def pay(by: Caller, body: dict[str, Any], key: str = "k", path: str = PAY) -> Any:
    return by.post(path, body, idempotency_key=key)


@pytest.mark.parametrize(
    ("body", "received", "change"),
    [
        ({"amount": 750}, 750, 0),
        ({"amount": 750, "cash_received": 1000}, 1000, 250),
        ({"amount": 750, "cash_received": 750}, 750, 0),
        ({"amount": 750, "cash_received": None}, 750, 0),
        ({"amount": 750, "version": 3}, 750, 0),
        ({"amount": 750, "version": None}, 750, 0),
    ],
)
def test_paid_in_cash_the_drawer_gets_the_amount(cast: Cast, body: dict[str, Any], received: int, change: int) -> None:
    carla = caller(cast.carla)
    opened(carla)
    paid = pay(carla, {"payment_method_id": method(cast), **body})
    assert paid.status_code == 200
    shown = exact(paid)["data"]
    assert (shown["amount"], shown["cash_received"], shown["change_due"], shown["order_id"]) == (
        750,
        received,
        change,
        "77",
    )
    assert cast.book(PlaceKind.REGISTER, 1) == 750


def test_paid_by_card_nothing_comes_into_the_drawer(cast: Cast) -> None:
    carla = caller(cast.carla)
    opened(carla)
    assert exact(pay(carla, {"payment_method_id": method(cast, "CARD"), "amount": 750}))["data"]["change_due"] == 0
    assert (cast.book(PlaceKind.REGISTER, 1), cast.book(PlaceKind.REGISTER, 1, method="CARD")) == (0, 750)


@pytest.mark.django_db
def test_rupiah_are_whole() -> None:
    cast = make_cast(currency="IDR")
    carla = caller(cast.carla)
    opened(carla)
    shown = exact(pay(carla, {"payment_method_id": method(cast), "amount": 75_000, "cash_received": 100_000}))["data"]
    assert (shown["amount"], shown["change_due"]) == (75_000, 25_000)
    assert cast.book(PlaceKind.REGISTER, 1) == 7_500_000


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"amount": 750, "cash_received": 749}, "cash_received"),
        ({"amount": 750, "cash_received": 0}, "cash_received"),
        ({"amount": 0}, "amount"),
        ({"amount": 7.5}, "amount"),
        ({}, "amount"),
        ({"amount": 750, "payment_method_id": None}, "payment_method_id"),
        ({"amount": 750, "payment_method_id": "CASH"}, "payment_method_id"),
        ({"amount": 750, "payment_method_id": 4}, "payment_method_id"),
        ({"amount": 750, "payment_method_id": True}, "payment_method_id"),
        ({"amount": 750, "payment_method_id": 2**80}, "payment_method_id"),
        ({"amount": 750, "payment_method_id": "5e60a2d9-0000-4000-8000-000000000000"}, "payment_method_id"),
        ({"amount": 750, "tip": 1}, "tip"),
        ({"amount": 750, "version": "x"}, "version"),
    ],
)
def test_what_cannot_be_paid_is_refused_by_name(cast: Cast, body: dict[str, Any], field: str) -> None:
    carla = caller(cast.carla)
    opened(carla)
    refused = pay(carla, {"payment_method_id": method(cast), **body})
    assert refused.status_code == 400
    assert field in exact(refused)["data"]["errors"]
    assert not Payment.objects.exists()


def test_another_accounts_way_to_pay_and_one_that_is_switched_off_never_were(cast: Cast) -> None:
    carla = caller(cast.carla)
    opened(carla)
    theirs = PaymentMethod.objects.get(account=cast.otto.account, code="CASH").uuid
    PaymentMethod.objects.filter(account=cast.store.account, code="QRIS").update(is_active=False)
    ids = [str(theirs), method(cast, "QRIS"), "5e60a2d9-0000-4000-8000-000000000000"]
    answers = {pay(carla, {"payment_method_id": uuid, "amount": 1}, key=uuid).content for uuid in ids}
    assert len(answers) == 1


def test_without_a_shift_403_without_a_key_400_without_a_token_401(cast: Cast) -> None:
    body = {"payment_method_id": method(cast), "amount": 1}
    assert pay(Caller(), body).status_code == 401
    refused = pay(caller(cast.carla), body)
    assert (refused.status_code, exact(refused)["error"]) == (403, "no_open_shift")
    opened(caller(cast.carla))
    missing = caller(cast.carla).post(PAY, body)
    assert (missing.status_code, list(exact(missing)["data"]["errors"])) == (400, ["Idempotency-Key"])


def test_a_double_click_pays_once(cast: Cast) -> None:
    carla = caller(cast.carla)
    opened(carla)
    body = {"payment_method_id": method(cast), "amount": 750}
    first, again = pay(carla, body), pay(carla, body)
    assert first.content == again.content
    assert again.headers["Idempotent-Replayed"] == "true"
    assert cast.book(PlaceKind.REGISTER, 1) == 750


@pytest.mark.parametrize("order", ["550e8400-e29b-41d4-a716-446655440000", "A%20B", "%C3%B1", "x" * 128])
def test_any_order_number_is_taken(cast: Cast, order: str) -> None:
    carla = caller(cast.carla)
    opened(carla)
    assert (
        pay(carla, {"payment_method_id": method(cast), "amount": 1}, path=f"/orders/{order}/pay/manual").status_code
        == 200
    )


@pytest.mark.parametrize("order", ["x" * 129, "x" * 5000, "%00", "a%00b"])
def test_an_order_number_that_cannot_be_kept_is_refused(cast: Cast, order: str) -> None:
    carla = caller(cast.carla)
    opened(carla)
    assert pay(
        carla, {"payment_method_id": method(cast), "amount": 1}, path=f"/orders/{order}/pay/manual"
    ).status_code in (400, 404)
    assert not Payment.objects.exists()


def test_programs_pay_through_their_own_door(cast: Cast) -> None:
    assert pay(key_caller(cast.store), {"payment_method_id": method(cast), "amount": 1}).status_code == 403


def test_the_door(cast: Cast) -> None:
    carla = caller(cast.carla)
    assert carla.get(PAY).status_code == 405
    for path in ("/orders/7", "/orders/7/pay", "/orders/7/pay/card"):
        refused = carla.get(path)
        assert (refused.status_code, sorted(exact(refused))) == (404, ["error", "message"])


@pytest.mark.parametrize(("number", "code"), [(1, "CASH"), ("1", "CASH"), (2, "QRIS"), (3, "QRIS_STATIC")])
def test_a_method_is_named_by_its_number_too(cast: Cast, number: Any, code: str) -> None:
    carla = caller(cast.carla)
    opened(carla)
    shown = exact(pay(carla, {"payment_method_id": number, "amount": 750}))["data"]
    assert (shown["payment_method_id"], Payment.objects.get().method) == (number, code)


def test_the_number_of_any_other_method_is_taken_as_it_was_told(cast: Cast) -> None:
    carla = caller(cast.carla)
    opened(carla)
    for row in exact(carla.get("/payment-methods"))["data"]:
        paid = exact(pay(carla, {"payment_method_id": row["id"], "amount": 750}, key=row["code"]))["data"]
        assert (paid["payment_method_id"], Payment.objects.latest("pk").method) == (row["id"], row["code"])
