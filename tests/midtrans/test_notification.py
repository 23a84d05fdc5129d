"""POST /payments/midtrans-notification: the gateway reports the state of a charge."""

from typing import Any

import pytest

from cashdesk.domain.ledger.proof import faults_of_store
from cashdesk.enums import Booked, PaymentStatus, PlaceKind
from cashdesk.models import AuditEntry, Movement, Payment
from tests.api.steps import closed
from tests.midtrans.conftest import Shop
from tests.midtrans.double import notification
from tests.stories import caller, counted_queries, exact


@pytest.fixture
def order(shop: Shop) -> dict[str, Any]:
    """An order whose charge waits."""
    made = shop.order()
    assert shop.charge(made).status_code == 200
    return made


def test_a_settlement_approves_the_payment_and_pays_the_order_once(shop: Shop, order: dict[str, Any]) -> None:
    for _again in range(3):
        told = shop.notify(order["id"])
        assert (told.status_code, exact(told)) == (
            200,
            {
                "message": "Notification processed successfully",
                "data": {"order_id": order["id"], "transaction_status": "settlement"},
            },
        )
    payment = Payment.objects.get()
    assert (payment.status, payment.booked) == (PaymentStatus.APPROVED, Booked.ON_TIME)
    shown = exact(shop.carla.get(f"/orders/{order['id']}"))["data"]
    assert (shown["status"], shown["version"], shown["payment_method_id"], shown["cash_received"]) == (
        "paid", 2, 2, 75_000,
    )  # fmt: skip
    assert shop.cast.book(PlaceKind.REGISTER, 1, method="QRIS") == 7_500_000
    assert Movement.objects.filter(payment=payment).count() == 1
    assert AuditEntry.objects.filter(action="order.paid").count() == 1
    assert list(faults_of_store(shop.cast.store)) == []


@pytest.mark.parametrize("status", ["deny", "cancel", "expire", "failure"])
def test_an_end_without_money_rejects_the_payment_and_leaves_the_order_open(
    shop: Shop, order: dict[str, Any], status: str
) -> None:
    for _again in range(2):
        assert shop.notify(order["id"], status=status).status_code == 200
    assert (Payment.objects.get().status, shop.status(order)) == (PaymentStatus.REJECTED, "open")
    assert shop.carla.post(f"/orders/{order['id']}/pay/manual", {"payment_method_id": 1}).status_code == 200


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "pending"},
        {"status": "authorize"},
        {"status": "capture", "fraud_status": "challenge", "status_code": "201"},
        {"status": "settlement", "fraud_status": "challenge"},
        {"status": "settlement", "status_code": "201"},
        {"status": "refund", "status_code": "201"},
        {"status": "something new"},
    ],
)
def test_what_is_not_decided_yet_decides_nothing(shop: Shop, order: dict[str, Any], fields: dict[str, str]) -> None:
    assert shop.notify(order["id"], **fields).status_code == 200
    assert (Payment.objects.get().status, shop.status(order)) == (PaymentStatus.PENDING, "open")


def test_fraud_rejects_and_a_capture_approves(shop: Shop, order: dict[str, Any]) -> None:
    shop.notify(order["id"], status="capture", fraud_status="deny")
    assert Payment.objects.get().status == PaymentStatus.REJECTED
    second = shop.order()
    shop.charge(second)
    shop.notify(second["id"], status="capture")
    assert shop.status(second) == "paid"


@pytest.mark.parametrize("field", ["order_id", "status_code", "gross_amount", "signature_key"])
def test_a_signature_that_does_not_fit_is_403(shop: Shop, order: dict[str, Any], field: str) -> None:
    told = notification(order["id"])
    told[field] = {"order_id": "another", "status_code": "201", "gross_amount": "75000"}.get(field, "0" * 128)
    refused = shop.notify_raw(told)
    assert (refused.status_code, exact(refused)["error"]) == (403, "wrong_signature")
    assert Payment.objects.get().status == PaymentStatus.PENDING


