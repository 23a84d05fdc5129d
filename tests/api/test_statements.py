"""The number of database statements of each call: small and fixed, whatever the history."""

import pytest
from django.db import connection

from tests.api.steps import days, opened, paid, payment
from tests.factories import PASSWORD
from tests.stories import Caller, Cast, caller, counted_queries

# One is the token, with the person's drawer for the calls that need it. Two are the transaction's savepoint (in production
# BEGIN and COMMIT). Starting and ending a shift count
# the try at the password besides. One of each transition and of a cash transaction writes its events.
OPEN = 19
CLOSE = 19
# Two put the close without a count, and what the opening found, into the variance queue; one looks for a handover.
FORCED_OPEN = 29
STATUS = 1
# tests/api/test_payment_at_once.py counts them without the savepoint of a test, which PostgreSQL's one statement needs only here.
PAYMENT = {"postgresql": 4, "sqlite": 5}
# The one statement finds that the payment is known. Then the long road looks it up.
REPLAYED_PAYMENT = 7
BATCH = 7
# Django gives SQLite 999 parameters a statement, so there 300 payments are nine INSERTs instead of one.
BATCH_OF_300 = {"postgresql": 7, "sqlite": 15}
DECISION = 11
CASH_TRANSACTION = 10
SHIFT_START = 22
SHIFT_END = 23


def ready(cast: Cast, *, history: int = 0) -> Caller:
    """Carla's till after some days of work. It was used once before, because the last use of a token is noted once a
    minute.
    """
    carla = caller(cast.carla)
    days(carla, history)
    carla.get("/shifts/active")
    return carla


@pytest.mark.parametrize("history", [0, 1, 12])
def test_a_day_costs_the_same_whatever_the_history(cast: Cast, history: int) -> None:
    carla = ready(cast, history=history)
    cost = {}
    for name, path, body in (
        ("open", "/cash/open", {"start_amount": 10}),
        ("payment", "/payments", payment("a")),
        ("replay", "/payments", payment("a")),
        ("cash transaction", "/shifts/cash-transaction", {"type": "cash_out", "amount": 5, "category": "drop"}),
        ("forced", "/cash/open", {"start_amount": 10, "force_close_previous": True}),
        ("close", "/cash/close", {"final_cash_declared": 10}),
        ("start", "/shifts/start", {"start_cash": 10, "password": PASSWORD}),
        ("end", "/shifts/end", {"actual_cash_end": 10, "password": PASSWORD}),
    ):
        with counted_queries() as queries:
            assert carla.post(path, body).status_code in (200, 201)
        cost[name] = len(queries)
    assert cost == {
        "open": OPEN,
        "payment": PAYMENT[connection.vendor],
        "replay": REPLAYED_PAYMENT,
        "cash transaction": CASH_TRANSACTION,
        "forced": FORCED_OPEN,
        "close": CLOSE,
        "start": SHIFT_START,
        "end": SHIFT_END,
    }


@pytest.mark.parametrize("sales", [5, 500])
def test_closing_costs_the_same_whatever_was_sold(cast: Cast, sales: int) -> None:
    carla = ready(cast)
    opened(carla)
    carla.post("/payments/batch", [payment(str(number)) for number in range(sales)])
    with counted_queries() as queries:
        assert carla.post("/cash/close", {"final_cash_declared": 10 * sales}).status_code == 200
    assert len(queries) == CLOSE


@pytest.mark.parametrize("size", [3, 300])
def test_a_batch_costs_the_same_whatever_its_size(cast: Cast, size: int) -> None:
    carla = ready(cast)
    opened(carla)
    with counted_queries() as queries:
        assert carla.post("/payments/batch", [payment(str(number)) for number in range(size)]).status_code == 200
    assert len(queries) == (BATCH if size == 3 else BATCH_OF_300[connection.vendor])


@pytest.mark.parametrize("before", [1, 40])
def test_a_payment_costs_the_same_however_many_came_before(cast: Cast, before: int) -> None:
    carla = ready(cast)
    opened(carla)
    carla.post("/payments/batch", [payment(str(number)) for number in range(before)])
    with counted_queries() as queries:
        paid(carla, "next")
    assert len(queries) == PAYMENT[connection.vendor]


@pytest.mark.parametrize("status", ["APPROVED", "REJECTED"])
def test_a_decision(cast: Cast, status: str) -> None:
    carla = ready(cast)
    opened(carla)
    paid(carla, status="PENDING")
    with counted_queries() as queries:
        assert carla.patch("/payments/T-1", {"status": status}).status_code == 200
    assert len(queries) == (DECISION if status == "APPROVED" else DECISION - 2)


def test_looking_costs_one(cast: Cast) -> None:
    carla = ready(cast)
    opened(carla)
    for path in ("/cash/status", "/shifts/active", "/shifts/current"):
        with counted_queries() as queries:
            assert carla.get(path).status_code == 200
        assert len(queries) == STATUS
