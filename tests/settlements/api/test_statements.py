"""The number of statements of each settlement call: fixed, whatever the history, and limited to the period."""

import pytest
from django.db import connection, transaction
from django.utils import timezone

from cashdesk.domain.caller.principal import SYSTEM
from cashdesk.domain.ledger.entry import Entry
from cashdesk.domain.ledger.ledger import record
from cashdesk.enums import CASH, MovementKind, PlaceKind
from cashdesk.models import Place
from tests.settlements.steps import change, listed, open_register, open_vault, report
from tests.stories import Caller, Cast, caller, counted_queries

# One is the token, two are the transaction's savepoint (in production BEGIN and COMMIT).
# One of an opening locks the person, the store and its account.
OPEN_VAULT = 24
OPEN = 28
COUNT = 18
PREVIEW = 19
# One of a close puts what differs into the variance queue, and one reads the book for clearing. One of each transition and each entry writes its events.
CLOSE = 33
PREVIEW_VAULT = 18
CLOSE_VAULT = 37
LIST = 5
ONE = 4
ENTRY = 17


def ready(cast: Cast, *, foreign: int = 0) -> Caller:
    """A signed-in client of Erika, in a shop where other registers have this many movements."""
    erika = caller(cast.erika)
    erika.get("/settlements")
    erika.get("/cashbookaccounts/cashregister")
    ends = cast.place(PlaceKind.CUSTOMERS), cast.place(PlaceKind.REGISTER, 2)
    sale = entry_of(ends, kind=MovementKind.SALE)
    record(store=cast.store, entries=[sale] * foreign, by=SYSTEM, at=timezone.now())
    return erika


def entry_of(ends: tuple[Place, Place], *, kind: MovementKind) -> Entry:
    """Returns a cent that moves between two places."""
    return Entry(
        source=ends[0],
        destination=ends[1],
        amount=1,
        currency="EUR",
        method=CASH,
        kind=kind,
        occurred_at=timezone.now(),
    )


def cost_of_a_day(erika: Caller, *, sales: int) -> dict[str, int]:
    """Plays a day at register 1 and returns the number of statements of each call."""
    cost: dict[str, int] = {}

    def counted(name: str, method: str, path: str, body: object) -> str:
        with counted_queries() as queries:
            answer = erika.send(method, path, body)
        assert answer.status_code in (200, 201), answer.content
        cost[name] = len(queries)
        return str(answer.json().get("settlementId", ""))

    vault = counted("open vault", "POST", "/settlements", {"type": "VAULT", "initialCash": listed(1000_00)})
    body = {"type": "CASHREGISTER", "station": 1, "initialCash": listed(100_00)}
    register = counted("open", "POST", "/settlements", body)
    for number in range(sales):
        report(erika, f"sale-{number}", 1_00)
    entry = {"settlementId": register, "account": "CHANGE", "value": 1, "currency": "EUR"}
    counted("entry", "POST", "/cashbookentries", entry)
    path = f"/settlements/{register}"
    counted("count", "PATCH", path, {"state": "COUNTING"})
    counted("preview", "PATCH", path, {"state": "COUNTING", "amounts": listed(1)})
    counted("close", "PATCH", path, {"state": "CLOSED", "amounts": listed(1)})
    counted("one", "GET", path, None)
    path = f"/settlements/{vault}"
    counted("preview vault", "PATCH", path, {"state": "COUNTING", "amounts": listed(1)})
    counted("close vault", "PATCH", path, {"state": "CLOSED", "amounts": listed(1)})
    return cost


@pytest.mark.parametrize(("foreign", "sales"), [(0, 1), (1000, 1), (0, 12)])
def test_a_day_costs_the_same_whatever_else_there_is(cast: Cast, foreign: int, sales: int) -> None:
    assert cost_of_a_day(ready(cast, foreign=foreign), sales=sales) == {
        "open vault": OPEN_VAULT,
        "open": OPEN,
        "entry": ENTRY,
        "count": COUNT,
        "preview": PREVIEW,
        "close": CLOSE,
        "one": ONE,
        "preview vault": PREVIEW_VAULT,
        "close vault": CLOSE_VAULT,
    }


def test_days_before_cost_nothing(cast: Cast) -> None:
    erika = ready(cast)
    vault = open_vault(erika)
    for number in range(2):
        register = open_register(erika)
        report(erika, f"before-{number}", 1_00)
        change(erika, register, "COUNTING")
        change(erika, register, "CLOSED", 1)
    register = open_register(erika)
    report(erika, "last", 1_00)
    change(erika, register, "COUNTING")
    with counted_queries() as queries:
        assert change(erika, register, "CLOSED", 1).status_code == 200
    assert len(queries) == CLOSE
    change(erika, vault, "COUNTING", 1)
    with counted_queries() as queries:
        assert change(erika, vault, "CLOSED", 1).status_code == 200
    assert len(queries) == CLOSE_VAULT


@pytest.mark.parametrize("closes", [0, 9])
def test_a_list_costs_the_same_whatever_its_length(cast: Cast, closes: int) -> None:
    erika = ready(cast)
    vault = open_vault(erika)
    for number in range(closes):
        assert change(erika, vault, "CLOSED", number).status_code == 200
        vault = erika.get("/settlements?state=OPEN").json()["settlements"]["content"][0]["settlementId"]
    with counted_queries() as queries:
        page = erika.get("/settlements?size=200").json()["settlements"]
    assert page["numberOfElements"] == closes + 1
    assert len(queries) == LIST


@pytest.mark.parametrize("state", ["COUNTING", "CLOSED"])
def test_no_statement_of_a_close_reads_the_whole_ledger(cast: Cast, state: str) -> None:
    """Every statement reads movements by an index, so it never reads the movements of other places."""
    erika = ready(cast, foreign=1000)
    open_vault(erika)
    register = open_register(erika)
    report(erika, "sale", 1_00)
    change(erika, register, "COUNTING")
    with counted_queries() as queries:
        assert change(erika, register, state, 201_00).json()["state"] == "CLOSED"
    looks = [
        query["sql"]
        for query in queries
        if "cashdesk_movement" in query["sql"] and query["sql"].lstrip().startswith("SELECT")
    ]
    assert looks
    for statement in looks:
        plan = plan_of(statement)
        assert "Seq Scan on cashdesk_movement" not in plan, statement
        assert "SCAN cashdesk_movement" not in plan.replace("SCAN cashdesk_movement USING", ""), statement


def plan_of(statement: str) -> str:
    """Returns the database's plan for a statement on a large table."""
    prefix = "EXPLAIN " if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN "
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(prefix + statement.replace("%", "%%"))
        return "\n".join(str(row) for row in cursor.fetchall())
