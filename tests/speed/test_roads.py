"""No list and no report reads the history: each reads about as many rows as it shows or sums, whatever lies behind it.

Short: three thousand sessions. Long (`make roads-long`): a hundred thousand sessions and a million movements.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, transaction

from bench.history import tidy_tables
from bench.years import Years, write_years
from cashdesk.enums import Role
from cashdesk.models import User
from tests import roles
from tests.admin.back_office import sits_down
from tests.factories import StoreFactory, UserFactory
from tests.lengths import IS_LONG, length
from tests.speed.plans import SMALL, Plan, plan_of
from tests.speed.roads import Road, roads
from tests.stories import caller, counted_queries

TILLS = 8
FACTOR = 8
"""A row of an answer comes with so many others, such as its store, its register, its cashier and its payment."""

NEEDED = {
    "session_of_business_date": "/business-days/",
    "movement_into_place": "/x-report",
    "seal_until_movement": "/cash-management/expected",
    "movement_of_business_date": "/cash-management/expected",
    "settlement_of_store_newest": "/settlements",
}
"""Indexes, and a road that is lost without them."""


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("answers_are_made_up")
def test_no_road_reads_the_history() -> None:
    # The owner lifts the triggers while the rows are written, drops indexes and updates statistics.
    try:
        with roles.owning(connection):
            look_at_all_roads()
    finally:
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:  # other tests of plans use this connection too
                cursor.execute("RESET random_page_cost")


def look_at_all_roads() -> None:
    """Writes the years and asserts what each road reads."""
    people = make_years()
    if connection.vendor == "postgresql" and not IS_LONG:
        # In the short world a whole table is so few pages that at the usual cost of a random page it is read as a whole.
        with connection.cursor() as cursor:
            cursor.execute("SET random_page_cost = 1")
    store = people["manager"].store
    assert store is not None
    found = list(roads(store))
    faults = [fault for road in found for fault in faults_of(road, people)]
    assert not faults, "\n\n".join(faults)
    if connection.vendor == "postgresql":
        missed = [name for name, path in NEEDED.items() if not is_missed(name, path, found, people)]
        assert not missed, f"nothing reads more rows without these indexes: {missed}"


def make_years() -> dict[str, User]:
    """Writes years of two stores. Returns people of the first one by their role."""
    store, other = (StoreFactory(number=number, registers=TILLS + 1) for number in ("5001", "5002"))
    sessions, days = length(short=3000, long=100_000), length(short=200, long=700)
    cashiers = [UserFactory(store=store, username=f"till-{number}") for number in range(TILLS)]
    write_years(store=store, cashiers=cashiers, years=Years(sessions=sessions, days=days, settlements=sessions))
    others = [UserFactory(store=other, username=f"other-{number}") for number in range(TILLS)]
    write_years(store=other, cashiers=others, years=Years(sessions=sessions // 10, days=days, settlements=2 * sessions))
    tidy_tables()
    return {
        "manager": UserFactory(store=store, username="manager", role=Role.MANAGER),
        "admin": UserFactory(store=None, account=store.account, username="admin", role=Role.ADMIN),
        "cashier": cashiers[0],
    }


def faults_of(road: Road, people: dict[str, User]) -> Iterator[str]:
    """Yields what the statements of a request read too much, with their plans."""
    who = people[road.role]
    with counted_queries() as queries:
        answer = sits_down(who).get(road.path) if road.is_page else caller(who).get(road.path)
    assert answer.status_code == 200, (road.path, answer.content)
    for query in queries:
        plan = plan_of(query["sql"])
        if plan is not None and is_too_much(plan, road):
            yield f"{road.path} shows {road.rows} rows and reads {plan.rows_read}:\n{plan.statement}\n{plan.text}"


def is_too_much(plan: Plan, road: Road) -> bool:
    """Whether a plan reads a whole table, or more rows than the answer can need."""
    return bool(plan.scanned) or plan.rows_read > FACTOR * road.rows + SMALL


def is_missed(index: str, path: str, found: list[Road], people: dict[str, User]) -> bool:
    """Tells whether a road through `path` reads too much without an index. The index is put back."""
    with without(index):
        return any(fault for road in found if path in road.path for fault in faults_of(road, people))


@contextmanager
def without(index: str) -> Iterator[None]:
    """Drops an index for the block."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"DROP INDEX {index}")
        yield
        transaction.set_rollback(True)
