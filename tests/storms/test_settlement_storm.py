"""Many previews, closes and payments at once: three attempts, one close, and a target that equals the sum of movements."""

from collections import Counter

import pytest

from tests.lengths import length
from tests.storms.house import House, Server, Shop, serving
from tests.storms.judge import faults_of_reports
from tests.storms.judge_settlements import faults_of_settlements
from tests.storms.settling import Settling, close_the_vault_under_its_registers, settle_while_trading


def assert_held(books: dict[str, object], settling: Settling, *, rounds: int) -> None:
    """Asserts that there are no faults, and that the storm had enough requests."""
    assert settling.storm.faults == []
    assert faults_of_settlements(books) == []
    assert faults_of_reports(books, settling.storm.sent) == []
    assert settling.faults_of_time() == []
    assert settling.closes == rounds
    registers = [row for row in books["settlements"] if row["type"] == "CASHREGISTER"]  # type: ignore[attr-defined]  # rows
    assert [row["state"] for row in registers] == ["CLOSED"] * rounds
    booked = Counter(booked for _window, booked in settling.paid)
    assert min(booked["on_time"], booked["late"]) >= rounds


@pytest.mark.long
def test_a_register_is_counted_and_closed_by_many_while_its_tills_go_on(
    house: House, server: Server, shop: Shop
) -> None:
    # The third round is closed by the third preview.
    rounds = length(short=3, long=4)
    settling = settle_while_trading(server, shop, tills=length(short=4, long=6), rounds=rounds, on_time=12, late=4)
    assert_held(house.books(shop), settling, rounds=rounds)


@pytest.mark.long
def test_a_vault_is_closed_while_its_registers_take_and_bring(house: House, server: Server, shop: Shop) -> None:
    rounds = length(short=3, long=6)
    storm = close_the_vault_under_its_registers(server, shop, registers=4, rounds=rounds)
    books = house.books(shop)
    assert storm.faults == []
    assert faults_of_settlements(books) == []
    vaults = [row for row in books["settlements"] if row["type"] == "VAULT"]
    assert [row["state"] for row in vaults] == ["CLOSED"] * rounds + ["OPEN"]


def test_without_the_locks_the_same_storm_fails(own_house: House, shop: Shop) -> None:
    """On PostgreSQL the books are then wrong, or a constraint refuses what the locks would have prevented (500).

    On SQLite requests then fail, because its locks are its transactions.
    """
    with serving(own_house, application="tests.storms.unlocked") as server:
        settling = settle_while_trading(server, shop, tills=6, rounds=4, on_time=12, late=4)
    faults = [*settling.storm.faults, *settling.faults_of_time(), *faults_of_settlements(own_house.books(shop))]
    told = (
        ("the rows say", "periods of place", "two began", "closing counts", "booked", "answered 500")
        if own_house.is_postgres
        else ("503",)
    )
    assert any(words in fault for fault in faults for words in told), faults


@pytest.mark.storm
@pytest.mark.timeout(900)
def test_for_minutes(house: House, server: Server, shop: Shop) -> None:
    settling = settle_while_trading(server, shop, tills=16, rounds=60, on_time=60, late=20)
    assert_held(house.books(shop), settling, rounds=60)


@pytest.mark.storm
@pytest.mark.timeout(900)
def test_a_vault_for_minutes(house: House, server: Server, shop: Shop) -> None:
    storm = close_the_vault_under_its_registers(server, shop, registers=8, rounds=60)
    assert storm.faults == []
    assert faults_of_settlements(house.books(shop)) == []
