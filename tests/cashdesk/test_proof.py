"""The proof of a store's books: silent while they are right, and one sentence for each changed row."""

from copy import deepcopy

import pytest
from django.db import connection

from cashdesk.domain.caller.principal import SYSTEM
from cashdesk.domain.ledger.proof import faults_of_store
from cashdesk.domain.session.closing import force_close_session
from cashdesk.domain.session.count_afterwards import count_afterwards
from cashdesk.enums import CASH, MovementKind, PaymentStatus, PlaceKind
from cashdesk.models import CashSession, Movement, Payment
from tests import roles
from tests.cashdesk.desk import NOON, close_drawer, counted, execute, move, open_drawer, pay, refund, sell
from tests.module_world import ModuleWorld
from tests.stories import Cast, make_cast


@pytest.fixture(scope="module")
def _shop(module_world: ModuleWorld) -> Cast:
    return module_world.make(traded)


@pytest.fixture
def shop(db: None, _shop: Cast) -> Cast:
    """A shop after a day with every kind of event, and an open drawer."""
    return deepcopy(_shop)


def traded() -> Cast:
    """Trades for a day."""
    cast = make_cast()
    session = open_drawer(cast.carla, 10000, station=1)
    sell(session, 500)
    refund(session, 100)
    pay(session, 700, method="CARD")
    pay(session, 1998, tendered=5000, change=3000)
    pay(session, 50, status=PaymentStatus.PENDING)
    move(session, MovementKind.DROP, 300)
    close_drawer(session, 12000)
    sell(session, 40)
    forced = force_close_session(
        session=open_drawer(cast.bruno, 5000, station=2), by=SYSTEM, at=NOON, reason="power cut"
    )
    count_afterwards(session=forced, counted=counted(4000), by=SYSTEM, at=NOON)
    sell(open_drawer(cast.carla, 10000, station=1), 250)
    return cast


def faults_after(cast: Cast, statement: str, parameters: list[object] | None = None) -> list[str]:
    """Runs a statement with the triggers lifted, as the owner of the database could. Returns the faults that the proof
    finds.
    """
    roles.lift_laws(connection)
    assert execute(statement, parameters or []) > 0
    return list(faults_of_store(cast.store))


def test_right_books_are_silent(shop: Cast) -> None:
    assert list(faults_of_store(shop.store)) == []
    assert list(faults_of_store(shop.otto.store)) == []


def test_a_changed_movement_is_named(shop: Cast) -> None:
    sale = Movement.objects.filter(kind=MovementKind.SALE, method=CASH).order_by("pk").first()
    assert sale is not None
    faults = faults_after(shop, "UPDATE cashdesk_movement SET amount = amount + 1 WHERE id = %s", [sale.pk])
    assert any("Z 1 " in fault for fault in faults)
    assert any(f"Movement {sale.pk} " in fault for fault in faults)
    assert any("not the sum of its movements" in fault for fault in faults)


def test_a_changed_sale_of_the_drawer_that_is_still_open_is_named(shop: Cast) -> None:
    last = Movement.objects.filter(kind=MovementKind.SALE).order_by("pk").last()
    assert last is not None
    faults = faults_after(shop, "UPDATE cashdesk_movement SET amount = amount - 1 WHERE id = %s", [last.pk])
    assert faults == [f"Movement {last.pk} differs from its payment."]


def test_a_deleted_sale_of_the_drawer_that_is_still_open_is_named(shop: Cast) -> None:
    last = Movement.objects.filter(kind=MovementKind.SALE).select_related("payment").order_by("pk").last()
    assert last is not None
    assert last.payment is not None
    faults = faults_after(shop, "DELETE FROM cashdesk_movement WHERE id = %s", [last.pk])
    assert len(faults) == 1
    assert last.payment.external_id in faults[0]


def test_a_payment_that_was_made_to_look_unbooked_is_named(shop: Cast) -> None:
    payment = Payment.objects.exclude(movements=None).order_by("pk").first()
    assert payment is not None
    faults = faults_after(shop, "UPDATE cashdesk_payment SET booked = 'none' WHERE id = %s", [payment.pk])
    assert any(payment.external_id in fault for fault in faults)


@pytest.mark.parametrize(
    "change",
    [
        "expected_amount = expected_amount + 1, difference = difference - 1",
        "declared_amount = declared_amount + 1, difference = difference + 1",
    ],
)
def test_a_changed_result_of_a_session_is_named(shop: Cast, change: str) -> None:
    session = CashSession.objects.filter(status="CLOSED").get()
    faults = faults_after(shop, f"UPDATE cashdesk_cashsession SET {change} WHERE id = %s", [session.pk])
    assert any(f"Session {session.pk}" in fault for fault in faults)


def test_a_deleted_seal_is_named(shop: Cast) -> None:
    close_drawer(CashSession.objects.get(status="OPEN"), 10250)
    faults = faults_after(
        shop,
        "UPDATE cashdesk_seal SET number = number + 5 WHERE number = 2 AND place_id = %s",
        [shop.place(PlaceKind.REGISTER, 1).pk],
    )
    assert any("Z 2 is missing" in fault for fault in faults)
