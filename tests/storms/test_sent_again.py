"""The same request, sent many times at once, has one effect."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from random import Random
from typing import Any

import psycopg
import pytest

from tests.lengths import length
from tests.storms.house import House, Server, Shop
from tests.storms.judge import faults_in, faults_of_reports
from tests.storms.till import Answer, Till, all_at_once, send_at_once
from tests.storms.trading import STATION, Payment, into_drawer, payment_of

AGAIN = 50
ORDERS_OF_A_BATCH = 12
BATCH_SIZE = length(short=100, long=500)


def test_a_payment_that_arrives_fifty_times_at_once_is_booked_once(house: House, server: Server, shop: Shop) -> None:
    _open(server, shop)
    payment = payment_of("till", 1)

    answers = send_at_once(server.port, [shop.key] * AGAIN, "/payments", payment)

    assert Counter(answer.status for answer in answers) == {201: 1, 200: AGAIN - 1}
    assert len({answer.content for answer in answers}) == 1
    books = house.books(shop)
    assert faults_in(books) == []
    assert faults_of_reports(books, {"till-1": into_drawer(payment)}) == []


@pytest.mark.long
def test_batches_that_overlap_in_different_orders_book_each_payment_once(
    house: House, server: Server, shop: Shop
) -> None:
    """A till without an answer sends its batch again while the first one still runs, in another order."""
    _open(server, shop)
    payments = [payment_of("till", number) for number in range(BATCH_SIZE)]

    def send_shuffled(seed: int) -> Answer:
        shuffled = Random(seed).sample(payments, k=BATCH_SIZE)
        with Till(server.port, shop.key) as till:
            return till.post("/payments/batch", {"payments": shuffled})

    answers = all_at_once([partial(send_shuffled, seed) for seed in range(ORDERS_OF_A_BATCH)])

    assert Counter(answer.status for answer in answers) == {200: ORDERS_OF_A_BATCH}
    results = Counter(result["status_code"] for answer in answers for result in answer.body["results"])
    assert results == {201: BATCH_SIZE, 200: BATCH_SIZE * (ORDERS_OF_A_BATCH - 1)}
    books = house.books(shop)
    assert faults_in(books) == []
    assert faults_of_reports(books, {str(payment["id"]): into_drawer(payment) for payment in payments}) == []


def test_two_batches_in_opposite_orders_never_deadlock(house: House, server: Server, shop: Shop) -> None:
    """Both batches wait for the same payment, which another transaction writes and then rolls back.

    If each wrote in its own order, each would then wait for a payment that the other has written.
    """
    if not house.is_postgres:
        pytest.skip("SQLite has one writer at a time")
    _open(server, shop)
    first, middle, last = (payment_of(name, 1) for name in ("a", "m", "z"))
    with Till(server.port, shop.key) as till:
        assert till.post("/payments", payment_of("model", 1)).status == 201

    def send(payments: list[Payment]) -> Answer:
        with Till(server.port, shop.key) as till:
            return till.post("/payments/batch", {"payments": payments})

    with house.connect() as somebody, ThreadPoolExecutor(2) as threads:
        _write_payment(somebody, like="model-1", name="m-1")
        both = [threads.submit(send, payments) for payments in ([first, middle, last], [last, middle, first])]
        house.await_blocked(2)
        somebody.rollback()
        answers = [sending.result() for sending in both]

    assert [answer.status for answer in answers] == [200, 200]
    assert Counter(result["status_code"] for answer in answers for result in answer.body["results"]) == {201: 3, 200: 3}
    assert faults_in(house.books(shop)) == []


def test_a_key_that_arrives_fifty_times_at_once_pays_in_once(house: House, server: Server, shop: Shop) -> None:
    _open(server, shop)
    body = {"type": "cash_in", "amount": 700, "category": "change"}

    answers = send_at_once(
        server.port, shop.cashiers[0].devices * (AGAIN // 2), "/shifts/cash-transaction", body, key="paid-in-once"
    )

    _expect_one_effect(answers, status=201, still_running="idempotency_still_running")
    books = house.books(shop)
    assert faults_in(books) == []
    assert [(row["kind"], row["amount"]) for row in books["movements"]] == [("FLOAT", 10000), ("PAID_IN", 700)]


def test_a_key_that_arrives_fifty_times_at_once_opens_and_closes_once(house: House, server: Server, shop: Shop) -> None:
    """No copy of the request is refused because the first copy has already opened the drawer."""
    for path, body in (
        ("/cash/open", {"start_amount": 100, "station": STATION}),
        ("/cash/close", {"final_cash_declared": 100}),
    ):
        answers = send_at_once(server.port, shop.cashiers[0].devices * (AGAIN // 2), path, body, key=f"once{path}")
        _expect_one_effect(answers, status=200, still_running="still running")
        with Till(server.port, shop.cashiers[0].devices[1]) as till:
            later = till.post(path, body, key=f"once{path}")
        assert (later.status, later.is_replay) == (200, True)

    books = house.books(shop)
    assert faults_in(books) == []
    assert [row["status"] for row in books["sessions"]] == ["CLOSED"]


def _open(server: Server, shop: Shop) -> None:
    with Till(server.port, shop.cashiers[0].devices[0]) as till:
        assert till.post("/cash/open", {"start_amount": 100, "station": STATION}).status == 200


def _write_payment(connection: "psycopg.Connection[Any]", *, like: str, name: str) -> None:
    """Writes a payment without a commit, like the request of a slow till."""
    found = connection.execute(
        "SELECT column_name FROM information_schema.columns "
        "WHERE table_name = 'cashdesk_payment' AND column_name NOT IN ('id', 'external_id')"
    )
    columns = ", ".join(f'"{column}"' for (column,) in found)
    connection.execute(
        f"INSERT INTO cashdesk_payment (external_id, {columns}) "
        f"SELECT %s, {columns} FROM cashdesk_payment WHERE external_id = %s",
        [name, like],
    )


def _expect_one_effect(answers: list[Answer], *, status: int, still_running: str) -> None:
    """Asserts that one request had an effect. The others got the same answer, or were told to try again."""
    done = [answer for answer in answers if answer.status == status]
    others: list[Any] = [
        (answer.status, still_running in answer.content.decode()) for answer in answers if answer.status != status
    ]
    assert len({answer.content for answer in done}) == 1
    assert [answer.is_replay for answer in done].count(False) == 1
    assert set(others) <= {(409, True)}