@pytest.mark.parametrize("wrong", ["", "é", "x" * 129, None])
def test_a_signature_that_cannot_be_one_is_refused(shop: Shop, order: dict[str, Any], wrong: Any) -> None:
    refused = shop.notify_raw({**notification(order["id"]), "signature_key": wrong})
    assert refused.status_code in (400, 403)
    assert Payment.objects.get().status == PaymentStatus.PENDING


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"amount": "74999.00"}, "gross_amount"),
        ({"amount": "7500000.00"}, "gross_amount"),
        ({"amount": "75000.001"}, "gross_amount"),
        ({"amount": "many"}, "gross_amount"),
        ({"currency": "USD"}, "currency"),
    ],
)
def test_another_amount_is_refused_by_name(
    shop: Shop, order: dict[str, Any], fields: dict[str, str], named: str
) -> None:
    refused = shop.notify(order["id"], **fields)
    assert (refused.status_code, list(exact(refused)["data"]["errors"])) == (400, [named])
    assert Payment.objects.get().status == PaymentStatus.PENDING


def test_an_unknown_order_is_404_and_a_body_without_fields_400(shop: Shop, order: dict[str, Any]) -> None:
    unknown = shop.notify("550e8400-e29b-41d4-a716-446655440000")
    assert (unknown.status_code, exact(unknown)["error"]) == (404, "not_found")
    bodies: list[Any] = [{}, [], "x", "null", {"order_id": order["id"]}]
    for body in bodies:
        assert shop.notify_raw(body).status_code == 400


def test_nobody_signs_in_and_a_wrong_credential_does_not_matter(shop: Shop, order: dict[str, Any]) -> None:
    told = shop.carla.client.post(
        "/api/v1/payments/midtrans-notification",
        notification(order["id"]),
        content_type="application/json",
        headers={"Authorization": "Bearer wrong", "Origin": "https://elsewhere.example"},
    )
    assert told.status_code == 200
    assert shop.status(order) == "paid"


@pytest.mark.parametrize("method", ["GET", "HEAD", "PATCH", "DELETE"])
def test_another_method_at_the_address_is_405(shop: Shop, method: str) -> None:
    assert shop.carla.send(method, "/payments/midtrans-notification", {}).status_code == 405


def test_after_the_shift_the_money_is_late(shop: Shop, order: dict[str, Any]) -> None:
    closed(shop.carla)
    assert shop.notify(order["id"]).status_code == 200
    payment = Payment.objects.get()
    assert (payment.status, payment.booked, payment.session_id is None) == (PaymentStatus.APPROVED, Booked.LATE, False)
    assert shop.cast.book(PlaceKind.OVER_SHORT, method="QRIS") == 7_500_000
    assert shop.status(order) == "paid"
    assert list(faults_of_store(shop.cast.store)) == []


@pytest.mark.parametrize("ended", ["expire", "by hand"])
def test_money_that_arrives_after_all_is_booked_once_and_pays_the_open_order(
    shop: Shop, order: dict[str, Any], ended: str
) -> None:
    if ended == "expire":
        shop.notify(order["id"], status="expire")
    else:
        caller(shop.cast.erika).patch(f"/payments/{order['id']}", {"status": "REJECTED"})
    for _again in range(2):
        assert shop.notify(order["id"]).status_code == 200
    late = Payment.objects.get(external_id=f"{order['id']}-late")
    assert (late.status, late.amount, late.booked) == (PaymentStatus.APPROVED, 7_500_000, Booked.ON_TIME)
    assert Payment.objects.get(external_id=order["id"]).status == PaymentStatus.REJECTED
    assert (shop.status(order), shop.cast.book(PlaceKind.REGISTER, 1, method="QRIS")) == ("paid", 7_500_000)
    assert list(faults_of_store(shop.cast.store)) == []


