"""The judge of the storms finds every kind of fault, and none in right books."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tests.storms.judge import faults_in, faults_of_reports

VAULT, CUSTOMERS, OVER_SHORT, REGISTER = 1, 2, 3, 4
Books = dict[str, Any]
SENT = {"p1": 50, "p2": 5, "p3": 20}


def movement(
    pk: int, kind: str, source: int, destination: int, amount: int, session: int | None, **others: Any
) -> dict[str, Any]:
    made = {
        "id": pk,
        "kind": kind,
        "source_id": source,
        "destination_id": destination,
        "amount": amount,
        "session_id": session,
    }
    return {
        **made,
        "currency": "EUR",
        "method": "CASH",
        "payment_id": None,
        "reverses_id": None,
        "is_late": False,
        **others,
    }


def session(pk: int, status: str, start: int, opening_difference: int, *figures: int | None) -> dict[str, Any]:
    names = ("expected_amount", "declared_amount", "difference", "seal_id")
    made = {"id": pk, "register_id": REGISTER, "user_id": 9, "status": status, "start_amount": start}
    made |= {"opening_difference": opening_difference, "is_handed_over": False, "closed_by_id": 8}
    return {**made, **dict(zip(names, figures or (None,) * 4, strict=True))}


def payment(pk: int, amount: int, booked: str, session: int) -> dict[str, Any]:
    made = {"id": pk, "external_id": f"p{pk}", "status": "APPROVED", "type": "SALE", "method": "CASH", "amount": amount}
    return {**made, "tendered": None, "change": None, "booked": booked, "session_id": session}


def seal(pk: int, after: int, last: int, count: int, held: int) -> dict[str, Any]:
    balances = [{"currency": "EUR", "method": "CASH", "amount": held}] if held else []
    made = {"id": pk, "place_id": REGISTER, "number": pk, "after_movement": after, "last_movement": last}
    return {**made, "movement_count": count, "balances": balances}


def count(pk: int, session: int, moment: str, amount: int) -> dict[str, Any]:
    return {
        "id": pk,
        "place_id": REGISTER,
        "session_id": session,
        "moment": moment,
        "amounts__amount": amount,
        "counted_by_id": 8,
    }


def gap(session: int, difference: int, person: int | None = None) -> dict[str, Any]:
    return {"session_id": session, "difference": difference, "person_id": person}


def right_books() -> Books:
    """Right books: a drawer 10 short, a late sale, a close without a count, and the next opening 10 short."""
    return {
        "places": [
            {"id": VAULT, "kind": "VAULT", "number": 0},
            {"id": CUSTOMERS, "kind": "CUSTOMERS", "number": 0},
            {"id": OVER_SHORT, "kind": "OVER_SHORT", "number": 0},
            {"id": REGISTER, "kind": "REGISTER", "number": 1},
        ],
        "sessions": [
            session(1, "CLOSED", 100, 0, 150, 140, -10, 1),
            session(2, "CLOSED_SYSTEM", 100, 0, 120, 0, -120, 2),
            session(3, "OPEN", 110, -10),
        ],
        "seals": [seal(1, 0, 4, 4, 0), seal(2, 4, 7, 2, 120)],
        "counts": [
            count(1, 1, "OPENING", 100),
            count(2, 1, "CLOSING", 140),
            count(3, 2, "OPENING", 100),
            count(4, 3, "OPENING", 110),
        ],
        "gaps": [gap(3, -10, 9)],
        "counted_in": [],
        "movements": [
            movement(1, "FLOAT", VAULT, REGISTER, 100, 1),
            movement(2, "SALE", CUSTOMERS, REGISTER, 50, 1, payment_id=1),
            movement(3, "OVER_SHORT", REGISTER, OVER_SHORT, 10, 1),
            movement(4, "RETURN", REGISTER, VAULT, 140, 1),
            movement(5, "SALE", CUSTOMERS, OVER_SHORT, 5, 1, payment_id=2, is_late=True),
            movement(6, "FLOAT", VAULT, REGISTER, 100, 2),
            movement(7, "SALE", CUSTOMERS, REGISTER, 20, 2, payment_id=3),
            movement(8, "OVER_SHORT", REGISTER, OVER_SHORT, 10, 3),
        ],
        "payments": [payment(1, 50, "on_time", 1), payment(2, 5, "late", 1), payment(3, 20, "on_time", 2)],
        "seal_faults": [],
    }


def test_right_books_have_no_fault() -> None:
    assert faults_in(right_books()) == []
    assert faults_of_reports(right_books(), SENT) == []


def change(table: str, position: int, **columns: Any) -> Callable[[Books], None]:
    """Returns a function that changes columns of one row."""
    return lambda books: books[table][position].update(columns)


def lose(table: str, position: int) -> Callable[[Books], None]:
    """Returns a function that removes one row."""
    return lambda books: books[table].pop(position)


def add(table: str, row: dict[str, Any]) -> Callable[[Books], None]:
    """Returns a function that adds one row."""
    return lambda books: books[table].append(row)


BROKEN: dict[str, tuple[Callable[[Books], None], str]] = {
    "two open sessions": (add("sessions", session(4, "OPEN", 0, 0)), "user_id 9 has 2 open sessions"),
    "no float": (lose("movements", 0), "session 1: floats [] instead of [100]"),
    "own gap after a forced close charged to nobody": (
        change("gaps", 0, person_id=None),
        "session 3: gaps charged to [None], the opening's to [9]",
    ),
    "no opening count": (lose("counts", 0), "session 1: opening counts [], start amount 100"),
    "opening difference": (change("sessions", 2, opening_difference=0), "opening difference 0, the drawer held 120"),
    "no closing count": (lose("counts", 1), "session 1: closing counts [] instead of [140]"),
    "counted twice": (add("counts", count(5, 1, "CLOSING", 140)), "closing counts [140, 140]"),
    "returned twice": (
        add("movements", movement(9, "RETURN", REGISTER, VAULT, 140, 1)),
        "session 1: returns [140, 140]",
    ),
    "no difference": (lose("movements", 2), "session 1: differences [] instead of [0, -10]"),
    "wrong difference": (change("sessions", 0, difference=-11), "difference -11 is not declared minus expected"),
    "closed without seal": (change("sessions", 0, seal_id=None), "session 1 is CLOSED with seal None"),
    "one seal for two": (change("sessions", 1, seal_id=1), "seal 1 closes 2 sessions"),
    "a seal of nothing": (add("seals", seal(3, 7, 8, 1, 110)), "0 counts afterwards, and 1 seals that close no"),
    "a sum that missed one": (change("sessions", 0, expected_amount=149), "expected 149, the rows say 150"),
    "a gap in the Z numbers": (change("seals", 1, number=3), "Z 3 of place 4 does not follow Z 1"),
    "periods that overlap": (change("seals", 1, after_movement=3), "does not follow Z 1 and movement 4"),
    "wrong number of movements": (change("seals", 1, movement_count=1), "counts 1 movements"),
    "wrong balance": (change("seals", 1, balances=[]), "balances that are not the sum"),
    "after its period": (
        change("movements", 6, session_id=1),
        "movement 7 of session 1 lies outside of its period, 0 to 4",
    ),
    "in an earlier one": (
        change("movements", 1, session_id=3),
        "movement 2 of session 3 lies outside of its period, 7 to inf",
    ),
    "nobody's movement": (change("movements", 7, session_id=None), "without a session of it"),
    "late for nothing": (change("movements", 4, session_id=3), "late for session 3, which is not closed"),
    "payment not booked": (lose("movements", 1), "payment p1 is booked as [] instead of"),
    "booked twice": (
        add("movements", movement(9, "SALE", CUSTOMERS, OVER_SHORT, 50, 1, payment_id=1, is_late=True)),
        "payment p1 is booked as",
    ),
    "rejected and booked": (change("payments", 0, status="REJECTED"), "payment p1 is booked as"),
    "booked elsewhere": (change("payments", 0, booked="late"), "payment p1 says booked late"),
    "of another session": (change("payments", 0, session_id=2), "payment p1 is of session 2, its movement of 1"),
    "returned by another method": (change("movements", 3, method="CARD"), "Z 1 of place 4 states balances"),
    "a seal at another place": (change("seals", 0, place_id=VAULT), "does not follow"),
    "the product's own check": (lambda books: books["seal_faults"].append("Z 1 is missing"), "Z 1 is missing"),
}


@pytest.mark.parametrize(("break_", "fault"), BROKEN.values(), ids=BROKEN)
def test_each_fault_is_found(break_: Callable[[Books], None], fault: str) -> None:
    books = deepcopy(right_books())
    break_(books)
    assert any(fault in found for found in faults_in(books)), faults_in(books)


@pytest.mark.parametrize(
    ("sent", "fault"),
    [
        ({**SENT, "p4": 1}, "payment p4 was answered and is not there"),
        ({"p1": 50, "p2": 5}, "payment p3 was never sent"),
        ({**SENT, "p1": 51}, "payment p1 moved 50 instead of 51"),
        ({**SENT, "p1": 51}, "customers' balance is not what the tills took"),
    ],
)
def test_what_the_tills_know_they_sent_is_compared(sent: dict[str, int], fault: str) -> None:
    assert any(fault in found for found in faults_of_reports(right_books(), sent))


def test_a_payment_kept_twice_is_found() -> None:
    books = right_books()
    books["payments"].append(payment(1, 50, "on_time", 1))
    assert "payment p1 is there 2 times" in faults_of_reports(books, SENT)


def handed_over_books() -> Books:
    """Right books with two handovers.

    A drawer was handed over 5 short and counted in with 3 missing. Then it was handed over again, and a manager
    counted it 2 short. The next session begins with a float.
    """
    books = right_books()
    books["sessions"] = [
        {**session(1, "CLOSED", 100, 0, 150, 145, -5, 1), "is_handed_over": True},
        {**session(2, "CLOSED", 142, -3, 162, 162, 0, 2), "is_handed_over": True},
        session(3, "OPEN", 100, 0),
    ]
    books["seals"] = [seal(1, 0, 3, 3, 145), seal(2, 3, 6, 2, 162), seal(3, 6, 8, 2, 0)]
    books["counts"] = [
        count(1, 1, "OPENING", 100),
        count(2, 1, "CLOSING", 145),
        count(3, 2, "OPENING", 142),
        count(4, 2, "CLOSING", 162),
        count(5, 2, "AFTERWARDS", 160),
        count(6, 3, "OPENING", 100),
    ]
    books["gaps"] = [gap(2, -3), gap(2, -2)]
    books["counted_in"] = [{"subject": "session:2", "detail": {"from_session": 1, "difference": -3}}]
    books["movements"] = [
        movement(1, "FLOAT", VAULT, REGISTER, 100, 1),
        movement(2, "SALE", CUSTOMERS, REGISTER, 50, 1, payment_id=1),
        movement(3, "OVER_SHORT", REGISTER, OVER_SHORT, 5, 1),
        movement(4, "OVER_SHORT", REGISTER, OVER_SHORT, 3, 2),
        movement(5, "SALE", CUSTOMERS, OVER_SHORT, 5, 1, payment_id=2, is_late=True),
        movement(6, "SALE", CUSTOMERS, REGISTER, 20, 2, payment_id=3),
        movement(7, "OVER_SHORT", REGISTER, OVER_SHORT, 2, None),
        movement(8, "RETURN", REGISTER, VAULT, 160, None),
        movement(9, "FLOAT", VAULT, REGISTER, 100, 3),
    ]
    return books


HANDED_WRONG: dict[str, tuple[Callable[[Books], None], str]] = {
    "gap booked twice": (
        add("movements", movement(10, "OVER_SHORT", REGISTER, OVER_SHORT, 3, 2)),
        "session 2: differences [-3, -3] instead of [-3, 0]",
    ),
    "gap raised twice": (add("gaps", gap(2, -3)), "session 2: gaps [-3, -2, -3] raised instead of [-3, -2]"),
    "gap of nobody missed": (lose("gaps", 0), "session 2: gaps [-2] raised instead of [-3, -2]"),
    "gap charged to somebody": (
        change("gaps", 0, person_id=9),
        "session 2: gaps charged to [9, None], the opening's to [None]",
    ),
    "a manager's gap charged to somebody": (
        change("gaps", 1, person_id=9),
        "session 2: gaps charged to [None, 9], the opening's to [None]",
    ),
    "own gap charged to nobody": (
        change("sessions", 0, closed_by_id=9),
        "session 2: gaps charged to [None, None], the opening's to [9]",
    ),
    "forgotten": (change("sessions", 0, is_handed_over=False), "opening difference -3, the drawer held 0"),
    "a float all the same": (
        add("movements", movement(10, "FLOAT", VAULT, REGISTER, 142, 2)),
        "session 2: floats [142] instead of []",
    ),
    "went to the vault all the same": (
        add("movements", movement(10, "RETURN", REGISTER, VAULT, 145, 1)),
        "session 1: returns [145] instead of []",
    ),
    "handed over uncounted": (change("sessions", 0, status="CLOSED_SYSTEM"), "is handed over and CLOSED_SYSTEM"),
    "named with nobody": (lose("counted_in", 0), "session 2: counted in from [] instead of [(1, -3)]"),
    "named without a handover": (
        add("counted_in", {"subject": "session:3", "detail": {"from_session": 2, "difference": 0}}),
        "session 3: counted in from [(2, 0)] instead of []",
    ),
    "counted in and by a manager": (
        change("counts", 4, id=7),
        "session 2 was counted afterwards, when session 3 had counted it in",
    ),
    "counted by two managers": (
        add("counts", count(7, 2, "AFTERWARDS", 160)),
        "session 2 was counted afterwards 2 times",
    ),
    "a manager's gap of the cashier": (
        change("movements", 6, session_id=2),
        "session 2: the count afterwards booked [('OVER_SHORT', -2, 2), ('RETURN', -160, None)] instead of",
    ),
    "counted and left there": (lose("movements", 7), "register 4 was counted and closed and holds 160, not 0"),
}


def test_right_books_of_handovers_have_no_fault() -> None:
    assert faults_in(handed_over_books()) == []
    assert faults_of_reports(handed_over_books(), SENT) == []


@pytest.mark.parametrize(("break_", "fault"), HANDED_WRONG.values(), ids=HANDED_WRONG)
def test_each_fault_of_a_handover_is_found(break_: Callable[[Books], None], fault: str) -> None:
    books = handed_over_books()
    # The last opening is judged above; without it the drawer's end is, too.
    if fault.startswith("register"):
        for table in ("sessions", "counts", "movements"):
            books[table].pop()
    break_(books)
    assert any(fault in found for found in faults_in(books)), faults_in(books)


def test_a_counted_drawer_that_still_holds_cash_is_found() -> None:
    books = right_books()
    for table, kept in (("sessions", 1), ("seals", 1), ("movements", 5), ("payments", 2)):
        del books[table][kept:]
    books["counts"], books["gaps"] = books["counts"][:2], []
    assert faults_in(books) == []
    books["movements"][3]["amount"] = 139
    assert "register 4 was counted and closed and holds 1, not 0" in faults_in(books)
