"""Cash movements at an open drawer other than sales: paid in, paid out, drops and loans."""

from typing import Any

import pytest

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.cash_movement import move_cash, move_money
from cashdesk.enums import CASH, MovementKind, PlaceKind
from cashdesk.errors import InvalidInput, InvalidMovement, NothingOpen
from cashdesk.models import CashSession, Movement
from cashdesk.money import largest_amount
from cashdesk.movement_rules import RULES, kinds_where
from tests.cashdesk.desk import NOON, books, close_drawer, minutes, move, open_drawer, pay
from tests.stories import Cast, counted_queries

KINDS = (MovementKind.PAID_IN, MovementKind.PAID_OUT, MovementKind.DROP, MovementKind.LOAN)


@pytest.mark.parametrize(
    ("kind", "after"),
    [
        (MovementKind.PAID_IN, {"Safe": -10000, "Register 1": 10700, "Outside": -700}),
        (MovementKind.PAID_OUT, {"Safe": -10000, "Register 1": 9300, "Outside": 700}),
        (MovementKind.DROP, {"Safe": -9300, "Register 1": 9300}),
        (MovementKind.LOAN, {"Safe": -10700, "Register 1": 10700}),
    ],
)
def test_each_kind_goes_where_its_name_says(cast: Cast, kind: MovementKind, after: dict[str, int]) -> None:
    session = open_drawer(cast.carla, 10000)
    movement = move(session, kind, 700)
    assert books(cast.store) == after
    assert (movement.session, movement.method, movement.currency, movement.is_late) == (session, CASH, "EUR", False)


@pytest.mark.parametrize("kind", kinds_where(lambda rule: not rule.is_by_hand))
def test_a_kind_that_nobody_records_by_hand_is_refused(cast: Cast, kind: MovementKind) -> None:
    session = open_drawer(cast.carla, 10000)
    with pytest.raises(InvalidMovement):
        move(session, kind, 100)
    for place in (cast.place(PlaceKind.VAULT), session.register):
        with pytest.raises(InvalidInput):
            move_money(
                here=place,
                store=cast.store,
                kind=kind,
                amount=100,
                currency="EUR",
                by=Principal(user=cast.erika),
                at=minutes(3),
            )
    assert Movement.objects.count() == 1


def test_who_did_it_and_why_is_kept(cast: Cast) -> None:
    session = open_drawer(cast.carla, 10000)
    by = Principal(user=cast.erika)
    fields: dict[str, Any] = {"reason": "cleaning", "note": "Fenster, März – bar"}
    made = move_cash(session=session, kind=MovementKind.PAID_OUT, amount=2000, by=by, at=minutes(3), **fields)
    assert (made.reason, made.note, made.recorded_by, made.recorded_at) == (*fields.values(), cast.erika, minutes(3))


@pytest.mark.parametrize("amount", [0, -1, True, 1.0])
@pytest.mark.parametrize("kind", KINDS)
def test_an_amount_that_is_none_is_refused(cast: Cast, kind: MovementKind, amount: Any) -> None:
    session = open_drawer(cast.carla, 10000)
    with pytest.raises(InvalidMovement):
        move(session, kind, amount)
    assert Movement.objects.count() == 1


@pytest.mark.parametrize("kind", KINDS)
def test_an_amount_that_nobody_carries_is_refused_by_field(cast: Cast, kind: MovementKind) -> None:
    session = open_drawer(cast.carla, 10000)
    with pytest.raises(InvalidInput) as refused:
        move(session, kind, largest_amount("EUR") + 1)
    assert refused.value.errors == {"amount": "Enter at most 50000000.00 EUR."}
    assert Movement.objects.count() == 1
    move(session, kind, largest_amount("EUR"))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if not RULES[kind].comes_in])
def test_a_drawer_is_not_asked_whether_it_holds_that_much(cast: Cast, kind: MovementKind) -> None:
    # Were more than it holds refused, a cashier could learn by trying what is expected.
    session = open_drawer(cast.carla, 1000)
    move(session, kind, 999_999)
    assert cast.book(PlaceKind.REGISTER, 1) == 1000 - 999_999


def test_a_drawer_that_was_closed_meanwhile_moves_nothing(cast: Cast) -> None:
    session = open_drawer(cast.carla, 1000, station=1)
    stale = CashSession.objects.select_related("store", "register", "user").get()
    close_drawer(session, 1000)
    open_drawer(cast.bruno, 1000, station=1)
    for kind in KINDS:
        with pytest.raises(NothingOpen):
            move(stale, kind, 100)
    assert cast.book(PlaceKind.REGISTER, 1) == 1000


def test_it_takes_the_same_statements_whatever_the_history(cast: Cast) -> None:
    session = open_drawer(cast.carla, 1000)
    taken = []
    for sales in (0, 10):
        for _ in range(sales):
            pay(session, 100)
        with counted_queries() as queries:
            move(session, MovementKind.DROP, 100, at=NOON)
        taken.append(len(queries))
    assert taken[0] == taken[1] <= 10
