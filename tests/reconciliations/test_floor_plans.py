"""Today and the search read indexes on PostgreSQL, and no statement looks through the history."""

import re
from copy import deepcopy
from typing import Final

import pytest
from django.db import connection

from cashdesk.models import User
from tests.factories import StoreFactory, UserFactory
from tests.module_world import ModuleWorld
from tests.reconciliations.floor import at_noon
from tests.reconciliations.queue import pack, short_drawer
from tests.reconciliations.test_many_payments import Statement, analyze, noted, write_history
from tests.screens.desk import Browser
from tests.stories import Cast, make_cast

GROWING: Final = r"cashdesk_(?:movement|payment|cashsession|seal|variance|auditentry)|settlements_(?:settlement|deposit|closingamount)"
"""The tables that grow with every day of trade, and that these pages read first."""

OF_OPEN_ROWS: Final = "session_one_open_per_"
"""An index that has only open sessions may be read whole."""

SCAN: Final = re.compile(rf"(?:Seq Scan|Index Scan|Index Only Scan|Bitmap Heap Scan)[^(]* on (?:{GROWING})\b")


def scans_of(plan: str) -> list[str]:
    """Returns the nodes of a plan that read a growing table without a condition on an index."""
    lines = plan.splitlines()
    following = [*lines[1:], ""]
    return [
        line
        for line, after in zip(lines, following, strict=True)
        if SCAN.search(line) and OF_OPEN_ROWS not in line and "Index Cond" not in after and "Recheck Cond" not in after
    ]


def plan_of(statement: Statement) -> str:
    """Returns the plan of PostgreSQL for a statement, as if the tables were large.

    The tables of a test are so small that it is right to read them whole.
    """
    with connection.cursor() as cursor:
        for way in ("seqscan", "hashjoin", "mergejoin"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
        cursor.execute(f"EXPLAIN {statement[0]}", statement[1])
        return "\n".join(str(row[-1]) for row in cursor.fetchall())


def asked(browser: Browser, path: str) -> list[Statement]:
    """Opens a page twice, and returns the statements of the second time."""
    assert browser.get(path).status_code == 200
    with noted() as statements:
        assert browser.get(path).status_code == 200
    return [one for one in statements if one[0].lstrip().startswith(("SELECT", "WITH"))]


def build() -> Cast:
    """A shop with a past, and a drawer, variances and bags of today. Other shops of the account trade beside it."""
    cast = make_cast()
    shop = at_noon(cast)
    for store in (cast.store, StoreFactory(account=cast.store.account), StoreFactory(account=cast.store.account)):
        write_history(store=store, user=UserFactory(store=store), rows=2_000)
    short_drawer(shop)
    pack(shop, 12_50)
    shop.sign_on(cast.bruno, 100_00, station=2)
    shop.pay(12_50, station=2, id="R-1")
    analyze()
    return cast


@pytest.fixture(scope="module")
def _busy(module_world: ModuleWorld) -> Cast:
    return module_world.make(build)


@pytest.fixture
def busy(db: None, _busy: Cast) -> Cast:
    return deepcopy(_busy)


SEARCHES: Final = ("1", "R-1", "carla", "5.00", "12.50")


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite does not tell the conditions of an index")
@pytest.mark.parametrize("name", ["carla", "erika", "anna", "root"])
def test_no_statement_looks_through_the_history(busy: Cast, name: str) -> None:
    user = busy.anna if name == "root" else getattr(busy, name)
    if name == "root":
        User.objects.filter(pk=user.pk).update(is_superuser=True)
    here = f"store={busy.store.uuid}" if name in ("anna", "root") else ""
    paths = [f"/search?q={text}&{here}" for text in SEARCHES]
    paths += [f"/today?{here}"] if name != "carla" else []
    paths += [f"/search?q={text}&store=all" for text in SEARCHES] if here else []
    browser = Browser(user)
    for path in paths:
        statements = asked(browser, path)
        assert len(statements) > 3, path
        for statement in statements:
            plan = plan_of(statement)
            assert scans_of(plan) == [], f"{path}: {statement[0]}\n{plan}"
