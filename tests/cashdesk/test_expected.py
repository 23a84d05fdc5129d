"""Expected cash: one sum that equals the sum of the rows one by one, and reads only from an index."""

import random
from collections import defaultdict

import pytest
from django.db import connection

from cashdesk.domain.caller.principal import SYSTEM
from cashdesk.domain.ledger import expected
from cashdesk.domain.ledger.entry import Entry
from cashdesk.domain.ledger.expected import balances_of_places, book_of, late_cash_of, moved
from cashdesk.domain.ledger.ledger import record, reverse
from cashdesk.domain.ledger.seal import seal_period
from cashdesk.enums import CASH, MovementKind, PlaceKind
from cashdesk.models import CashSession, Movement, Place
from cashdesk.money import AMOUNT_MAX
from cashdesk.movement_rules import RULES
from tests import roles
from tests.cashdesk.desk import NOON, close_drawer, execute, minutes, move, open_drawer, pay, refund, sell
from tests.stories import Cast, counted_queries, make_cast

Balances = dict[tuple[str, str], int]


def added_up(place: Place) -> Balances:
    """Returns a place's balances, added up in plain Python over the exported rows."""
    balances: Balances = defaultdict(int)
    for row in Movement.objects.values("source_id", "destination_id", "amount", "currency", "method"):
        if row["destination_id"] == place.pk:
            balances[row["currency"], row["method"]] += row["amount"]
        if row["source_id"] == place.pk:
            balances[row["currency"], row["method"]] -= row["amount"]
    return {pair: amount for pair, amount in balances.items() if amount}


def record_at_random(cast: Cast, *, movements: int, seed: int) -> None:
    """Records movements of every kind, in three currencies and two methods, some late."""
    chance = random.Random(seed)
    places = list(cast.store.places.all())
    by_kind = {kind: [place for place in places if place.kind == kind] for kind in PlaceKind}
    entries = []
    for _ in range(movements):
        kind = chance.choice(list(MovementKind))
        source, destination = chance.choice(sorted(RULES[kind].ends))
        entries.append(
            Entry(
                source=chance.choice(by_kind[PlaceKind(source)]),
                destination=chance.choice(by_kind[PlaceKind(destination)]),
                amount=chance.choice([1, 99, 12345, AMOUNT_MAX]),
                currency=chance.choice(["EUR", "USD", "CLP"]),
                method="CARD" if RULES[kind].never_cash else chance.choice([CASH, "CARD"]),
                kind=kind,
                occurred_at=NOON,
            )
        )
    record(store=cast.store, entries=entries, by=SYSTEM, at=NOON)


@pytest.mark.parametrize("seed", range(3))
def test_every_book_is_the_sum_of_the_rows(cast: Cast, seed: int) -> None:
    record_at_random(cast, movements=150, seed=seed)
    for place in cast.store.places.all():
        assert book_of(place).balances == added_up(place)
        assert balances_of_places(store=cast.store)[place.pk] == added_up(place)


@pytest.mark.parametrize("seed", range(3))
def test_a_book_after_a_seal_is_still_the_sum_of_all_rows(cast: Cast, seed: int) -> None:
    register = cast.place(PlaceKind.REGISTER, 1)
    for period in range(3):
        record_at_random(cast, movements=40, seed=seed * 10 + period)
        seal_period(place=register, last_seal=book_of(register).last_seal, at=NOON)
    record_at_random(cast, movements=40, seed=99)
    book = book_of(register)
    assert book.last_seal is not None
    assert (book.last_seal.number, book.after_movement) == (3, book.last_seal.last_movement)
    assert book.balances == added_up(register)


def test_sums_far_above_any_amount_stay_exact_to_the_unit(cast: Cast) -> None:
    customers, register = cast.place(PlaceKind.CUSTOMERS), cast.place(PlaceKind.REGISTER, 1)
    entry = Entry(
        source=customers,
        destination=register,
        amount=AMOUNT_MAX,
        currency="EUR",
        method=CASH,
        kind=MovementKind.SALE,
        occurred_at=NOON,
    )
    record(store=cast.store, entries=[entry] * 9000, by=SYSTEM, at=NOON)
    held = book_of(register).amount(currency="EUR", method=CASH)
    assert held == 9000 * AMOUNT_MAX
    assert type(held) is int
    assert book_of(customers).amount(currency="EUR", method=CASH) == -9000 * AMOUNT_MAX


def test_a_place_where_nothing_moved_holds_nothing(cast: Cast) -> None:
    book = book_of(cast.place(PlaceKind.REGISTER, 2))
    assert (book.balances, book.last_seal, book.after_movement) == ({}, None, 0)
    assert book.amount(currency="EUR", method=CASH) == 0


def test_a_pair_that_came_and_went_is_absent(cast: Cast) -> None:
    session = open_drawer(cast.carla, 0)
    sell(session, 500)
    refund(session, 500)
    assert book_of(session.register).balances == {}


