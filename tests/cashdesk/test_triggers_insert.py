"""The database refuses impossible new movements and sessions, sent by SQL."""

from collections.abc import Callable
from typing import Any

import pytest

from cashdesk.domain.caller.principal import SYSTEM
from cashdesk.domain.ledger.ledger import reverse
from cashdesk.enums import CASH, MovementKind, PlaceKind
from cashdesk.models import (
    CashSession,
    Movement,
)
from tests.cashdesk.desk import (
    NOON,
    execute,
    insertion_of,
    open_drawer,
    pay,
    place_of,
    refusal_of,
    sell,
)
from tests.factories import StoreFactory
from tests.stories import Cast

# --- New movements -----------------------------------------------------------------------------------------------------


def a_movement(cast: Cast, **fields: Any) -> Movement:
    """Returns an unsaved, correct sale of one euro at register 1. The fields change it."""
    usual: dict[str, Any] = {
        "store": cast.store,
        "source": cast.place(PlaceKind.CUSTOMERS),
        "destination": cast.place(PlaceKind.REGISTER, 1),
        "amount": 100,
        "currency": "EUR",
        "method": CASH,
        "kind": MovementKind.SALE,
        "business_date": NOON.date(),
        "occurred_at": NOON,
        "recorded_at": NOON,
    }
    return Movement(**{**usual, **fields})


def test_a_right_movement_is_let_through(cast: Cast) -> None:
    assert refusal_of(*insertion_of(a_movement(cast))) == ""


@pytest.mark.parametrize("amount", [0, -1, -100, 10**15, 2**63 - 1])
def test_an_amount_out_of_bounds_is_refused(cast: Cast, amount: int) -> None:
    assert "movement_amount_positive" in refusal_of(*insertion_of(a_movement(cast, amount=amount)))


def test_a_movement_to_where_it_came_from_is_refused(cast: Cast) -> None:
    register = cast.place(PlaceKind.REGISTER, 1)
    assert refusal_of(*insertion_of(a_movement(cast, source=register, destination=register)))


def test_an_unknown_kind_is_refused(cast: Cast) -> None:
    assert "movement_kind_is_known" in refusal_of(*insertion_of(a_movement(cast, kind="GIFT")))


@pytest.mark.parametrize("column", ["source", "destination"])
def test_the_place_of_another_store_is_refused(cast: Cast, column: str) -> None:
    elsewhere = StoreFactory(account=cast.store.account)
    kind = PlaceKind.CUSTOMERS if column == "source" else PlaceKind.REGISTER
    there = place_of(elsewhere, kind, 0 if column == "source" else 1)
    assert "belong to its store" in refusal_of(*insertion_of(a_movement(cast, **{column: there})))


def test_two_places_of_the_same_other_store_are_refused(cast: Cast) -> None:
    elsewhere = StoreFactory(account=cast.store.account)
    ends = {
        "source": place_of(elsewhere, PlaceKind.CUSTOMERS),
        "destination": place_of(elsewhere, PlaceKind.REGISTER, 1),
    }
    assert "belong to its store" in refusal_of(*insertion_of(a_movement(cast, **ends)))


@pytest.mark.parametrize("column", ["source_id", "destination_id", "store_id"])
def test_a_place_or_store_that_does_not_exist_is_refused(cast: Cast, column: str) -> None:
    assert refusal_of(*insertion_of(a_movement(cast, **{column: 999_999})))


def test_the_session_of_another_store_is_refused(cast: Cast) -> None:
    theirs = open_drawer(cast.otto, 0)
    assert "store of the session" in refusal_of(*insertion_of(a_movement(cast, session=theirs)))


CLEARED_WRONGLY: dict[str, tuple[MovementKind, PlaceKind, PlaceKind, str]] = {
    "from the vault": (MovementKind.CLEARING, PlaceKind.VAULT, PlaceKind.CLEARING, "CARD"),
    "to the bank at once": (MovementKind.CLEARING, PlaceKind.REGISTER, PlaceKind.BANK, "CARD"),
    "paid out from outside": (MovementKind.PAYOUT, PlaceKind.OUTSIDE, PlaceKind.BANK, "CARD"),
    "a payout back to clearing": (MovementKind.PAYOUT, PlaceKind.BANK, PlaceKind.CLEARING, "CARD"),
    "a fee of the bank": (MovementKind.FEE, PlaceKind.CLEARING, PlaceKind.BANK, "CARD"),
    "cash": (MovementKind.CLEARING, PlaceKind.REGISTER, PlaceKind.CLEARING, "CASH"),
    "a payout of cash": (MovementKind.PAYOUT, PlaceKind.CLEARING, PlaceKind.BANK, "CASH"),
}


