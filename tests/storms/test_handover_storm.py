"""A drawer changes hands while its tills sell. Cashiers and managers count it at once, and one of them succeeds."""

from collections import Counter
from contextlib import ExitStack
from functools import partial
from typing import Any

import pytest

from tests.storms.browser import Browser, count_in, count_out
from tests.storms.handing import Handing, hand_on_while_trading
from tests.storms.house import House, Server, Shop, serving
from tests.storms.judge import faults_in, faults_of_reports
from tests.storms.till import Till, all_at_once
from tests.storms.trading import STATION


def assert_held(books: dict[str, Any], handing: Handing, *, rounds: int) -> None:
    """Asserts that there are no faults, and that the storm had enough requests."""
    assert handing.storm.faults == []
    assert faults_in(books) == []
    assert faults_of_reports(books, handing.storm.sent) == []
    assert [row["is_handed_over"] for row in books["sessions"]].count(True) == handing.handed_over
    assert handing.handed_over + handing.closed == rounds
    assert sum(handing.won.values()) == handing.handed_over
    afterwards = [row for row in books["counts"] if row["moment"] == "AFTERWARDS"]
    assert len(afterwards) == handing.won["the manager"]
    assert len(books["counted_in"]) == handing.won["a page"] + handing.won["the API"]
    booked = Counter(row["booked"] for row in books["payments"])
    assert min(booked["on_time"], booked["late"]) >= rounds


def test_a_drawer_is_handed_on_while_its_tills_go_on(house: House, server: Server, shop: Shop) -> None:
    handing = hand_on_while_trading(server, shop, tills=3, rounds=4, on_time=4, late=2)
    assert_held(house.books(shop), handing, rounds=4)


def test_what_is_sent_many_times_hands_over_once_and_counts_in_once(house: House, server: Server, shop: Shop) -> None:
    """Twelve tabs send one form. The gap of 3.00 is booked once, and all tabs get the same page."""
    carla, bruno = shop.cashiers[:2]
    with Till(server.port, carla.devices[0]) as till, Browser(server.port, carla.cookie) as desk:
        assert till.post("/cash/open", {"start_amount": 150, "station": STATION}).status == 200
        out = count_out(desk, 150_00)
    with Browser(server.port, bruno.cookie) as desk:
        # The page was opened while Carla still had the drawer: what it says is judged when it is sent.
        form = count_in(desk, 147_00, station=STATION)

    for cashier, sent in ((carla, out), (bruno, form)):
        with ExitStack() as stack:
            tabs = [stack.enter_context(Browser(server.port, cashier.cookie)) for _ in range(12)]
            pages = all_at_once([partial(tab.send, sent) for tab in tabs])
        assert Counter(page.status for page in pages) == {303: 12}
        assert len({page.leads_to for page in pages}) == 1

    books = house.books(shop)
    assert faults_in(books) == []
    assert [(row["status"], row["is_handed_over"]) for row in books["sessions"]] == [("CLOSED", True), ("OPEN", False)]
    assert [(row["kind"], row["amount"]) for row in books["movements"]] == [("FLOAT", 150_00), ("OVER_SHORT", 3_00)]


@pytest.mark.storm
@pytest.mark.timeout(900)
def test_without_the_locks_the_same_storm_fails(own_house: House, shop: Shop) -> None:
    """On PostgreSQL the books are then wrong, or a constraint refuses what the locks would have prevented.

    On SQLite requests then fail, because its locks are its transactions.
    """
    with serving(own_house, application="tests.storms.unlocked") as server:
        handing = hand_on_while_trading(server, shop, tills=8, rounds=6, on_time=20, late=4)
    assert [*handing.storm.faults, *faults_in(own_house.books(shop))]


@pytest.mark.storm
@pytest.mark.timeout(1200)
def test_for_minutes(house: House, server: Server, shop: Shop) -> None:
    handing = hand_on_while_trading(server, shop, tills=12, rounds=40, on_time=30, late=10)
    assert_held(house.books(shop), handing, rounds=40)
    assert min(handing.won[name] for name in ("the manager", "a page", "the API")) > 0
