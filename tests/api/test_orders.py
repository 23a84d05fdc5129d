"""Orders that Cashdesk keeps until they are paid or cancelled."""

import uuid
from typing import Any

import pytest

from cashdesk.enums import PlaceKind, Scope
from cashdesk.models import AuditEntry, Order, Payment, PaymentMethod, Store
from tests.api.steps import ORDER, bound_key, closed, opened, ordered
from tests.factories import StoreFactory
from tests.stories import Caller, Cast, caller, counted_queries, exact, key_caller, make_cast


def pay(by: Caller, order: dict[str, Any], **body: Any) -> Any:
    """Pays an order as the original's client does: without an idempotency key."""
    return by.post(f"/orders/{order['id']}/pay/manual", {"payment_method_id": 1, **body})


@pytest.fixture
def carla(cast: Cast) -> Caller:
    """Carla's client, with an open shift."""
    by = caller(cast.carla)
    opened(by)
    return by


def test_an_order_is_kept_as_it_was_sent(cast: Cast) -> None:
    carla = caller(cast.carla)
    made = carla.post("/orders", ORDER)
    order = exact(made)["data"]
    assert (made.status_code, exact(made)["message"]) == (201, "Order created successfully")
    assert {name: value for name, value in order.items() if not name.endswith("_at")} == {
        **ORDER, "id": str(Order.objects.get().uuid), "status": "open", "is_paid": False, "gross_total": 750,
        "discount_amount": 0, "currency": "EUR", "store": "1337", "version": 1, "user_id": str(cast.carla.uuid),
    }  # fmt: skip
    read = carla.get(f"/orders/{order['id']}")
    assert (read.status_code, exact(read)) == (200, {"message": "Order retrieved successfully", "data": order})


def test_an_order_without_a_number_gets_one(cast: Cast) -> None:
    order = ordered(caller(cast.carla), number="")
    assert order["number"] == order["id"].replace("-", "")[:8].upper()


@pytest.mark.django_db
def test_rupiah_are_whole() -> None:
    carla = caller(make_cast(currency="IDR").carla)
    assert ordered(carla, net_total=75_000)["net_total"] == 75_000
    assert Order.objects.get().net_total == 7_500_000


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"net_total": 0}, "net_total"),
        ({"net_total": 7.5}, "net_total"),
        ({"net_total": None}, "net_total"),
        ({"net_total": 10**14}, "net_total"),
        ({"type": "breakfast"}, "type"),
        ({"type": None}, "type"),
        ({"number": "x" * 65}, "number"),
        ({"number": "a\u0000"}, "number"),
        ({"number": "a\u202e7"}, "number"),
        ({"store": "9999"}, "store"),
        ({"items": []}, "items"),
    ],
)
def test_what_cannot_be_kept_is_refused_by_name(cast: Cast, body: dict[str, Any], field: str) -> None:
    refused = caller(cast.carla).post("/orders", {**ORDER, **body})
    assert (refused.status_code, list(exact(refused)["data"]["errors"])) == (400, [field])
    assert not Order.objects.exists()


def test_a_store_that_is_switched_off_takes_no_orders(cast: Cast) -> None:
    Store.objects.filter(pk=cast.store.pk).update(is_active=False)
    refused = caller(cast.carla).post("/orders", ORDER)
    assert (refused.status_code, exact(refused)["error"]) == (409, "store_switched_off")


def test_an_admin_orders_in_the_store_of_the_open_shift_else_names_one(cast: Cast) -> None:
    second = StoreFactory(account=cast.store.account, number="1338")
    anna = caller(cast.anna)
    refused = anna.post("/orders", ORDER)
    assert (refused.status_code, list(exact(refused)["data"]["errors"])) == (400, ["store"])
    assert ordered(anna, store="1338")["store"] == "1338"
    opened(caller(cast.anna, store=second))
    assert ordered(anna)["store"] == "1338"


def test_a_key_orders_in_its_store_or_the_one_it_names(cast: Cast) -> None:
    assert "user_id" not in ordered(bound_key(cast.store, Scope.PAYMENTS_WRITE))
    till = key_caller(cast.store)
    assert till.post("/orders", ORDER).status_code == 400
    order = ordered(till, store=str(cast.store.uuid))
    assert till.get(f"/orders/{order['id']}").status_code == 200


