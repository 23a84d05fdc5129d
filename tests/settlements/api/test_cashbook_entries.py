"""The list of cashbook entries: what was paid in and out under an account while a settlement was running."""

import json
from dataclasses import replace
from typing import Any, Final

import pytest
from django.db import connection, transaction
from django.utils import timezone

from cashdesk.domain.caller.principal import SYSTEM, Principal
from cashdesk.domain.ledger.ledger import record, reverse
from cashdesk.enums import MovementKind, PlaceKind, Scope
from cashdesk.models import Movement
from settlements.models import CashbookAccount, Settlement
from tests import roles
from tests.settlements.api.test_statements import entry_of
from tests.settlements.steps import answered, change, close, open_register, open_vault, start_counting
from tests.stories import Caller, Cast, caller, counted_queries, key_caller

LIST: Final = 3
"""The token, the number of entries, and the entries."""


def book(by: Caller, settlement: str, account: str, value: int, **fields: Any) -> str:
    """Books an entry and returns its id."""
    body = {"settlementId": settlement, "account": account, "value": value, "currency": "EUR", **fields}
    return str(answered(by.post("/cashbookentries", body), 201)["cashbookEntryId"])


def page(by: Caller, query: str = "") -> Any:
    """Returns a page of entries."""
    return answered(by.get(f"/cashbookentries?{query}"), 200)["cashbookEntries"]


def values(by: Caller, query: str = "") -> list[int]:
    """Returns the values of the entries on a page."""
    return [entry["value"] for entry in page(by, query)["content"]]


def test_every_attribute_is_a_filter_and_an_order(cast: Cast) -> None:
    erika = caller(cast.erika)
    vault, register = open_vault(erika), open_register(erika)
    first = book(erika, register, "CHANGE", 25_00)
    book(erika, register, "SUPPLIES", 12_00, method="CARD")
    book(erika, vault, "SUPPLIER", 99_00)
    assert values(erika) == [99_00, 12_00, 25_00], "newest first"
    booked = page(erika)["content"][2]["bookedTime"]
    for query, found in (
        (f"settlementId={register}", [12_00, 25_00]),
        (f"settlementId={vault}", [99_00]),
        (f"cashbookEntryId={first}", [25_00]),
        ("store=1337&station=1", [12_00, 25_00]),
        (f"store={cast.store.uuid}&station=0", [99_00]),
        ("account=SUPPLIES", [12_00]),
        ("account=900", [25_00]),
        ("direction=REVENUE", [25_00]),
        ("direction=EXPENSE", [99_00, 12_00]),
        ("value=9900&currency=EUR&method=cash", [99_00]),
        ("method=CARD", [12_00]),
        ("currency=USD", []),
        (f"bookedTime={booked}&account=CHANGE", [25_00]),
        (f"bookedTimeFrom={booked}", [99_00, 12_00, 25_00]),
        (f"bookedTimeTo={booked - 1}", []),
        ("sort=value,desc", [99_00, 25_00, 12_00]),
        ("sort=station&sort=direction,desc", [99_00, 25_00, 12_00]),
        ("size=2", [99_00, 12_00]),
        ("size=2&page=1", [25_00]),
        ("page=7", []),
    ):
        assert values(erika, query) == found, query


@pytest.mark.parametrize(
    "query",
    ["station=x", "value=1.5", "direction=UP", "bookedTime=now", "bookedTimeFrom=2&bookedTimeTo=1", "sort=reversed",
     "sort=value,up", "size=0", "page=-1", "settlementId=7", "openedByName=Erika"],
)  # fmt: skip
def test_what_no_entry_has_is_400(cast: Cast, query: str) -> None:
    answer = caller(cast.erika).get(f"/cashbookentries?{query}")
    assert (answer.status_code, answer.json()["apiResponseStatus"]["responseCode"]) == (400, "E06001")


