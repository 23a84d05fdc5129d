"""The plans of the variance workbench: no statement reads a whole table, whatever a person filters by."""

import re
from typing import Final

import pytest
from django.db import connection, transaction

from cashdesk.models import Variance
from tests.reconciliations.floor import at_noon
from tests.reconciliations.queue import short_drawer, signed_off
from tests.screens.desk import Browser
from tests.settlements.desk import Shop
from tests.stories import Cast, counted_queries

LARGE: Final = ("variance", "movement", "cashsession", "payment", "count", "countamount", "seal", "auditentry")
WHOLE: Final = re.compile(
    rf"Seq Scan on cashdesk_(?:{'|'.join(LARGE)})\b|SCAN cashdesk_(?:{'|'.join(LARGE)})(?! USING)\b"
)
"""How each database says that it reads all rows of a table that grows with the trade."""


@pytest.fixture
def shop(cast: Cast) -> Shop:
    """A shop with one shortage that waits and one that was signed off."""
    shop = at_noon(cast)
    signed_off(shop, short_drawer(shop, by=2_00))
    short_drawer(shop, by=5_00, cashier=cast.bruno)
    return shop


def whole_reads(browser: Browser, path: str) -> list[str]:
    """Opens a page and returns its statements that read a whole table, each with its plan on a large one."""
    with counted_queries() as queries:
        assert browser.get(path).status_code == 200
    explain = "EXPLAIN " if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN "
    found = []
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # A small table is read as a whole, unless the planner may not.
            cursor.execute("SET LOCAL enable_seqscan = off")
        for row in queries:
            if row["sql"].startswith(("SELECT", "(SELECT")):
                cursor.execute(explain + row["sql"].replace("%", "%%"))
                plan = "\n".join(str(line) for line in cursor.fetchall())
                if WHOLE.search(plan):
                    found.append(f"{row['sql']}\n{plan}")
    return found


@pytest.mark.parametrize(
    "query",
    ["", "?show=all", "?show=all&sort=shortage", "?show=all&kind=LATE", "?person={person}", "?place=1&direction=short",
     "?age=over-1"],
)  # fmt: skip
def test_a_list_of_one_store_reads_no_whole_table(cast: Cast, shop: Shop, query: str) -> None:
    path = f"/variances{query.format(person=cast.carla.uuid)}"
    assert whole_reads(Browser(cast.erika), path) == []


@pytest.mark.parametrize("query", ["", "&sort=shortage", "&show=all", "&show=all&kind=LATE", "&show=all&sort=overage"])
def test_a_list_of_all_stores_reads_no_whole_table(cast: Cast, shop: Shop, query: str) -> None:
    assert whole_reads(Browser(cast.anna), f"/variances?store=all{query}") == []


def test_the_evidence_reads_no_whole_table(cast: Cast, shop: Shop) -> None:
    for variance in Variance.objects.all():
        assert whole_reads(Browser(cast.erika), f"/variances/{variance.uuid}") == []
