"""Several requests about one charge at once: the money is booked once, and the gateway is asked once."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from cashdesk.domain.ledger.proof import faults_of_store
from cashdesk.enums import PlaceKind
from cashdesk.models import Payment
from tests.midtrans.conftest import Shop, shop_of
from tests.midtrans.double import Double
from tests.stories import caller
from tests.web.side_by_side import at_once, database_for_threads

ROUNDS = 3


@pytest.fixture
def shared(transactional_db: None, gateway: Double, tmp_path: Path) -> Iterator[Shop]:
    """A shop in a database that threads can share."""
    with database_for_threads(tmp_path):
        yield shop_of(gateway)


def sent(act: Any) -> int:
    """Sends a request and returns its status."""
    return int(act().status_code)


def test_notifications_and_a_manager_who_decide_at_once_book_the_money_once(shared: Shop) -> None:
    erika = caller(shared.cast.erika)
    for number in range(1, ROUNDS + 1):
        order = shared.order()
        shared.charge(order)
        notify = partial(shared.notify, order["id"])
        by_hand = partial(erika.patch, f"/payments/{order['id']}", {"status": "APPROVED"})
        assert at_once([partial(sent, act) for act in (notify, notify, by_hand)]) == [200, 200, 200]
        assert (shared.status(order), shared.cast.book(PlaceKind.REGISTER, 1, method="QRIS")) == (
            "paid",
            7_500_000 * number,
        )
    assert list(faults_of_store(shared.cast.store)) == []


def test_an_order_that_is_charged_twice_at_once_has_one_charge(shared: Shop) -> None:
    for _round in range(ROUNDS):
        order = shared.order()
        charge = partial(sent, partial(shared.charge, order))
        answers = at_once([charge, charge])
        assert set(answers) <= {200, 409}
        assert 200 in answers
        assert Payment.objects.filter(order=order["id"]).count() == 1
    assert len(shared.gateway.charged()) == len(shared.gateway.transactions) == ROUNDS


def test_a_customer_and_a_cashier_who_pay_at_once_are_both_in_the_books(shared: Shop) -> None:
    for _round in range(ROUNDS):
        order = shared.order()
        shared.charge(order)
        shared.gateway.pays(order["id"])
        cash = partial(shared.carla.post, f"/orders/{order['id']}/pay/manual", {"payment_method_id": 1})
        answers = at_once([partial(sent, act) for act in (partial(shared.notify, order["id"]), cash)])
        assert answers == [200, 409]
        assert shared.status(order) == "paid"
    assert shared.cast.book(PlaceKind.REGISTER, 1) == 0
    assert shared.cast.book(PlaceKind.REGISTER, 1, method="QRIS") == 7_500_000 * ROUNDS