@pytest.mark.parametrize("fault", CLEARED_WRONGLY)
def test_money_takes_no_other_way_to_clearing_or_out_of_it(cast: Cast, fault: str) -> None:
    kind, source, destination, method = CLEARED_WRONGLY[fault]
    ends = {
        "source": cast.place(source, int(source == PlaceKind.REGISTER)),
        "destination": cast.place(destination),
    }
    refusal = refusal_of(*insertion_of(a_movement(cast, kind=kind, method=method, session=None, **ends)))
    assert "money goes to clearing from a register" in refusal or "movement_never_of_cash" in refusal


def test_a_payment_is_booked_once(cast: Cast) -> None:
    session = open_drawer(cast.carla, 0)
    payment = pay(session, 100)
    again = a_movement(cast, payment=payment, session=session, destination=session.register)
    assert refusal_of(*insertion_of(again))


REVERSED_WRONGLY: dict[str, Callable[[Cast], dict[str, Any]]] = {
    "another amount": lambda _: {"amount": 99},
    "another currency": lambda _: {"currency": "USD"},
    "another method": lambda _: {"method": "CARD"},
    "another kind": lambda _: {"kind": MovementKind.PAID_OUT},
    "the same way round": lambda cast: {
        "source": cast.place(PlaceKind.CUSTOMERS),
        "destination": cast.place(PlaceKind.REGISTER, 1),
    },
    "another register": lambda cast: {"source": cast.place(PlaceKind.REGISTER, 2)},
    "over/short though on time": lambda cast: {"source": cast.place(PlaceKind.OVER_SHORT)},
    "late and out of the vault": lambda cast: {"source": cast.place(PlaceKind.VAULT), "is_late": True},
    "late and to the bank": lambda cast: {
        "source": cast.place(PlaceKind.OVER_SHORT),
        "destination": cast.place(PlaceKind.BANK),
        "is_late": True,
    },
}


@pytest.mark.parametrize("fault", REVERSED_WRONGLY)
def test_a_reversal_that_does_not_mirror_is_refused(cast: Cast, fault: str) -> None:
    session = open_drawer(cast.carla, 0, station=1)
    sale = sell(session, 100)
    mirror = {"source": sale.destination, "destination": sale.source, "session": session, "reverses": sale}
    assert refusal_of(*insertion_of(a_movement(cast, **mirror))) == ""
    wrong = a_movement(cast, **{**mirror, **REVERSED_WRONGLY[fault](cast)})
    assert "a reversal mirrors" in refusal_of(*insertion_of(wrong))


def test_the_second_reversal_and_the_reversal_of_a_reversal_are_refused(cast: Cast) -> None:
    sale = sell(open_drawer(cast.carla, 0, station=1), 100)
    mirror = reverse(movement=sale, by=SYSTEM, at=NOON, reason="wrong")
    second = a_movement(cast, source=sale.destination, destination=sale.source, reverses=sale)
    assert "reverses" in refusal_of(*insertion_of(second))
    back = a_movement(cast, reverses=mirror)
    assert "a reversal mirrors" in refusal_of(*insertion_of(back))


# --- New sessions ------------------------------------------------------------------------------------------------------


def a_session(cast: Cast, **fields: Any) -> CashSession:
    """Returns an unsaved open session of Carla at register 1."""
    usual: dict[str, Any] = {
        "store": cast.store,
        "register": cast.place(PlaceKind.REGISTER, 1),
        "user": cast.carla,
        "currency": "EUR",
        "business_date": NOON.date(),
        "start_amount": 0,
        "opened_at": NOON,
    }
    return CashSession(**{**usual, **fields})


def test_a_cashier_and_a_register_have_one_open_session(cast: Cast) -> None:
    statement, values = insertion_of(a_session(cast))
    execute(statement, values)
    same_cashier = a_session(cast, register=cast.place(PlaceKind.REGISTER, 2))
    same_register = a_session(cast, user=cast.bruno)
    for second in (same_cashier, same_register):
        assert "unique" in refusal_of(*insertion_of(second)).lower()
    both_others = a_session(cast, user=cast.bruno, register=cast.place(PlaceKind.REGISTER, 2))
    assert refusal_of(*insertion_of(both_others)) == ""


def test_the_register_of_a_session_is_a_register_of_its_store(cast: Cast) -> None:
    theirs = place_of(cast.otto.store, PlaceKind.REGISTER, 1)
    for wrong in (theirs, cast.place(PlaceKind.VAULT), cast.place(PlaceKind.OVER_SHORT)):
        assert "the register of a session" in refusal_of(*insertion_of(a_session(cast, register=wrong)))