def test_another_accounts_order_does_not_exist(cast: Cast, carla: Caller) -> None:
    theirs = ordered(caller(cast.otto))
    nothing = {"id": str(uuid.uuid4())}
    for verb, path, body in (("GET", "", None), ("POST", "/cancel", {})):
        answers = [carla.send(verb, f"/orders/{order['id']}{path}", body) for order in (theirs, nothing)]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].content == answers[1].content
    # Without an order that is kept, a payment is a report, which names its amount.
    paid = [
        carla.post(f"/orders/{order['id']}/pay/manual", {"payment_method_id": 1}, idempotency_key=str(number))
        for number, order in enumerate((theirs, nothing))
    ]
    assert [list(exact(answer)["data"]["errors"]) for answer in paid] == [["amount"], ["amount"]]
    assert Order.objects.get().status == "OPEN"


def test_the_amount_of_a_payment_is_the_orders(cast: Cast, carla: Caller) -> None:
    order = ordered(carla)
    paid = pay(carla, order, cash_received=1000, version=1)
    shown = exact(paid)["data"]
    assert (paid.status_code, exact(paid)["message"]) == (200, "Payment processed successfully")
    assert {name: value for name, value in shown.items() if not name.endswith("_at")} == {
        **{name: value for name, value in order.items() if not name.endswith("_at")},
        "status": "paid", "is_paid": True, "version": 2, "order_id": order["id"], "payment_id": Payment.objects.get().external_id,
        "payment_method_id": 1, "amount": 750, "cash_received": 1000, "change_due": 250,
    }  # fmt: skip
    assert cast.book(PlaceKind.REGISTER, 1) == 750
    payment = Payment.objects.get()
    assert (payment.order, payment.service, payment.session_id is None) == (order["id"], "dine_in", False)
    assert AuditEntry.objects.filter(action="order.paid").count() == 1
    read = exact(carla.get(f"/orders/{order['id']}"))["data"]
    assert (read["status"], read["change_due"], read["paid_at"]) == ("paid", 250, shown["paid_at"])


@pytest.mark.parametrize(("number", "code"), [(2, "QRIS"), (3, "QRIS_STATIC")])
def test_an_order_is_paid_by_qris_as_the_client_sends_it(cast: Cast, carla: Caller, number: int, code: str) -> None:
    shown = exact(pay(carla, ordered(carla), payment_method_id=number, cash_received=750, version=1))["data"]
    assert (shown["payment_method_id"], shown["cash_received"], shown["change_due"]) == (number, 750, 0)
    assert (cast.book(PlaceKind.REGISTER, 1), cast.book(PlaceKind.REGISTER, 1, method=code)) == (0, 750)


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"cash_received": 749}, 400, "cash_received"),
        ({"amount": 751}, 400, "amount"),
        ({"amount": 749}, 400, "amount"),
        ({"version": 2}, 409, "version"),
        ({"version": 0}, 409, "version"),
        ({"payment_method_id": 4}, 400, "payment_method_id"),
    ],
)
def test_a_payment_that_does_not_fit_the_order_is_refused_by_name(
    cast: Cast, carla: Caller, body: dict[str, Any], status: int, field: str
) -> None:
    order = ordered(carla)
    refused = pay(carla, order, **body)
    assert (refused.status_code, list(exact(refused)["data"]["errors"])) == (status, [field])
    assert exact(carla.get(f"/orders/{order['id']}"))["data"] == order
    assert not Payment.objects.exists()


def test_an_amount_that_is_the_orders_may_be_sent(carla: Caller) -> None:
    assert exact(pay(carla, ordered(carla), amount=750))["data"]["change_due"] == 0


def test_without_an_open_shift_nothing_is_paid(cast: Cast) -> None:
    carla = caller(cast.carla)
    refused = pay(carla, ordered(carla))
    assert (refused.status_code, exact(refused)["error"]) == (403, "no_open_shift")


def test_a_paid_order_is_paid_once(cast: Cast, carla: Caller) -> None:
    order = ordered(carla)
    pay(carla, order, version=1)
    for again in (pay(carla, order), pay(carla, order, version=2), carla.post(f"/orders/{order['id']}/cancel", {})):
        assert (again.status_code, exact(again)["error"]) == (409, "order_paid")
    assert cast.book(PlaceKind.REGISTER, 1) == 750


def test_a_double_click_with_a_key_gets_the_first_answer(cast: Cast, carla: Caller) -> None:
    order = ordered(carla)
    body = {"payment_method_id": 1, "cash_received": 1000}
    first, again = (carla.post(f"/orders/{order['id']}/pay/manual", body, x_idempotency_key="once") for _ in range(2))
    assert (first.status_code, first.content, again.headers["Idempotent-Replayed"]) == (200, again.content, "true")
    made = [carla.post("/orders", ORDER, idempotency_key="order").content for _ in range(2)]
    assert made[0] == made[1]
    assert Order.objects.count() == 2


