"""No statement of Today, of the board or of their parts reads a whole table that grows with the trade."""

from typing import Final

import pytest

from tests.reconciliations.floor import at_noon
from tests.reconciliations.queue import pack, short_drawer
from tests.screens.desk import Browser
from tests.settlements.api.test_statements import plan_of
from tests.settlements.desk import Shop
from tests.stories import Cast, counted_queries

GROWING: Final = ("movement", "cashsession", "auditentry", "seal", "payment", "count")


@pytest.fixture
def shop(cast: Cast) -> Shop:
    """A store with limits, an open drawer, a difference and a bag."""
    shop = at_noon(cast)
    cast.store.pull_minor = 100_00
    cast.store.save(update_fields=["pull_minor"])
    short_drawer(shop, by=5_00, cashier=cast.bruno)
    pack(shop, 25_00)
    shop.sign_on(cast.carla, 100_00, station=2)
    shop.sale(5_00, station=2)
    return shop


@pytest.mark.parametrize("path", ["/today", "/today/{store}/now", "/board", "/board/now"])
def test_no_statement_reads_a_whole_table(cast: Cast, shop: Shop, path: str) -> None:
    anna = Browser(cast.anna)
    with counted_queries() as queries:
        assert anna.get(path.format(store=cast.store.uuid)).status_code == 200
    looks = [query["sql"] for query in queries if query["sql"].lstrip().startswith(("SELECT", "WITH"))]
    assert len(looks) > 5
    for statement in looks:
        plan = plan_of(statement)
        for table in (f"cashdesk_{name}" for name in GROWING):
            assert f"Seq Scan on {table} " not in plan, statement
            scanned = plan.replace(f"SCAN {table} USING", "")
            assert f"SCAN {table}'" not in scanned, statement
