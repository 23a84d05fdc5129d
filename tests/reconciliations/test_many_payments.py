"""The expected cash of a day with 20,000 payments takes as many statements as a day with 20.

A page deep in a list takes as many statements as the first page.
"""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from bench import history
from cashdesk.models import Payment, Store
from reconciliations.domain.expected_cash import expected_cash
from reconciliations.models import Reconciliation
from tests import roles
from tests.factories import StoreFactory, UserFactory
from tests.reconciliations.desk import PATH
from tests.stories import Cast, caller, exact

DAY = date(2026, 1, 5)
"""The business date of all trade of `bench.history`."""

PAYMENTS = 20_000
ROWS = PAYMENTS // (history.MOVEMENTS_OF_A_SESSION - 2) * history.MOVEMENTS_OF_A_SESSION + 500
BIG_TABLES = r"cashdesk_movement|cashdesk_payment|reconciliations_reconciliation|[mrf]\b"
"""The large tables, and the aliases of movements in hand-written SQL."""

Statement = tuple[str, Any]


@contextmanager
def noted() -> Iterator[list[Statement]]:
    """Collects the statements of a block with their parameters."""
    statements: list[Statement] = []

    def noting(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        statements.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(noting):
        yield statements


def plan_of(statement: Statement, *, is_large: bool = False) -> str:
    """Returns the database's plan for a statement.

    With `is_large`, PostgreSQL avoids sequential scans, as it does in a database with years of data. The test data is
    so small that a sequential scan would be right.
    """
    is_postgresql = connection.vendor == "postgresql"
    explain = "EXPLAIN" if is_postgresql else "EXPLAIN QUERY PLAN"
    with connection.cursor() as cursor:
        if is_postgresql:
            cursor.execute(f"SET LOCAL enable_seqscan = {'off' if is_large else 'on'}")
        cursor.execute(f"{explain} {statement[0]}", statement[1])
        return "\n".join(str(row[-1]) for row in cursor.fetchall())


def full_scans(plan: str) -> list[str]:
    """Returns the lines of a plan that read a whole large table."""
    # SQLite says SEARCH where it uses an index, and SCAN where it reads all; an index that is read whole is no better.
    return re.findall(rf"^.*(?:Seq Scan on|SCAN) (?:{BIG_TABLES}).*$", plan, re.MULTILINE)


def write_history(**world: Any) -> None:
    """Writes past days as the owner of the tables, because the application role may not advance a sequence."""
    with roles.owning(connection):
        history.write_history(**world)


def analyze() -> None:
    with roles.owning(connection), connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def asked(by: Any, store: Store, extra: str = "") -> list[Statement]:
    """Requests the expected cash of the day and returns the statements of the second request."""
    path = f"/cash-management/expected?storeId={store.uuid}&businessDayDate={DAY}{extra}"
    assert by.get(path).status_code == 200
    with noted() as statements:
        assert by.get(path).status_code == 200
    return statements


@pytest.fixture(autouse=True, scope="module")
def _statistics_end_here(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Lets PostgreSQL count the rows anew: when a test is rolled back, it keeps the numbers that ANALYZE found.

    Later tests of this process would get the plans of a large database.
    """
    yield
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), roles.owning(connection), connection.cursor() as cursor:
            cursor.execute("VACUUM")


@pytest.fixture
def busy(cast: Cast) -> Cast:
    """Erika's shop on its busiest day. Other shops trade in the same database."""
    for store in (StoreFactory(), StoreFactory(), StoreFactory()):
        write_history(store=store, user=UserFactory(store=store), rows=ROWS)
    write_history(store=cast.store, user=cast.carla, rows=ROWS)
    analyze()
    return cast


def are_alike(few: list[Statement], many: list[Statement], *, sums: int) -> None:
    """Asserts that both days take the same number of statements, each with an index, and the given number of sums."""
    assert len(many) == len(few)
    for statements, is_large in ((few, False), (many, True)):
        for statement in statements:
            if statement[0].lstrip().startswith(("SELECT", "WITH")):
                assert full_scans(plan_of(statement, is_large=is_large)) == [], statement[0]
        found = [plan_of(statement, is_large=is_large) for statement in statements if "SUM(" in statement[0]]
        assert len(found) == sums
        # These shops have one day only, so each index that begins with the store reads the same rows.
        assert "movement_of_business_date" in found[0] or "movement_of_store_newest" in found[0], found[0]
        # In a shop with only one day, PostgreSQL may use any index that begins with the store.
        assert "payment_of_business_date" in found[1] or not is_large
        # The floats and returns are a hundredth of the movements of the day.
        assert "movement_of_vault_and_drawers" in found[-2] or not is_large
        # The orders of the day, out of its payments.
        assert "payment_of_business_date" in found[-1] or not is_large


def is_a_moment_and_right(store: Store) -> None:
    """Asserts that the sum of the busy day is right and fast."""
    begun = time.perf_counter()
    expected = expected_cash(store=store, business_date=DAY).of("EUR")
    took = time.perf_counter() - begun
    sessions, sales = divmod(ROWS // history.MOVEMENTS_OF_A_SESSION, 1)[0], history.MOVEMENTS_OF_A_SESSION - 2
    # Each session brings its cash back, and the next float is taken from that.
    assert expected.opening_float == history.FLOAT
    assert expected.sales == sessions * sales * history.SALE
    # A tenth of a second or two here; ten times that on a machine that does ten other things.
    print(f"expected cash of {sessions * sales} payments: {took * 1000:.0f} ms")
    assert took < 5


def test_twenty_thousand_payments_are_asked_for_like_twenty(busy: Cast) -> None:
    quiet = StoreFactory(account=busy.store.account)
    person = UserFactory(store=quiet)
    write_history(store=quiet, user=person, rows=history.MOVEMENTS_OF_A_SESSION)
    analyze()
    is_a_moment_and_right(busy.store)
    anna = caller(busy.anna)
    are_alike(asked(anna, quiet), asked(anna, busy.store), sums=6)
    by_one = asked(anna, quiet, f"&operatorUid={person.pk}")
    are_alike(by_one, asked(anna, busy.store, f"&operatorUid={busy.carla.pk}"), sums=7)
    assert Payment.objects.filter(store=busy.store, business_date=DAY).count() >= PAYMENTS


def test_the_list_goes_on_at_page_two_hundred_as_it_began(cast: Cast) -> None:
    at = datetime(2026, 3, 10, 12, tzinfo=UTC)
    rows = [
        Reconciliation(
            store=store, business_date=DAY, currency="EUR", system_amount=0, declared_amount=0, discrepancy=0,
            as_of_movement=0, reported_by="test", reported_at=at + timedelta(seconds=number // 3),
        )
        for number in range(4000) for store in (cast.store, cast.otto.store)
    ]  # fmt: skip
    Reconciliation.objects.bulk_create(rows)
    analyze()
    erika = caller(cast.erika)
    newest = [row.uuid for row in Reconciliation.objects.filter(store=cast.store).order_by("-reported_at", "-pk")]

    def page(path: str) -> tuple[list[str], str, list[Statement]]:
        """Returns the rows of a page, the path of the next one, and the statements that it took."""
        with noted() as statements:
            response = erika.get(path)
        link = response.headers["Link"]
        return [row["id"] for row in exact(response)], link[1 : link.index(">")].split("/api/v1")[1], statements

    path = f"{PATH}?storeId={cast.store.uuid}&limit=10"
    page(path)
    rows_of_first, _next, first = page(path)
    _rows, path, _statements = page(f"{PATH}?storeId={cast.store.uuid}&limit=1000")
    _rows, path, _statements = page(path.replace("limit=1000", "limit=990"))
    rows_of_last, _next, last = page(path.replace("limit=990", "limit=10"))
    assert rows_of_first == [str(pk) for pk in newest[:10]]
    assert rows_of_last == [str(pk) for pk in newest[1990:2000]]
    assert len(first) == len(last)
    for statements in (first, last):
        (listed,) = [one for one in statements if "ORDER BY" in one[0] and "reconciliations_reconciliation" in one[0]]
        plan = plan_of(listed)
        # Half of all rows are of the store, so the index of all stores does as well.
        assert re.search("reconciliation_(of_store|newest)", plan), plan[:900]
        assert full_scans(plan) == []
        # What a row asks for besides may sort the few rows that it reads.
        listing = re.split("CORRELATED SCALAR SUBQUERY|SubPlan", plan)[0]
        assert not re.search(r"\bSort\b|TEMP B-TREE FOR ORDER BY", listing), plan[:900]