def test_all_places_together_hold_nothing_of_any_currency_and_method(cast: Cast) -> None:
    record_at_random(cast, movements=200, seed=7)
    total: Balances = defaultdict(int)
    for balances in balances_of_places(store=cast.store).values():
        for pair, amount in balances.items():
            total[pair] += amount
    assert len(total) == 6
    assert set(total.values()) == {0}


# --- The cost ------------------------------------------------------------------------------------------------------------


def plan_of_the_sum(place: Place, *, after: int) -> str:
    """Returns the database's plan for the sum, with current statistics."""
    with roles.owning(connection), connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE cashdesk_movement" if connection.vendor == "postgresql" else "ANALYZE")
        prefix = "EXPLAIN " if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN "
        cursor.execute(prefix + expected._MOVED, [place.pk, after, 2**63 - 1] * 2)
        plan = "\n".join(str(row) for row in cursor.fetchall())
        if connection.vendor == "sqlite":
            # This test commits. The plans of later tests must not depend on what was in the tables here.
            cursor.execute("DROP TABLE sqlite_stat1")
        return plan


@pytest.mark.django_db(transaction=True)
def test_the_sum_is_read_from_its_two_indexes_alone() -> None:
    cast = make_cast(registers=20)
    customers = cast.place(PlaceKind.CUSTOMERS)
    sales = [
        Entry(
            source=customers,
            destination=register,
            amount=1,
            currency="EUR",
            method=CASH,
            kind=MovementKind.SALE,
            occurred_at=NOON,
        )
        for register in cast.store.places.filter(kind=PlaceKind.REGISTER)
    ]
    if connection.vendor == "postgresql":
        # The test server commits before its log is written, and until it is VACUUM cannot call a page visible to all.
        execute("SET synchronous_commit TO on")
    record(store=cast.store, entries=sales * 300, by=SYSTEM, at=NOON)
    begin = Movement.objects.order_by("pk").values_list("pk", flat=True)[1500]
    plan = plan_of_the_sum(cast.place(PlaceKind.REGISTER, 7), after=begin)
    assert "movement_into_place" in plan
    assert "movement_out_of_place" in plan
    if connection.vendor == "sqlite":
        assert plan.count("COVERING INDEX") == 2
        assert "SCAN cashdesk_movement" not in plan
    else:
        assert plan.count("Index Only Scan") == 2, plan
        assert "Seq Scan" not in plan


def test_a_book_takes_two_statements_however_long_the_history(cast: Cast) -> None:
    register = cast.place(PlaceKind.REGISTER, 1)
    for rounds in (1, 5):
        for number in range(rounds):
            session = open_drawer(cast.carla, 1000, at=minutes(number), station=1)
            for _ in range(rounds * 3):
                sell(session, 100)
            close_drawer(session, 1000 + 300 * rounds, at=minutes(number))
        with counted_queries() as queries:
            book_of(register)
        assert len(queries) == 2


def test_the_sum_begins_behind_the_last_seal(cast: Cast) -> None:
    close_drawer(open_drawer(cast.carla, 1000, station=1), 1000)
    session = open_drawer(cast.carla, 700, station=1)
    with counted_queries() as queries:
        book = book_of(session.register)
    assert book.last_seal is not None
    assert f"id > {book.last_seal.last_movement}" in queries.captured_queries[-1]["sql"]
    assert moved(place=session.register, after=book.after_movement) == {("EUR", CASH): 700}


# --- Late money ------------------------------------------------------------------------------------------------------------


def closed_short_by(cast: Cast, amount: int) -> CashSession:
    """Returns a closed session of Carla that is short by this amount."""
    return close_drawer(open_drawer(cast.carla, 10000, station=1), 10000 - amount)


def test_late_cash_is_what_explains_the_frozen_difference(cast: Cast) -> None:
    session = closed_short_by(cast, -2000)  # 20.00 too much: a sale is missing
    assert late_cash_of(session) == 0
    sell(session, 2000)
    assert session.difference is not None
    assert session.difference - late_cash_of(session) == 0


def test_a_late_refund_explains_a_shortage(cast: Cast) -> None:
    session = closed_short_by(cast, 700)
    refund(session, 700)
    assert late_cash_of(session) == -700


def test_only_late_cash_of_this_session_in_its_currency_counts(cast: Cast) -> None:
    first = closed_short_by(cast, 0)
    second = closed_short_by(cast, 0)
    sell(first, 100)
    pay(first, 900, method="CARD")
    pay(first, 800, currency="USD")
    sell(second, 50)
    assert (late_cash_of(first), late_cash_of(second)) == (100, 50)


def test_what_was_on_time_is_not_late(cast: Cast) -> None:
    session = open_drawer(cast.carla, 10000)
    sell(session, 500)
    move(session, MovementKind.DROP, 300)
    assert late_cash_of(close_drawer(session, 10200)) == 0


def test_a_late_reversal_takes_back_what_the_late_sale_explained(cast: Cast) -> None:
    session = closed_short_by(cast, 0)
    late = sell(session, 2000)
    reverse(movement=late, by=SYSTEM, at=NOON, reason="another shop's receipt")
    assert late_cash_of(session) == 0
