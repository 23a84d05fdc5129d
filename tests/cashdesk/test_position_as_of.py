"""The position as of an instant: the sum of the rows that were recorded by then, for every place and at every instant."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from cashdesk.domain.ledger.position import positions_of
from cashdesk.enums import MovementKind, PlaceKind
from cashdesk.models import Movement
from tests.cashdesk.desk import NOON, close_drawer, minutes, move, open_drawer, pay
from tests.factories import StoreFactory, UserFactory
from tests.settlements.api.test_statements import plan_of
from tests.stories import Cast, counted_queries


def trade(cast: Cast) -> None:
    """Trades for two hours: closed periods, cards, a drop, and a drawer that is still open."""
    for hour in (0, 1):
        session = open_drawer(cast.carla, 100_00, at=minutes(60 * hour))
        pay(session, 7_00, at=minutes(60 * hour + 5))
        pay(session, 11_00, method="CARD", at=minutes(60 * hour + 6))
        move(session, MovementKind.DROP, 50_00, at=minutes(60 * hour + 7))
        close_drawer(session, 56_50, at=minutes(60 * hour + 10))
    session = open_drawer(cast.bruno, 20_00, at=minutes(120))
    pay(session, 3_00, at=minutes(125))


def rows_until(cast: Cast, instant: datetime) -> dict[tuple[int, str, str], int]:
    """Adds up the rows one by one, by place, currency and method."""
    found: Counter[tuple[int, str, str]] = Counter()
    for row in Movement.objects.filter(store=cast.store, recorded_at__lte=instant):
        found[row.destination_id, row.currency, row.method] += row.amount
        found[row.source_id, row.currency, row.method] -= row.amount
    return {key: amount for key, amount in found.items() if amount}


def position(cast: Cast, **options: Any) -> dict[tuple[int, str, str], int]:
    """Returns the position of the store, by place, currency and method."""
    (found,) = positions_of([cast.store], **options)
    return {(place.pk, *pair): amount for place, balances in found.balances for pair, amount in balances.items()}


def test_the_books_stand_as_the_rows_until_the_instant(cast: Cast) -> None:
    trade(cast)
    instants = sorted(set(Movement.objects.values_list("recorded_at", flat=True)))
    assert len(instants) == 12
    for instant in [NOON - timedelta(days=1), *instants, *(one + timedelta(seconds=30) for one in instants)]:
        assert position(cast, as_of=instant) == rows_until(cast, instant), instant
    assert position(cast, as_of=instants[-1]) == position(cast)


def test_the_difference_of_two_instants_is_what_moved_between_them(cast: Cast) -> None:
    trade(cast)
    since, until = minutes(6), minutes(65)
    before, after = rows_until(cast, since), rows_until(cast, until)
    (now,), (then,) = (positions_of([cast.store], as_of=one) for one in (until, since))
    changed = {(place.pk, *pair): amount for place, held in now.less(then).balances for pair, amount in held.items()}
    assert changed == {
        key: after.get(key, 0) - before.get(key, 0)
        for key in {*before, *after}
        if after.get(key, 0) != before.get(key, 0)
    }
    assert sum(changed.values()) == 0


def test_the_past_costs_the_same_whatever_the_history_and_reads_ranges(cast: Cast) -> None:
    trade(cast)
    costs = []
    for more in (0, 3):
        for _ in range(more):
            trade(cast=_another(cast))
        stores = [cast.store, *cast.store.account.stores.exclude(pk=cast.store.pk)]
        with counted_queries() as queries:
            positions_of(stores, as_of=minutes(66))
        costs.append(len(queries))
    assert costs[0] == costs[1]
    plans = [
        plan_of(row["sql"]) for row in queries if "cashdesk_movement" in row["sql"] or "cashdesk_seal" in row["sql"]
    ]
    for plan in plans:
        assert "Seq Scan on cashdesk_movement" not in plan
        assert "SCAN cashdesk_movement" not in plan
    if connection.vendor == "sqlite":
        assert any("seal_until_movement" in plan for plan in plans)
        assert any("movement_of_store_newest" in plan for plan in plans)
    customers = cast.place(PlaceKind.CUSTOMERS).pk
    assert all(f"source_id = {customers} " not in row["sql"] for row in queries)


def _another(cast: Cast) -> Cast:
    shop = StoreFactory(account=cast.store.account)
    people = {name: UserFactory(store=shop) for name in ("carla", "bruno")}
    return Cast(store=shop, erika=cast.erika, anna=cast.anna, otto=cast.otto, **people)