def test_money_outside_a_settlement_or_without_an_account_is_no_entry(cast: Cast) -> None:
    erika, carla = caller(cast.erika), caller(cast.carla)
    open_vault(erika)
    assert carla.post("/cash/open", {"start_amount": 100, "station": 1}).status_code == 200
    paid = {"kind": "PAID_IN", "amount": 1, "station": 1, "reason": "CHANGE"}
    assert carla.post("/movements", paid).status_code == 201
    assert carla.post("/cash/close", {"final_cash_declared": 100}).status_code == 200
    register = open_register(carla)
    assert carla.post("/movements", {**paid, "amount": 2}).status_code == 201
    assert carla.post("/cash/open", {"start_amount": 200.02, "station": 1}).status_code == 200
    tea = {"type": "cash_in", "amount": 3, "category": "tea money"}
    assert carla.post("/shifts/cash-transaction", tea).status_code == 201
    assert values(erika) == [2], "only what has an account, while the settlement ran"
    assert page(erika)["content"][0]["settlementId"] == register


def test_a_second_settlement_of_the_place_has_its_own_entries(cast: Cast) -> None:
    erika = caller(cast.erika)
    vault, register = open_vault(erika), open_register(erika)
    book(erika, vault, "SUPPLIER", 1_00)
    close(erika, vault, 299_00)
    start_counting(erika, register)
    close(erika, register, 200_00)
    (after,) = erika.get("/settlements?state=OPEN").json()["settlements"]["content"]
    book(erika, after["settlementId"], "SUPPLIER", 2_00)
    book(erika, open_register(erika), "CHANGE", 3_00)
    assert values(erika, f"settlementId={vault}") == [1_00]
    assert values(erika, f"settlementId={after['settlementId']}") == [2_00]
    assert values(erika, f"settlementId={register}") == []
    assert values(erika) == [3_00, 2_00, 1_00]


def test_a_cashier_sees_own_entries_and_those_of_closed_settlements(cast: Cast) -> None:
    """Law 5: a register's expected amount includes the entries of other people."""
    erika, carla, bruno = caller(cast.erika), caller(cast.carla), caller(cast.bruno)
    vault, register = open_vault(erika), open_register(carla)
    book(carla, register, "CHANGE", 25_00)
    book(erika, register, "SUPPLIES", 12_00)
    book(erika, vault, "SUPPLIER", 99_00)
    assert (values(carla), values(bruno), values(erika)) == ([25_00], [], [99_00, 12_00, 25_00])
    for query in ("value=1200", "account=SUPPLIES", f"settlementId={vault}", "station=0", "direction=EXPENSE"):
        assert page(carla, query)["totalElements"] == 0, query
    start_counting(carla, register)
    assert values(carla) == [25_00]
    assert change(carla, register, "CLOSED", 213_00).status_code == 200
    assert (values(carla), values(bruno)) == ([12_00, 25_00], [])
    close(erika, vault, 414_00)
    assert values(carla) == [12_00, 25_00], "of the vault nothing, ever"


def test_a_reversal_is_told_to_managers(cast: Cast) -> None:
    erika, carla = caller(cast.erika), caller(cast.carla)
    open_vault(erika)
    book(carla, open_register(carla), "CHANGE", 25_00)
    movement = Movement.objects.get(kind="PAID_IN")
    reverse(movement=movement, by=Principal(user=cast.erika), at=timezone.now(), reason="a typing error")
    told = [page(by)["content"][0].get("reversed") for by in (erika, carla)]
    assert (told, values(erika)) == ([True, None], [25_00])


def test_scope(cast: Cast) -> None:
    erika = caller(cast.erika)
    vault = open_vault(erika)
    book(erika, vault, "SUPPLIER", 1_00)
    assert values(caller(cast.otto)) == []
    assert values(caller(cast.otto), f"settlementId={vault}") == []
    assert values(caller(cast.anna)) == [1_00]
    assert values(key_caller(cast.store, Scope.SETTLEMENTS_READ, store=cast.store)) == [1_00]
    assert key_caller(cast.store, Scope.SETTLEMENTS_WRITE).get("/cashbookentries").status_code == 403
    assert Caller().get("/cashbookentries").status_code == 401