def test_a_cancelled_order_is_neither_paid_nor_cancelled_again(cast: Cast, carla: Caller) -> None:
    order = ordered(carla)
    body = {"cancellation_reason_id": 1, "cancellation_notes": "Dibatalkan"}
    cancelled = carla.post(f"/orders/{order['id']}/cancel", body)
    assert (cancelled.status_code, exact(cancelled)["message"]) == (200, "Order cancelled successfully")
    assert (exact(cancelled)["data"]["status"], exact(cancelled)["data"]["version"]) == ("cancelled", 2)
    assert AuditEntry.objects.get(action="order.cancelled").detail == {"reason_id": 1, "notes": "Dibatalkan"}
    for again in (pay(carla, order), carla.post(f"/orders/{order['id']}/cancel", {})):
        assert (again.status_code, exact(again)["error"]) == (409, "order_cancelled")


def test_a_stale_version_does_not_cancel(carla: Caller) -> None:
    order = ordered(carla)
    refused = carla.post(f"/orders/{order['id']}/cancel", {"version": 2})
    assert (refused.status_code, exact(refused)["error"]) == (409, "stale_version")


def test_a_colleague_may_pay_the_order_and_only_they_and_managers_see_how(cast: Cast, carla: Caller) -> None:
    bruno = caller(cast.bruno)
    order = ordered(bruno)
    assert pay(carla, order, cash_received=1000).status_code == 200
    secret = {"payment_method_id", "cash_received", "change_due", "paid_at"}
    for by, sees in ((bruno, False), (carla, True), (caller(cast.erika), True), (caller(cast.anna), True)):
        shown = exact(by.get(f"/orders/{order['id']}"))["data"]
        assert shown["status"] == "paid"
        assert secret.intersection(shown) == (secret if sees else set())


def test_a_key_of_another_register_does_not_see_how_an_order_was_paid(cast: Cast, carla: Caller) -> None:
    order = ordered(carla)
    pay(carla, order, cash_received=1000)
    for number, sees in ((1, True), (2, False)):
        key = bound_key(cast.store, Scope.PAYMENTS_READ, register=cast.place(PlaceKind.REGISTER, number))
        assert ("cash_received" in exact(key.get(f"/orders/{order['id']}"))["data"]) is sees


def test_an_order_of_another_store_is_not_paid_into_the_open_shift(cast: Cast) -> None:
    second = StoreFactory(account=cast.store.account, number="1338")
    anna = caller(cast.anna)
    opened(caller(cast.anna, store=second))
    refused = pay(anna, ordered(anna, store="1337"))
    assert (refused.status_code, exact(refused)["error"]) == (409, "order_of_other_store")


def test_an_order_in_the_former_currency_of_the_store_is_not_paid(cast: Cast) -> None:
    carla = caller(cast.carla)
    order = ordered(carla)
    Store.objects.filter(pk=cast.store.pk).update(currency="USD")
    opened(carla)
    refused = pay(carla, order)
    assert (refused.status_code, list(exact(refused)["data"]["errors"])) == (400, ["order"])
    assert not Payment.objects.exists()


def test_money_for_a_shift_that_was_closed_meanwhile_is_no_ones(cast: Cast, carla: Caller) -> None:
    order = ordered(carla)
    closed(carla)
    assert pay(carla, order).status_code == 403
    assert exact(carla.get(f"/orders/{order['id']}"))["data"]["status"] == "open"


def test_reading_an_order_has_few_statements(cast: Cast, carla: Caller) -> None:
    open_order, by_cash = ordered(carla), ordered(carla)
    by_card = ordered(carla)
    card = PaymentMethod.objects.get(account=cast.store.account, code="CARD").number
    pay(carla, by_cash)
    pay(carla, by_card, payment_method_id=card)
    for order, wanted in ((open_order, 2), (by_cash, 2), (by_card, 3)):
        with counted_queries() as queries:
            carla.get(f"/orders/{order['id']}")
        assert len(queries) == wanted


@pytest.mark.parametrize("reference", ["7", "x" * 500, "%00", "a%00b", "5e60a2d9"])
def test_what_is_no_id_is_no_order(carla: Caller, reference: str) -> None:
    assert carla.get(f"/orders/{reference}").status_code == 404
