"""Two hundred requests at once (60 in the short form) for one drawer: each action happens once, and everybody gets an answer."""

from collections import Counter
from functools import partial

import pytest

from tests.lengths import length
from tests.storms.house import House, Server, Shop
from tests.storms.judge import faults_in
from tests.storms.till import Till, all_at_once, send_at_once

pytestmark = pytest.mark.long

MANY = length(short=60, long=200)


def test_many_opens_and_closes_of_one_drawer_leave_one_of_each(house: House, server: Server, shop: Shop) -> None:
    carla = shop.cashiers[0]
    on_two_devices = carla.devices * (MANY // 2)

    opened = send_at_once(server.port, on_two_devices, "/cash/open", {"start_amount": 100, "station": 1})
    assert Counter(answer.status for answer in opened) == {200: 1, 409: MANY - 1}
    (session,) = (answer.body["id"] for answer in opened if answer.status == 200)

    closed = send_at_once(server.port, on_two_devices, "/cash/close", {"final_cash_declared": 97.5})
    assert Counter(answer.status for answer in closed) == {200: 1, 404: MANY - 1}

    books = house.books(shop)
    assert faults_in(books) == []
    assert [(row["id"], row["status"], row["difference"]) for row in books["sessions"]] == [(session, "CLOSED", -250)]
    assert [(row["number"], row["movement_count"]) for row in books["seals"]] == [(1, 3)]
    assert Counter(row["kind"] for row in books["movements"]) == {"FLOAT": 1, "OVER_SHORT": 1, "RETURN": 1}
    assert [row["moment"] for row in books["counts"]] == ["OPENING", "CLOSING"]


def test_two_cashiers_never_share_a_register(house: House, server: Server, shop: Shop) -> None:
    carla, bruno = shop.cashiers[:2]
    both = (carla.devices[0], bruno.devices[0]) * (MANY // 2)

    opened = send_at_once(server.port, both, "/cash/open", {"start_amount": 100, "station": 1})
    assert Counter(answer.status for answer in opened) == {200: 1, 409: MANY - 1}
    (winner,) = (answer.body["user_id"] for answer in opened if answer.status == 200)

    closed = send_at_once(server.port, both, "/cash/close", {"final_cash_declared": 100})
    assert Counter(answer.status for answer in closed) == {200: 1, 404: MANY - 1}

    books = house.books(shop)
    assert faults_in(books) == []
    assert [(row["user_id"], row["status"]) for row in books["sessions"]] == [(winner, "CLOSED")]


def test_one_cashier_never_holds_two_registers(house: House, server: Server, shop: Shop) -> None:
    carla = shop.cashiers[0]

    def open_at(number: int) -> int:
        with Till(server.port, carla.devices[number % 2]) as till:
            return till.post("/cash/open", {"start_amount": 100, "station": 1 + number % 2}).status

    assert Counter(all_at_once([partial(open_at, number) for number in range(MANY)])) == {200: 1, 409: MANY - 1}

    books = house.books(shop)
    assert faults_in(books) == []
    assert [row["status"] for row in books["sessions"]] == ["OPEN"]
    assert [row["kind"] for row in books["movements"]] == ["FLOAT"]


@pytest.mark.parametrize("is_forced", [False, True])
def test_every_cashier_of_a_shop_gets_a_register_of_their_own(
    house: House, server: Server, shop: Shop, is_forced: bool
) -> None:
    """Nobody names a station, and everybody clicks twice. Each cashier gets a free register."""
    body = {"start_amount": 50, "force_close_previous": is_forced}
    opened = send_at_once(
        server.port, [device for cashier in shop.cashiers for device in cashier.devices], "/cash/open", body
    )
    assert {answer.status for answer in opened} <= {200, 409}
    assert {answer.body["user_id"] for answer in opened if answer.status == 200} == {
        cashier.user_id for cashier in shop.cashiers
    }

    books = house.books(shop)
    assert faults_in(books) == []
    running = [row for row in books["sessions"] if row["status"] == "OPEN"]
    assert len({row["register_id"] for row in running}) == len(running) == len(shop.cashiers)