@pytest.mark.parametrize("number", [1, 9])
@pytest.mark.parametrize("who", ["erika", "carla"])
def test_a_list_costs_the_same_whatever_its_length(cast: Cast, who: str, number: int) -> None:
    erika, by = caller(cast.erika), caller(getattr(cast, who))
    by.get("/cashbookentries")
    open_vault(erika)
    register = open_register(by)
    for value in range(1, number + 1):
        book(by, register, "CHANGE", value)
    with counted_queries() as queries:
        assert len(values(by)) == number
    assert len(queries) == LIST


def pay_in(cast: Cast, number: int) -> None:
    """Pays in a cent at register 1 this many times, under an account."""
    ends = cast.place(PlaceKind.OUTSIDE), cast.place(PlaceKind.REGISTER, 1)
    paid = replace(entry_of(ends, kind=MovementKind.PAID_IN), reason="CHANGE")
    record(store=cast.store, entries=[paid] * number, by=SYSTEM, at=timezone.now())


def settle(by: Caller, cast: Cast, *, amount: int, entries: int = 0) -> str:
    """Opens and closes a settlement of register 1 with this many entries of a cent, and returns its id."""
    register = open_register(by, amount)
    pay_in(cast, entries)
    start_counting(by, register)
    close(by, register, amount + entries)
    return register


def work_of(by: Caller, query: str = "") -> int:
    """Returns what the database did for a page of entries.

    PostgreSQL: the rows that the steps of the plan looked at. SQLite: the instructions that it executed.
    """
    if connection.vendor == "sqlite":
        steps = 0

        def step() -> int:
            nonlocal steps
            steps += 1
            return 0

        connection.connection.set_progress_handler(step, 1)
        try:
            page(by, query)
        finally:
            connection.connection.set_progress_handler(None, 0)
        return steps
    with counted_queries() as queries:
        page(by, query)
    with roles.owning(connection), connection.cursor() as cursor:
        # Without statistics, all indexes of a small table look alike to the planner.
        cursor.execute("ANALYZE settlements_settlement")
    rows = 0
    for listed in queries.captured_queries[-2:]:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + listed["sql"].replace("%", "%%"))
            (told,) = cursor.fetchone()
        rows += _rows_of((json.loads(told) if isinstance(told, str) else told)[0]["Plan"])
    return rows


def _rows_of(plan: Any) -> int:
    """Returns the number of rows that a step of a plan and the steps below it looked at."""
    removed = sum(number for name, number in plan.items() if name.startswith("Rows Removed"))
    own = plan["Actual Loops"] * max(1, plan["Actual Rows"] + removed)
    return int(own) + sum(_rows_of(step) for step in plan.get("Plans", ()))


def test_earlier_settlements_cost_nothing(cast: Cast) -> None:
    """The reads find entries in the last settlement, entries in no settlement, and entries of other people."""
    erika, bruno = caller(cast.erika), caller(cast.bruno)
    readers = {"erika": erika, "bruno": bruno, "carla": caller(cast.carla)}
    for by in readers.values():
        by.get("/cashbookentries")
    erika.get("/cashbookaccounts/cashregister")
    open_vault(erika, 10_000_00)
    work: dict[str, list[int]] = {who: [] for who in readers}
    for earlier in (1, 30):
        with transaction.atomic():
            for _ in range(earlier):
                settle(bruno, cast, amount=1_00)
            settle(bruno, cast, amount=1_00, entries=40)
            pay_in(cast, 40)
            for who, by in readers.items():
                assert page(by)["totalElements"] == (0 if who == "carla" else 40)
                work[who].append(work_of(by))
            transaction.set_rollback(True)
    for who, (few, many) in work.items():
        assert many < 1.2 * few, (who, few, many)


