"""A storm of several minutes in one shop: eight registers, forced closes, batches, corrections, change orders, all
sent twice.
"""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial

import pytest

from tests.storms.browser import Browser
from tests.storms.house import House, Server, Shop
from tests.storms.judge import faults_in, faults_of_reports
from tests.storms.ordering import order_and_receive
from tests.storms.till import Till, all_at_once
from tests.storms.trading import Storm, payment_of, raging, report_in_batches

ROUNDS = 40
TRADE_IN_A_ROUND = 40
TRADE_BETWEEN_ROUNDS = 10
FORCED_EVERY = 4
TILLS_OF_A_REGISTER = 2
BATCHING_TILLS = 3
BROWSERS = 4


def report_and_decide(storm: Storm, till: Till, name: str, station: int) -> None:
    """Reports payments one by one, every tenth twice, and approves pending payments."""
    number = 0
    while not storm.is_over:
        payment, turn = payment_of(name, number, station=station), storm.turn
        storm.note([payment], [till.post("/payments", payment).status], turn=turn)
        if number % 10 == 9:
            storm.note([payment], [till.post("/payments", payment).status], turn=turn)
        if payment["status"] == "PENDING":
            decided = till.ask("PATCH", f"/payments/{payment['id']}", {"status": "APPROVED"})
            storm.note([{**payment, "status": "APPROVED"}], [decided.status], turn=turn)
        number += 1


def move_cash_and_correct(storm: Storm, till: Till, managers: list[Till]) -> None:
    """Moves cash at an open drawer. A manager reverses every third movement with two clicks."""
    number = 0
    while not storm.is_over:
        kind, category = (("cash_in", "change"), ("cash_out", "supplies"), ("cash_out", "drop"))[number % 3]
        moved = till.post("/shifts/cash-transaction", {"type": kind, "amount": 1 + number % 50, "category": category})
        storm.expect({201, 404}, moved)
        if moved.status == 201 and number % 4 == 3:
            path = f"/movements/{moved.body['data']['id']}/reverse"
            corrected = all_at_once([partial(manager.post, path, {"reason": "mistake"}) for manager in managers])
            if sorted(answer.status for answer in corrected) != [201, 409]:
                storm.expect((), corrected[0])
                storm.expect((), corrected[1])
        number += 1


def open_and_force(storm: Storm, till: Till, station: int) -> None:
    """Opens and closes a register. Sometimes opens it again without a close."""
    for number in range(1, ROUNDS + 1):
        body = {"start_amount": 50 + number, "station": station, "force_close_previous": True}
        storm.expect({200}, till.post("/cash/open", body))
        storm.await_more(TRADE_IN_A_ROUND)
        if number % FORCED_EVERY or number == ROUNDS:
            storm.expect({200}, till.post("/cash/close", {"final_cash_declared": number}))
        storm.await_more(TRADE_BETWEEN_ROUNDS)


@pytest.mark.storm
@pytest.mark.timeout(1800)
def test_a_whole_shop_stays_right(house: House, server: Server, shop: Shop) -> None:
    storm, arrived = Storm(), list[int]()
    stations = range(1, len(shop.cashiers) + 1)
    with ExitStack() as stack:

        def till_of(secret: str) -> Till:
            return stack.enter_context(Till(server.port, secret))

        cashiers = [till_of(cashier.devices[0]) for cashier in shop.cashiers]
        for station, till in zip(stations, cashiers, strict=True):
            storm.expect({200}, till.post("/cash/open", {"start_amount": 0, "station": station}))
        acts = [
            partial(report_and_decide, storm, till_of(shop.key), f"till-{station}-{number}", station)
            for station in stations
            for number in range(TILLS_OF_A_REGISTER)
        ]
        acts += [
            partial(report_in_batches, storm, till_of(shop.key), f"batch-{number}", size=100, stations=stations)
            for number in range(BATCHING_TILLS)
        ]
        acts += [
            partial(
                move_cash_and_correct, storm, till_of(cashier.devices[1]), [till_of(shop.manager) for _ in range(2)]
            )
            for cashier in shop.cashiers
        ]
        office = [stack.enter_context(Browser(server.port, shop.manager_cookie)) for _ in range(BROWSERS)]
        acts.append(partial(order_and_receive, storm, office, arrived))
        with raging(storm, acts), ThreadPoolExecutor(len(cashiers)) as threads:
            for done in [threads.submit(open_and_force, storm, *one) for one in zip(cashiers, stations, strict=True)]:
                done.result()

    books = house.books(shop)
    assert storm.faults == []
    assert faults_in(books) == []
    assert faults_of_reports(books, storm.sent) == []
    assert sorted(row["amount"] for row in books["movements"] if row["kind"] == "WITHDRAWAL") == sorted(arrived) != []
    statuses = [row["status"] for row in books["sessions"]]
    # One more forced close each: the session that was opened before the storm.
    assert statuses.count("CLOSED_SYSTEM") == len(cashiers) * (1 + (ROUNDS - 1) // FORCED_EVERY)
    assert statuses.count("OPEN") == 0
    assert any(row["reverses_id"] and row["is_late"] for row in books["movements"])
    assert any(row["reverses_id"] and not row["is_late"] for row in books["movements"])