def test_a_customer_who_paid_twice_is_told_in_the_audit_trail(shop: Shop, order: dict[str, Any]) -> None:
    shop.notify(order["id"], status="expire")
    shop.carla.post(f"/orders/{order['id']}/pay/manual", {"payment_method_id": 1})
    for _again in range(2):
        assert shop.notify(order["id"]).status_code == 200
    (entry,) = AuditEntry.objects.filter(action="order.paid_again")
    assert entry.detail == {"status": "PAID", "payment": f"{order['id']}-late"}
    # Both amounts are there, so both are in the books.
    assert shop.cast.book(PlaceKind.REGISTER, 1) == shop.cast.book(PlaceKind.REGISTER, 1, method="QRIS") == 7_500_000


@pytest.mark.parametrize("status", ["refund", "partial_refund", "chargeback", "deny", "cancel"])
def test_money_that_went_back_is_noted_once_and_not_booked(shop: Shop, order: dict[str, Any], status: str) -> None:
    shop.notify(order["id"])
    for _again in range(2):
        assert shop.notify(order["id"], status=status).status_code == 200
    (entry,) = AuditEntry.objects.filter(action="payment.returned")
    assert (entry.detail, Payment.objects.get().status) == ({"status": status}, PaymentStatus.APPROVED)
    assert shop.cast.book(PlaceKind.REGISTER, 1, method="QRIS") == 7_500_000


def test_each_partial_refund_is_noted_once_with_its_amount(shop: Shop, order: dict[str, Any]) -> None:
    shop.notify(order["id"])
    for key, amount in (("r1", "5000.00"), ("r2", "7000.00"), ("r1", "5000.00")):
        shop.notify(order["id"], status="partial_refund", refund_key=key, refund_amount=amount)
    entries = AuditEntry.objects.filter(action="payment.returned").order_by("pk")
    assert [entry.detail for entry in entries] == [
        {"status": "partial_refund", "refund_key": "r1", "refund_amount": "5000.00"},
        {"status": "partial_refund", "refund_key": "r2", "refund_amount": "7000.00"},
    ]


@pytest.mark.parametrize("odd", [None, 7, 5000.5, [], {"a": 1}, "\x00", "\ud800", "x" * 200])
def test_an_odd_note_of_a_refund_loses_no_notification(shop: Shop, order: dict[str, Any], odd: Any) -> None:
    shop.notify(order["id"])
    told = notification(order["id"], status="partial_refund")
    assert shop.notify_raw({**told, "refund_key": odd, "refund_amount": odd}).status_code == 200
    assert AuditEntry.objects.filter(action="payment.returned").count() == 1


def test_a_refund_whose_settlement_never_arrived_is_a_payment_that_went_back(shop: Shop, order: dict[str, Any]) -> None:
    shop.notify(order["id"], status="refund")
    assert (shop.status(order), AuditEntry.objects.filter(action="payment.returned").count()) == ("paid", 1)


@pytest.mark.parametrize("status", ["pending", "expire"])
def test_a_delayed_word_changes_no_decision(shop: Shop, order: dict[str, Any], status: str) -> None:
    shop.notify(order["id"])
    assert shop.notify(order["id"], status=status).status_code == 200
    assert (Payment.objects.get().status, shop.status(order)) == (PaymentStatus.APPROVED, "paid")


def test_a_repeated_notification_has_few_statements(shop: Shop, order: dict[str, Any]) -> None:
    shop.notify(order["id"])
    with counted_queries() as queries:
        shop.notify(order["id"])
    assert len(queries) == 4  # the charge, a savepoint around the payment


def test_no_answer_tells_more_than_was_sent(shop: Shop, order: dict[str, Any]) -> None:
    for answer in (shop.notify(order["id"], "1.00"), shop.notify("nobody"), shop.notify(order["id"])):
        assert b"7500000" not in answer.content
        assert b"75000" not in answer.content