def test_movements_of_other_kinds_cost_nothing(cast: Cast) -> None:
    erika = caller(cast.erika)
    book(erika, open_vault(erika), "SUPPLIER", 1)
    work = [work_of(erika)]
    ends = cast.place(PlaceKind.CUSTOMERS), cast.place(PlaceKind.REGISTER, 2)
    sale = entry_of(ends, kind=MovementKind.SALE)
    record(store=cast.store, entries=[sale] * 1000, by=SYSTEM, at=timezone.now())
    work.append(work_of(erika))
    assert work[1] < 1.2 * work[0], work


def test_a_settlement_is_found_without_reading_later_entries(cast: Cast) -> None:
    erika = caller(cast.erika)
    erika.get("/cashbookaccounts/cashregister")
    open_vault(erika, 10_000_00)
    first = settle(erika, cast, amount=1_00, entries=2)
    open_register(erika, 1_02)
    work = []
    for number in (0, 60):
        pay_in(cast, number)
        work.append(work_of(erika, f"settlementId={first}"))
    assert (values(erika, f"settlementId={first}"), page(erika)["totalElements"]) == ([1, 1], 62)
    assert work[1] < 1.2 * work[0], work


def test_settlements_in_which_nothing_moved_have_no_entries(cast: Cast) -> None:
    erika = caller(cast.erika)
    open_vault(erika)
    empty = [settle(erika, cast, amount=0) for _ in range(2)]
    register = open_register(erika, 0)
    starts = {row.opened_after for row in Settlement.objects.filter(uuid__in=[*empty, register])}
    assert len(starts) == 1, "they share their start"
    book(erika, register, "CHANGE", 5)
    assert [row["settlementId"] for row in page(erika)["content"]] == [register]
    assert values(erika, f"settlementId={register}") == [5]
    assert values(erika, f"settlementId={empty[-1]}") == []


@pytest.mark.parametrize("account", ["OTHER_INCOME", "170"])
def test_an_entry_names_the_code_or_the_number_of_an_account(cast: Cast, account: str) -> None:
    erika = caller(cast.erika)
    vault = open_vault(erika)
    entry = {"settlementId": vault, "account": account, "value": 5, "currency": "EUR"}
    assert answered(erika.post("/cashbookentries", entry), 201)["account"] == account
    paid = {"kind": "PAID_IN", "amount": 6, "station": 0, "reason": account}
    assert erika.post("/movements", paid).status_code == 201
    assert {row.reason for row in Movement.objects.filter(kind="PAID_IN")} == {"OTHER_INCOME"}, "one account in reports"
    told = [(row["account"], row["accountNumber"]) for row in page(erika, f"account={account}")["content"]]
    assert told == [("OTHER_INCOME", "170")] * 2


def test_a_code_comes_before_the_number_of_another_account(cast: Cast) -> None:
    erika = caller(cast.erika)
    vault = open_vault(erika)
    erika.get("/cashbookaccounts/vault")
    CashbookAccount.objects.create(store=cast.store, type="VAULT", direction="EXPENSE", code="170", description="Post")
    book(erika, vault, "170", 5)
    assert [row["direction"] for row in page(erika)["content"]] == ["EXPENSE"]
    assert cast.book(PlaceKind.VAULT) == 499_95


def test_nothing_names_an_account_without_a_number(cast: Cast) -> None:
    erika = caller(cast.erika)
    vault = open_vault(erika)
    CashbookAccount.objects.create(store=cast.store, type="VAULT", direction="EXPENSE", code="POST", description="Post")
    for account in ("", "999", "retired"):
        entry = {"settlementId": vault, "account": account, "value": 5, "currency": "EUR"}
        assert erika.post("/cashbookentries", entry).status_code == 400
    assert "number" not in answered(erika.get("/cashbookaccounts/vault"), 200)["expensesAccounts"][0]
    book(erika, vault, "POST", 5)
    assert "accountNumber" not in page(erika)["content"][0]
