"""All APIs use the same register for a caller: the open session first, then the token, then the assigned register."""

from typing import Any

import pytest

from cashdesk.enums import MovementKind, PlaceKind
from cashdesk.models import CashSession, Movement, Payment
from tests.api.steps import bound_key, opened, paid, payment
from tests.factories import UserFactory
from tests.settlements.steps import open_register, open_vault
from tests.stories import Cast, caller

TILL = 1
OTHER = 2


def moved_at(kind: MovementKind) -> set[int]:
    """Returns the stations at which movements of this kind were booked."""
    ends = Movement.objects.filter(kind=kind).values_list("source__number", "destination__number")
    return {number for pair in ends for number in pair if number}


@pytest.mark.parametrize("named", [{}, {"station": TILL}])
def test_a_token_of_another_register_leaves_the_open_drawer_with_its_cashier(cast: Cast, named: dict[str, int]) -> None:
    opened(caller(cast.carla), 50, station=TILL)
    carla = caller(cast.carla, store=cast.store, register=cast.place(PlaceKind.REGISTER, OTHER))
    paid(carla, "a", **named)
    assert carla.post("/payments/batch", [payment("b", **named)]).status_code == 200
    drop = carla.post("/movements", {"kind": "DROP", "amount": 500, **named})
    assert drop.status_code == 201, drop.content
    out = {"type": "cash_out", "amount": 5, "category": "milk"}
    assert carla.post("/shifts/cash-transaction", out).status_code == 201
    assert carla.post(f"/registers/{TILL}/no-sale", {"reason": "change"}).status_code == 201
    assert [payment.register.number for payment in Payment.objects.select_related("register")] == [TILL, TILL]  # type: ignore[union-attr]
    for kind in (MovementKind.SALE, MovementKind.DROP, MovementKind.PAID_OUT):
        assert moved_at(kind) == {TILL}
    assert carla.post("/cash/close", {"final_cash_declared": 60}).json()["status"] == "CLOSED"
    # Without a drawer of their own they are at the register of the token again.
    assert carla.post(f"/registers/{TILL}/no-sale", {"reason": "change"}).status_code == 403
    assert opened(carla, 50)["status"] == "OPEN"
    assert Movement.objects.filter(kind=MovementKind.FLOAT, destination__number=OTHER).exists()


def test_a_drawer_in_somebody_elses_hands_is_refused_by_name_and_by_token(cast: Cast) -> None:
    opened(caller(cast.bruno), 50, station=OTHER)
    carla = caller(cast.carla, store=cast.store, register=cast.place(PlaceKind.REGISTER, OTHER))
    for body in ({"kind": "DROP", "amount": 500}, {"kind": "DROP", "amount": 500, "station": OTHER}):
        answer = carla.post("/movements", body)
        assert (answer.status_code, "station" in str(answer.json())) == (403, True)
    assert carla.post(f"/registers/{OTHER}/no-sale", {"reason": "change"}).status_code == 403
    # Payments are facts: the money is in the drawer of the till that reports them.
    paid(carla, "late")
    assert Payment.objects.get(external_id="late").register == cast.place(PlaceKind.REGISTER, OTHER)


def test_a_register_under_settlement_that_nobody_holds_takes_payments_and_movements_alike(cast: Cast) -> None:
    erika = caller(cast.erika)
    open_vault(erika)
    open_register(erika, station=OTHER)
    carla = caller(cast.carla)
    assert carla.post("/movements", {"kind": "DROP", "amount": 500, "station": OTHER}).status_code == 201
    paid(carla, "a", station=OTHER)
    assert carla.post(f"/registers/{OTHER}/no-sale", {"reason": "change"}).status_code == 201
    opened(caller(cast.bruno), 195, station=OTHER)
    assert carla.post("/movements", {"kind": "DROP", "amount": 500, "station": OTHER}).status_code == 403
    assert carla.post("/payments", payment("b", station=OTHER)).status_code == 403
    assert carla.post(f"/registers/{OTHER}/no-sale", {"reason": "change"}).status_code == 403


def test_a_register_that_is_assigned_to_another_is_refused_by_every_door(cast: Cast) -> None:
    UserFactory(store=cast.store, register=cast.place(PlaceKind.REGISTER, OTHER))
    carla = caller(cast.carla)
    refused = [
        carla.post("/cash/open", {"start_amount": 0, "station": OTHER}),
        carla.post("/payments", payment("a", station=OTHER)),
        carla.post("/movements", {"kind": "DROP", "amount": 500, "station": OTHER}),
        carla.post(f"/registers/{OTHER}/no-sale", {"reason": "change"}),
    ]
    assert [answer.status_code for answer in refused] == [403] * 4, [answer.content for answer in refused]


def test_a_key_of_one_register_speaks_for_it_alone(cast: Cast) -> None:
    opened(caller(cast.carla), 50, station=TILL)
    opened(caller(cast.bruno), 50, station=OTHER)
    key = bound_key(cast.store, register=cast.place(PlaceKind.REGISTER, TILL))
    paid(key, "a", operator=str(cast.bruno.pk))
    assert Payment.objects.get(external_id="a").register == cast.place(PlaceKind.REGISTER, TILL)
    assert key.post("/payments", payment("b", station=OTHER)).status_code == 403
    theirs = CashSession.objects.get(user=cast.bruno)
    assert key.post("/payments", payment("c", session=str(theirs.pk))).status_code == 403
    assert key.post("/movements", {"kind": "DROP", "amount": 500, "station": OTHER}).status_code == 403
    assert key.post(f"/registers/{OTHER}/no-sale", {"reason": "change"}).status_code == 403


def test_a_settlement_that_names_no_register_means_the_open_drawer(cast: Cast) -> None:
    open_vault(caller(cast.erika))
    carla = caller(cast.carla)
    opened(carla, 50, station=OTHER)
    body: dict[str, Any] = {"type": "CASHREGISTER", "initialCash": [{"value": 0, "currency": "EUR", "method": "CASH"}]}
    answer = carla.post("/settlements", body)
    assert answer.status_code == 409
    assert f"register {OTHER}" in str(answer.json())
