"""The judge of settlements finds each kind of fault: each test puts one fault into right books."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tests.storms.judge_settlements import faults_of_settlements
from tests.storms.settling import Settling

VAULT, REGISTER, CUSTOMERS, OVER_SHORT, OPENING = 1, 2, 3, 4, 5
PLACES = {VAULT: "VAULT", REGISTER: "REGISTER", CUSTOMERS: "CUSTOMERS", OVER_SHORT: "OVER_SHORT", OPENING: "OPENING"}


def movement(pk: int, kind: str, source: int, destination: int, amount: int) -> dict[str, Any]:
    """Returns a row of the ledger, in euros and cash."""
    return {
        "id": pk, "source_id": source, "destination_id": destination, "amount": amount, "currency": "EUR",
        "method": "CASH", "kind": kind, "session_id": None, "payment_id": None, "reverses_id": None, "is_late": False,
    }  # fmt: skip


def right() -> dict[str, Any]:
    """Right books: a vault with 1000, and a register with 100, where 30 was paid in and 128 was counted."""
    settlement = {
        "closing": "",
        "opened_after_z": 0,
        "preview_count": 0,
        "seal__number": None,
        "seal__last_movement": None,
    }
    return {
        "places": [{"id": pk, "kind": kind, "number": 0} for pk, kind in PLACES.items()],
        "sessions": [],
        "payments": [],
        "counts": [],
        "seal_faults": [],
        "movements": [
            movement(1, "OPENING_BALANCE", OPENING, VAULT, 1000),
            movement(2, "FLOAT", VAULT, REGISTER, 100),
            movement(3, "PAID_IN", CUSTOMERS, REGISTER, 30),
            movement(4, "OVER_SHORT", REGISTER, OVER_SHORT, 2),
            movement(5, "RETURN", REGISTER, VAULT, 128),
        ],
        "seals": [
            {"id": 1, "place_id": REGISTER, "number": 1, "after_movement": 0, "last_movement": 5, "movement_count": 4, "balances": []}
        ],
        "settlements": [
            {**settlement, "id": 1, "place_id": VAULT, "type": "VAULT", "state": "OPEN", "opened_after": 1},
            {
                **settlement, "id": 2, "place_id": REGISTER, "type": "CASHREGISTER", "state": "CLOSED", "opened_after": 2,
                "closing": "DECLARED", "preview_count": 1, "seal__number": 1, "seal__last_movement": 5,
            },
        ],
        "initial_amounts": [
            {"settlement_id": 1, "currency": "EUR", "method": "CASH", "amount": 1000},
            {"settlement_id": 2, "currency": "EUR", "method": "CASH", "amount": 100},
        ],
        "closing_amounts": [
            {"settlement_id": 2, "currency": "EUR", "method": "CASH", "target": 130, "actual": 128, "difference": -2}
        ],
        "settlement_counts": [
            {"settlement_id": 1, "attempt": 0, "count__moment": "OPENING"},
            {"settlement_id": 2, "attempt": 0, "count__moment": "OPENING"},
            {"settlement_id": 2, "attempt": 1, "count__moment": "PREVIEW"},
            {"settlement_id": 2, "attempt": 2, "count__moment": "CLOSING"},
        ],
    }  # fmt: skip


def fourth_preview(books: dict[str, Any]) -> None:
    previews = [{"settlement_id": 2, "attempt": number, "count__moment": "PREVIEW"} for number in (2, 3, 4)]
    books["settlement_counts"][3]["attempt"] = 5
    books["settlement_counts"] += previews
    books["settlements"][1]["preview_count"] = 4


def late_sale_in_the_range(books: dict[str, Any]) -> None:
    books["movements"].append(movement(6, "PAID_IN", CUSTOMERS, REGISTER, 5))


WRONG: dict[str, Callable[[dict[str, Any]], None]] = {
    "place 2 has 2 running": lambda books: books["settlements"].extend(
        {**books["settlements"][0], "id": pk, "place_id": REGISTER, "opened_after": 9} for pk in (3, 4)
    ),
    "the vault has 0 open": lambda books: books["settlements"][0].update(
        state="CLOSED", closing="DECLARED", seal__last_movement=5
    ),
    "with 2 closing counts": lambda books: books["settlement_counts"][2].update(count__moment="CLOSING"),
    "with 0 closing counts": lambda books: books["settlement_counts"][3].update(count__moment="PREVIEW"),
    "has the attempts [1, 1]": lambda books: books["settlement_counts"][3].update(attempt=1),
    "counted 2 previews, and 1": lambda books: books["settlements"][1].update(preview_count=2),
    "was previewed 4 times": fourth_preview,
    "is OPEN with 1 closing amounts": lambda books: books["settlements"][1].update(state="OPEN", closing=""),
    "the rows say 131": lambda books: books["movements"][2].update(amount=31),
    "the rows say 130": lambda books: books["closing_amounts"][0].update(target=129),
    "the close booked -131": lambda books: books["movements"][3].update(amount=3),
    "(PAID_IN) lies in 0 periods of place 2": late_sale_in_the_range,
    "a seal's own fault": lambda books: books["seal_faults"].append("a seal's own fault"),
}


def test_books_that_are_right_have_no_fault() -> None:
    assert faults_of_settlements(right()) == []


@pytest.mark.parametrize("words", WRONG)
def test_each_fault_is_found(words: str) -> None:
    books = deepcopy(right())
    WRONG[words](books)
    assert any(words in fault for fault in faults_of_settlements(books)), faults_of_settlements(books)


@pytest.mark.parametrize(
    ("window", "booked", "faults"),
    [
        ((11.0, 12.0), "on_time", 1),
        ((11.0, 12.0), "late", 0),
        ((2.0, 3.0), "late", 1),
        ((2.0, 3.0), "on_time", 0),
        ((9.5, 10.5), "on_time", 0),  # while the count began: either is right
        ((9.5, 10.5), "late", 0),
        ((21.0, 22.0), "on_time", 0),  # once the next one is open
        ((19.0, 20.6), "on_time", 0),
    ],
)
def test_what_came_when(window: tuple[float, float], booked: str, faults: int) -> None:
    settling = Settling(opened=[(0, 1), (20, 20.5)], counted=[(9, 10)], paid=[(window, booked)])
    assert len(settling.faults_of_time()) == faults
