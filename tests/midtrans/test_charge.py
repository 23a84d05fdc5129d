"""POST /orders/{id}/pay/midtrans: an order is charged through the gateway."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connections

from cashdesk.enums import PaymentStatus, PlaceKind
from cashdesk.models import Charge, Order, Payment, PaymentMethod
from tests.api.steps import closed, opened
from tests.factories import StoreFactory
from tests.midtrans.conftest import Shop, shop_of
from tests.midtrans.double import AUTHORIZATION, Double
from tests.stories import Caller, caller, exact, make_cast


def test_a_charge_keeps_a_pending_payment_and_answers_what_the_customer_needs(shop: Shop) -> None:
    order = shop.order()
    charged = shop.charge(order)
    assert (charged.status_code, exact(charged)["message"]) == (200, "Payment initiated successfully")
    assert exact(charged)["data"] == {
        "order_id": order["id"],
        "transaction_id": shop.gateway.transactions[order["id"]]["transaction_id"],
        "gross_amount": "75000.00",
        "qr_string": f"00020101{order['id']}",
        "expiry_time": "2099-07-06T10:38:49Z",
        "actions": [
            {"name": "generate-qr-code", "method": "GET", "url": f"{shop.gateway.url}/v2/qris/{order['id']}/qr-code"}
        ],
        "payment_id": order["id"],
    }
    payment = Payment.objects.get()
    assert (payment.status, payment.method, payment.amount, payment.order, payment.channel) == (
        "PENDING", "QRIS", 7_500_000, order["id"], "midtrans",
    )  # fmt: skip
    assert (shop.status(order), shop.cast.book(PlaceKind.REGISTER, 1, method="QRIS")) == ("open", 0)


def test_the_gateway_is_asked_as_it_documents(shop: Shop) -> None:
    order = shop.order()
    shop.charge(order)
    asked = {"payment_type": "qris", "transaction_details": {"order_id": order["id"], "gross_amount": 75_000}}
    assert shop.gateway.requests == [("POST", "/v2/charge", asked)]
    (headers,) = shop.gateway.headers
    assert (headers["authorization"], headers["content-type"], headers["accept"]) == (
        AUTHORIZATION, "application/json", "application/json",
    )  # fmt: skip
    assert headers["idempotency-key"] == headers["x-idempotency-key"] == order["id"]


def test_gopay_is_a_setting(shop: Shop, settings: Any) -> None:
    settings.MIDTRANS_PAYMENT_TYPE = "gopay"
    shop.charge(shop.order())
    assert shop.gateway.requests[0][2]["payment_type"] == "gopay"


def test_the_same_charge_is_answered_while_it_waits(shop: Shop) -> None:
    order = shop.order()
    first, again, keyed, replayed = (
        shop.charge(order, **headers) for headers in ({}, {}, {"idempotency_key": "k"}, {"idempotency_key": "k"})
    )
    assert first.content == again.content == keyed.content == replayed.content
    assert replayed.headers["Idempotent-Replayed"] == "true"
    assert (len(shop.gateway.requests), Payment.objects.count()) == (1, 1)


def test_a_stored_answer_asks_nobody_and_another_request_may_not_use_its_key(shop: Shop) -> None:
    order = shop.order()
    first = shop.charge(order, idempotency_key="k")
    shop.notify(order["id"])
    assert shop.charge(order, idempotency_key="k").content == first.content
    assert shop.charge(shop.order(), idempotency_key="k").status_code == 422
    assert len(shop.gateway.requests) == 1


def test_without_a_server_key_it_is_503_in_clear_words(shop: Shop, settings: Any) -> None:
    settings.MIDTRANS_SERVER_KEY = ""
    order = shop.order()
    for refused in (shop.charge(order), shop.notify(order["id"])):
        assert (refused.status_code, exact(refused)["error"]) == (503, "gateway_not_configured")
        assert "MIDTRANS_SERVER_KEY" in exact(refused)["message"]
    assert (shop.gateway.requests, Payment.objects.count()) == ([], 0)


@pytest.mark.parametrize(
    ("happens", "error"),
    [
        ("unreachable", "gateway_unavailable"), ("500", "gateway_unavailable"), ("503", "gateway_unavailable"),
        ("202", "gateway_unavailable"), ("429", "gateway_unavailable"), ("nonsense", "gateway_unavailable"),
        ("302", "gateway_unavailable"), ("402", "gateway_refused"), ("400", "gateway_refused"), ("401", "gateway_refused"),
    ],
)  # fmt: skip
def test_a_charge_that_fails_is_503_and_may_be_tried_again(shop: Shop, happens: str, error: str) -> None:
    order = shop.order()
    shop.gateway.happens.append(happens)
    refused = shop.charge(order, idempotency_key="k")
    assert (refused.status_code, exact(refused)["error"]) == (503, error)
    assert refused.headers["Retry-After"]
    again = shop.charge(order, idempotency_key="k")
    assert again.status_code == 200
    reference = order["id"] if error == "gateway_unavailable" else f"{order['id']}-2"
    assert (exact(again)["data"]["payment_id"], shop.gateway.charged()) == (reference, [order["id"], reference])
    assert Payment.objects.filter(status=PaymentStatus.PENDING).count() == 1


def test_an_answer_that_got_lost_is_told_again_by_the_same_key(shop: Shop) -> None:
    order = shop.order()
    shop.gateway.happens.append("lost answer")
    assert shop.charge(order).status_code == 503
    assert exact(shop.charge(order))["data"]["qr_string"] == f"00020101{order['id']}"
    assert (len(shop.gateway.transactions), Payment.objects.count()) == (1, 1)


def test_an_answer_that_got_lost_for_long_is_a_new_charge_and_the_old_one_ends(shop: Shop) -> None:
    order = shop.order()
    shop.gateway.happens.append("lost answer")
    shop.charge(order)
    shop.gateway.forgets_keys = True
    assert exact(shop.charge(order))["data"]["payment_id"] == f"{order['id']}-2"
    assert {name: told["transaction_status"] for name, told in shop.gateway.transactions.items()} == {
        order["id"]: "cancel",
        f"{order['id']}-2": "pending",
    }
    statuses = Payment.objects.order_by("pk").values_list("status", flat=True)
    assert list(statuses) == [PaymentStatus.REJECTED, PaymentStatus.PENDING]


def test_a_charge_whose_answer_got_lost_and_that_was_paid_pays_the_order(shop: Shop) -> None:
    order = shop.order()
    shop.gateway.happens.append("lost answer")
    shop.charge(order)
    shop.gateway.forgets_keys = True
    shop.gateway.pays(order["id"])
    refused = shop.charge(order)
    assert (refused.status_code, exact(refused)["error"]) == (409, "order_paid")
    assert shop.cast.book(PlaceKind.REGISTER, 1, method="QRIS") == 7_500_000


def test_a_process_that_died_while_it_asked_blocks_the_order_for_a_moment_only(shop: Shop) -> None:
    order = shop.order()
    shop.gateway.happens.append("lost answer")
    shop.charge(order)
    charge = Charge.objects.get()
    # As a process that died leaves it: it asks, and never says that it stopped.
    Charge.objects.update(asked_at=charge.payment.reported_at)
    refused = shop.charge(order)
    assert (refused.status_code, exact(refused)["error"]) == (409, "charge_in_progress")
    paid = shop.carla.post(f"/orders/{order['id']}/pay/manual", {"payment_method_id": 1})
    assert (paid.status_code, exact(paid)["error"]) == (409, "charge_in_progress")
    Charge.objects.update(asked_at=charge.payment.reported_at - timedelta(seconds=31))
    assert shop.charge(order).status_code == 200


def test_an_expired_charge_is_followed_by_a_new_one(shop: Shop) -> None:
    order = shop.order()
    shop.charge(order)
    Charge.objects.update(expires_at=Charge.objects.get().payment.reported_at - timedelta(seconds=1))
    shop.gateway.pays(order["id"], "expire")
    assert exact(shop.charge(order))["data"]["payment_id"] == f"{order['id']}-2"
    assert Payment.objects.get(external_id=order["id"]).status == PaymentStatus.REJECTED


@pytest.mark.parametrize("act", ["pay/manual", "cancel"])
def test_a_waiting_charge_ends_before_the_order_is_paid_or_cancelled_otherwise(shop: Shop, act: str) -> None:
    order = shop.order()
    shop.charge(order)
    body: dict[str, Any] = {"payment_method_id": 1, "cash_received": 100_000} if act == "pay/manual" else {}
    assert shop.carla.post(f"/orders/{order['id']}/{act}", body).status_code == 200
    assert shop.gateway.transactions[order["id"]]["transaction_status"] == "cancel"
    assert Payment.objects.get(external_id=order["id"]).status == PaymentStatus.REJECTED
    assert shop.status(order) == ("paid" if act == "pay/manual" else "cancelled")


@pytest.mark.parametrize("act", ["pay/manual", "cancel"])
def test_a_charge_that_the_customer_just_paid_pays_the_order(shop: Shop, act: str) -> None:
    order = shop.order()
    shop.charge(order)
    shop.gateway.pays(order["id"])
    body = {"payment_method_id": 1} if act == "pay/manual" else {}
    refused = shop.carla.post(f"/orders/{order['id']}/{act}", body)
    assert (refused.status_code, exact(refused)["error"], shop.status(order)) == (409, "order_paid", "paid")
    assert shop.cast.book(PlaceKind.REGISTER, 1) == 0


def test_while_the_gateway_is_silent_a_waiting_order_is_not_paid_otherwise(shop: Shop) -> None:
    order = shop.order()
    shop.charge(order)
    shop.gateway.happens += ["unreachable"]
    refused = shop.carla.post(f"/orders/{order['id']}/pay/manual", {"payment_method_id": 1})
    assert (refused.status_code, exact(refused)["error"], shop.status(order)) == (503, "gateway_unavailable", "open")


@pytest.mark.parametrize(
    ("act", "body", "status"),
    [
        ("pay/manual", {"payment_method_id": 1, "cash_received": 1}, 400),
        ("pay/manual", {"payment_method_id": 1, "version": 2}, 409),
        ("cancel", {"version": 2}, 409),
    ],
)
def test_a_request_that_would_be_refused_ends_no_charge(
    shop: Shop, act: str, body: dict[str, Any], status: int
) -> None:
    order = shop.order()
    shop.charge(order)
    assert shop.carla.post(f"/orders/{order['id']}/{act}", body).status_code == status
    assert shop.gateway.transactions[order["id"]]["transaction_status"] == "pending"


def test_a_shift_in_another_store_ends_no_charge(shop: Shop) -> None:
    order = shop.order()
    shop.charge(order)
    other = StoreFactory(account=shop.cast.store.account, number="1338", currency="IDR")
    opened(caller(shop.cast.anna, store=other))
    refused = caller(shop.cast.anna).post(f"/orders/{order['id']}/pay/manual", {"payment_method_id": 1})
    assert (refused.status_code, exact(refused)["error"]) == (409, "order_of_other_store")
    assert shop.gateway.transactions[order["id"]]["transaction_status"] == "pending"


def test_a_manager_may_decide_a_charge_by_hand_and_a_cashier_may_not(shop: Shop) -> None:
    order = shop.order()
    shop.charge(order)
    path = f"/payments/{order['id']}"
    refused = shop.carla.patch(path, {"status": "APPROVED"})
    assert (refused.status_code, exact(refused)["code"]) == (403, "gateway_decides")
    assert caller(shop.cast.erika).patch(path, {"status": "REJECTED"}).status_code == 200
    assert shop.carla.post(f"/orders/{order['id']}/pay/manual", {"payment_method_id": 1}).status_code == 200


@pytest.mark.parametrize("act", ["pay/manual", "cancel", "pay/midtrans"])
@pytest.mark.parametrize("is_paid", [False, True], ids=["unpaid", "paid"])
def test_a_charge_that_a_manager_rejected_is_cancelled_at_the_gateway_too(shop: Shop, act: str, is_paid: bool) -> None:
    order = shop.order()
    shop.charge(order)
    caller(shop.cast.erika).patch(f"/payments/{order['id']}", {"status": "REJECTED"})
    if is_paid:
        shop.gateway.pays(order["id"])
    body = {"payment_method_id": 1} if act == "pay/manual" else {}
    answer = shop.carla.post(f"/orders/{order['id']}/{act}", body)
    assert answer.status_code == (409 if is_paid else 200)
    assert shop.gateway.transactions[order["id"]]["transaction_status"] == ("settlement" if is_paid else "cancel")
    if is_paid:
        assert (exact(answer)["error"], shop.status(order)) == ("order_paid", "paid")
        assert shop.cast.book(PlaceKind.REGISTER, 1, method="QRIS") == 7_500_000


def test_a_rejected_charge_that_expired_is_not_asked_for(shop: Shop) -> None:
    order = shop.order()
    shop.charge(order)
    caller(shop.cast.erika).patch(f"/payments/{order['id']}", {"status": "REJECTED"})
    Charge.objects.update(expires_at=Charge.objects.get().payment.reported_at)
    shop.gateway.happens += ["unreachable"]
    assert shop.carla.post(f"/orders/{order['id']}/pay/manual", {"payment_method_id": 1}).status_code == 200


def test_a_manager_who_approves_a_charge_pays_its_order(shop: Shop) -> None:
    order = shop.order()
    shop.charge(order)
    assert caller(shop.cast.erika).patch(f"/payments/{order['id']}", {"status": "APPROVED"}).status_code == 200
    assert (shop.status(order), Order.objects.get().payment) == ("paid", Payment.objects.get())


def test_who_may_not_pay_may_not_charge(shop: Shop) -> None:
    order = shop.order()
    bruno = caller(shop.cast.bruno)
    refused = bruno.post(f"/orders/{order['id']}/pay/midtrans")
    assert (refused.status_code, exact(refused)["error"]) == (403, "no_open_shift")
    assert Caller().post(f"/orders/{order['id']}/pay/midtrans").status_code == 401
    assert caller(shop.cast.otto).post(f"/orders/{order['id']}/pay/midtrans").status_code == 404
    stale = shop.carla.post(f"/orders/{order['id']}/pay/midtrans", {"version": 2})
    assert (stale.status_code, exact(stale)["error"]) == (409, "stale_version")
    assert shop.carla.post(f"/orders/{order['id']}/pay/midtrans", {"amount": 1}).status_code == 400
    PaymentMethod.objects.filter(code="QRIS").update(is_active=False)
    assert shop.charge(order).status_code == 400
    closed(shop.carla)
    assert shop.charge(order).status_code == 403
    assert (shop.gateway.requests, Payment.objects.count()) == ([], 0)


@pytest.mark.django_db
def test_another_currency_is_not_charged(gateway: Double) -> None:
    cast = make_cast()
    carla = caller(cast.carla)
    carla.post("/cash/open", {"start_amount": 0})
    order = exact(carla.post("/orders", {"type": "dine_in", "net_total": 750}))["data"]
    refused = carla.post(f"/orders/{order['id']}/pay/midtrans")
    assert (refused.status_code, list(exact(refused)["data"]["errors"])) == (400, ["order"])
    assert gateway.requests == []


def test_no_transaction_is_open_while_the_gateway_is_asked(transactional_db: None, gateway: Double) -> None:
    shop = shop_of(gateway)
    ours, seen = connections["default"], list[bool]()
    gateway.on_request = lambda: seen.append(ours.in_atomic_block)
    order = shop.order()
    shop.charge(order, idempotency_key="k")
    shop.carla.post(f"/orders/{order['id']}/pay/manual", {"payment_method_id": 1}, idempotency_key="pay")
    assert seen == [False, False]
    assert shop.status(order) == "paid"
