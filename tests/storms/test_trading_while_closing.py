"""A register is closed and opened while its tills go on selling: every cent lands in exactly one period."""

from pathlib import Path

from tests.storms.house import House, Server, Shop, serving, temporary_house
from tests.storms.judge import faults_in, faults_of_reports
from tests.storms.trading import trade_while_closing

TILLS = 16
ROUNDS = 10
STORMS_MAX = 5
BROKEN_HISTORY = ("lies outside of its period", "the rows say", "to be counted was", "counts", "still holds", "was answered 5", "answered 5")


def test_sixteen_tills_report_while_the_register_is_opened_and_closed(house: House, server: Server, shop: Shop) -> None:
    storm = trade_while_closing(server, shop, tills=TILLS, rounds=ROUNDS, on_time=30, late=10)

    books = house.books(shop)
    assert storm.faults == []
    assert faults_in(books) == []
    assert faults_of_reports(books, storm.sent) == []
    assert [row["status"] for row in books["sessions"]] == ["CLOSED"] * (ROUNDS + 1)
    # The storm was one: there was trade in every period, and between the periods.
    on_time = {row["session_id"] for row in books["payments"] if row["booked"] == "on_time"}
    late = {row["session_id"] for row in books["payments"] if row["booked"] == "late"}
    assert on_time == {row["id"] for row in books["sessions"][1:]}
    assert len(late) >= ROUNDS // 2


def test_without_the_locks_the_same_storm_breaks_the_books(tmp_path: Path) -> None:
    with temporary_house(tmp_path) as house, serving(house, application="tests.storms.unlocked") as server:
        for shop in house.make_shops(STORMS_MAX):
            storm = trade_while_closing(server, shop, tills=TILLS, rounds=ROUNDS, on_time=30, late=10)
            faults = [*storm.faults, *faults_in(house.books(shop))]
            print(len(storm.faults), len(faults), storm.faults[:5], faults[-20:])
            if faults:
                break
    assert faults
