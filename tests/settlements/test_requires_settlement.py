"""A store whose registers trade only under settlement: nothing opens without one, but payments of customers are kept."""

from typing import Any

import pytest

from cashdesk.models import Payment
from tests.settlements.desk import Shop
from tests.settlements.steps import open_register, open_vault, start_counting
from tests.stories import caller

ROADS: list[tuple[str, str, Any]] = [
    ("carla", "/cash/open", {"start_amount": 10, "station": 1}),
    ("carla", "/cash/open", {"start_amount": 10}),
    ("erika", "/movements", {"kind": "PAID_IN", "amount": 7, "station": 1, "reason": "CHANGE"}),
    ("erika", "/movements", {"kind": "DROP", "amount": 7, "station": 1}),
    ("erika", "/movements", {"kind": "LOAN", "amount": 7, "station": 1}),
    ("erika", "/payments", {"id": "P", "station": 1, "method": "CARD", "currency": "EUR", "amount": 5, "status": "PENDING"}),
]  # fmt: skip


@pytest.fixture
def strict(shop: Shop) -> Shop:
    """The shop, which trades only under settlement."""
    shop.cast.store.requires_settlement = True
    shop.cast.store.save()
    return shop


@pytest.mark.parametrize(("who", "path", "body"), ROADS)
@pytest.mark.parametrize("state", ["none", "counting"])
def test_without_an_open_settlement_every_road_is_refused(
    strict: Shop, who: str, path: str, body: Any, state: str
) -> None:
    erika = caller(strict.cast.erika)
    open_vault(erika)
    if state == "counting":
        start_counting(erika, open_register(erika))
    books = strict.book(), strict.book(1)
    answer = caller(getattr(strict.cast, who)).post(path, body)
    assert answer.status_code == 409, answer.content
    text = answer.content.decode()
    assert "open settlement" in text or "is being counted" in text
    assert ((strict.book(), strict.book(1)), Payment.objects.count()) == (books, 0)


@pytest.mark.parametrize(("who", "path", "body"), ROADS)
def test_with_one_every_road_is_open(strict: Shop, who: str, path: str, body: Any) -> None:
    erika = caller(strict.cast.erika)
    open_vault(erika)
    open_register(erika)
    assert caller(getattr(strict.cast, who)).post(path, body).status_code in (200, 201)


@pytest.mark.parametrize("road", ["payments", "batch", "order"])
def test_money_that_was_paid_is_kept_late(strict: Shop, road: str) -> None:
    """The customer has already paid. A refusal would not give the money back."""
    erika = caller(strict.cast.erika)
    paid = {"id": "P", "station": 1, "method": "CASH", "currency": "EUR", "amount": 5, "status": "APPROVED"}
    if road == "payments":
        answer = erika.post("/payments", paid)
        assert (answer.status_code, answer.json()["booked"]) == (201, "late")
    elif road == "batch":
        (result,) = erika.post("/payments/batch", [paid]).json()["results"]
        assert (result["status_code"], result["booked"]) == (201, "late")
    else:
        # An order is paid at an open shift, and without a settlement there is none.
        cash = next(way for way in erika.get("/payment-methods").json()["data"] if way["is_cash"])
        body = {"payment_method_id": cash["id"], "amount": 5, "cash_received": 5}
        assert erika.post("/orders/7/pay/manual", body, idempotency_key="o").status_code == 403
    assert strict.book(1) == 0


def test_a_session_that_was_open_when_the_rule_came_is_closed_and_moves_nothing(shop: Shop) -> None:
    carla = caller(shop.cast.carla)
    assert carla.post("/cash/open", {"start_amount": 10, "station": 1}).status_code == 200
    shop.cast.store.requires_settlement = True
    shop.cast.store.save()
    drop = {"type": "cash_out", "amount": 5, "category": "drop"}
    assert carla.post("/shifts/cash-transaction", drop).status_code == 409
    assert carla.post("/cash/close", {"final_cash_declared": 10}).status_code == 200


def test_a_cashier_without_a_register_gets_one_that_is_settled(strict: Shop) -> None:
    erika, carla = caller(strict.cast.erika), caller(strict.cast.carla)
    open_vault(erika)
    open_register(erika, station=2)
    session = carla.post("/cash/open", {"start_amount": 10})
    assert session.status_code == 200
    assert strict.sign_off(strict.cast.carla.sessions.get(), 10_00).register.number == 2
