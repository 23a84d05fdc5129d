"""A manager reverses movements in the back office: on the page of a movement, and on the page of its session."""

import pytest
from django.test import Client

from cashdesk.enums import MovementKind
from cashdesk.models import CashSession, Movement
from tests.admin.back_office import page_of, sits_down
from tests.cashdesk.desk import close_drawer, move, open_drawer, sell
from tests.settlements.admin.periods import REGISTERS, Periods, act, errors_of, settle, told
from tests.stories import Cast, make_cast


@pytest.fixture
def cast(db: None) -> Cast:
    """The cast, in a shop that never opened a settlement: most tests here read the only movements of a drawer."""
    return make_cast(registers=REGISTERS)


@pytest.fixture
def periods(cast: Cast) -> Periods:
    """The settlements of a day in that shop."""
    return settle(cast.store, cast.erika, cast.carla)


@pytest.fixture
def erika(cast: Cast) -> Client:
    """Erika's browser."""
    return sits_down(cast.erika)


@pytest.fixture
def session(cast: Cast) -> CashSession:
    """Carla's open drawer."""
    return open_drawer(cast.carla, 100_00)


def test_a_movement_is_reversed_on_its_page(cast: Cast, erika: Client, session: CashSession) -> None:
    sale = sell(session, 10_00)
    assert page_of(sale, "reverse") in erika.get(page_of(sale)).content.decode()
    asked = erika.get(page_of(sale, "reverse")).content.decode()
    assert "Sale €10.00 from Customers to Register 1" in asked
    assert errors_of(act(erika, sale, "reverse", reason="")) == {"reason": ["Enter a reason."]}
    done = told(act(erika, sale, "reverse", reason="rung up twice"))
    made = Movement.objects.get(reverses=sale)
    assert done == [f"{sale} is reversed by {made}."]
    page = erika.get(page_of(sale)).content.decode()
    assert page_of(sale, "reverse") not in page
    assert "This movement is already reversed." in page
    assert "This is a reversal." in erika.get(page_of(made)).content.decode()
    assert "already reversed" in str(errors_of(act(erika, sale, "reverse", reason="again")))
    assert Movement.objects.filter(reverses=sale).count() == 1


def test_what_belongs_to_a_count_says_why_it_is_not_reversed(cast: Cast, erika: Client, session: CashSession) -> None:
    close_drawer(session, 90_00)
    for kind in (MovementKind.FLOAT, MovementKind.OVER_SHORT, MovementKind.RETURN):
        movement = Movement.objects.get(kind=kind)
        page = erika.get(page_of(movement)).content.decode()
        assert "cannot be reversed. The next count corrects it." in page
        assert "cannot be reversed" in str(errors_of(act(erika, movement, "reverse", reason="x")))


def test_a_credited_bag_says_why_it_is_not_reversed(cast: Cast, periods: Periods, erika: Client) -> None:
    deposit = periods.deposit
    act(erika, deposit, "credit", amount="300.00")
    assert (
        "The bank has already credited this bag. It cannot be reversed."
        in erika.get(page_of(deposit.movement)).content.decode()
    )
    assert "has already credited" in str(errors_of(act(erika, deposit.movement, "reverse", reason="x")))


def test_one_by_hand_is_reversed_on_the_page_of_its_session(cast: Cast, erika: Client, session: CashSession) -> None:
    page = erika.get(page_of(session)).content.decode()
    assert "No pay-in, pay-out, drop or change was booked in this session." in page
    sell(session, 77_77)
    paid, drop = move(session, MovementKind.PAID_OUT, 5_00), move(session, MovementKind.DROP, 7_00)
    assert page_of(session, "reverse") in erika.get(page_of(session)).content.decode()
    asked = erika.get(page_of(session, "reverse")).content.decode()
    assert "Paid out €5.00 from Register 1 to Outside, test, Carla" in asked
    assert "77.77" not in asked
    told(act(erika, session, "reverse", movement=paid.pk, reason="wrong amount"))
    assert Movement.objects.get(reverses=paid).reason == "wrong amount"
    again = act(erika, session, "reverse", movement=paid.pk, reason="wrong amount")
    assert "movement" in errors_of(again)
    assert "This movement is already reversed." in erika.get(page_of(session, "reverse")).content.decode()
    close_drawer(session, 170_77)
    told(act(erika, session, "reverse", movement=drop.pk, reason="never carried"))
    assert Movement.objects.get(reverses=drop).is_late


def test_a_cashier_and_a_stranger_reverse_nothing(cast: Cast, session: CashSession) -> None:
    drop = move(session, MovementKind.DROP, 7_00)
    for user in (cast.carla, cast.otto):
        for row in (drop, session):
            act(sits_down(user), row, "reverse", reason="x", movement=drop.pk)
    assert not Movement.objects.filter(reverses__isnull=False).exists()
