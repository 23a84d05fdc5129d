"""A register opens and closes while its tills sell: every payment is in exactly one period."""

import pytest

from tests.lengths import length
from tests.storms.house import House, Server, Shop, serving
from tests.storms.judge import faults_in, faults_of_reports
from tests.storms.trading import Storm, trade_while_closing

TILLS = 16
ROUNDS = length(short=4, long=10)


def trade(server: Server, shop: Shop, *, tills: int, rounds: int) -> Storm:
    return trade_while_closing(server, shop, tills=tills, rounds=rounds, on_time=15, late=5)


@pytest.mark.long
def test_many_tills_report_while_the_register_is_opened_and_closed(house: House, server: Server, shop: Shop) -> None:
    storm = trade(server, shop, tills=length(short=8, long=TILLS), rounds=ROUNDS)

    books = house.books(shop)
    assert storm.faults == []
    assert faults_in(books) == []
    assert faults_of_reports(books, storm.sent) == []
    assert [row["status"] for row in books["sessions"]] == ["CLOSED"] * (ROUNDS + 1)
    # The storm was one: there was trade in every period, and between the periods.
    on_time = {row["session_id"] for row in books["payments"] if row["booked"] == "on_time"}
    late = {row["session_id"] for row in books["payments"] if row["booked"] == "late"}
    assert on_time == {row["id"] for row in books["sessions"][1:]}
    assert late >= {row["id"] for row in books["sessions"][1:-1]}


def test_without_the_locks_the_same_storm_fails(own_house: House, shop: Shop) -> None:
    """On PostgreSQL the books are then wrong. On SQLite requests then fail, because its locks are its transactions."""
    with serving(own_house, application="tests.storms.unlocked") as server:
        storm = trade(server, shop, tills=TILLS, rounds=3)
    faults = [*storm.faults, *faults_in(own_house.books(shop))]
    told = "lies outside of its period" if own_house.is_postgres else "was answered 503"
    assert any(told in fault for fault in faults)
