"""GET /cash-position and GET /business-days: every place adds up to zero, and who may read it."""

from collections import Counter
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection, transaction

from cashdesk.domain.caller.principal import SYSTEM
from cashdesk.domain.ledger.expected import balances_of_places
from cashdesk.domain.ledger.ledger import record
from cashdesk.enums import MovementKind, PlaceKind, Scope
from cashdesk.models import AuditEntry, Store, User
from tests.api.steps import closed, opened, paid
from tests.factories import StoreFactory, UserFactory
from tests.module_world import ModuleWorld
from tests.reconciliations.desk import today, vendor_of
from tests.settlements.api.test_statements import entry_of, plan_of
from tests.settlements.steps import answered, open_register, open_vault, report
from tests.stories import Caller, Cast, caller, counted_queries, exact, key_caller, make_cast
from tests.web.test_pagination import next_path


@dataclass(frozen=True, kw_only=True)
class Shop:
    """Store 1337 in euros and dollars, with a settled register and a session, and store 77 of the same account."""

    cast: Cast
    ulla: User

    def who(self, name: str) -> Caller:
        """Returns the client of a person, or of a key."""
        store, scope = self.cast.store, Scope.CASH_MANAGEMENT_READ
        keys: dict[str, Any] = {
            "key": {"vendor": store.vendor},
            "loose key": {},
            "till": {"vendor": store.vendor, "store": store, "register": self.cast.place(PlaceKind.REGISTER, 1)},
        }
        if name in keys:
            return key_caller(store, scope, **keys[name])
        return caller(self.ulla if name == "ulla" else getattr(self.cast, name))


@pytest.fixture(scope="module")
def _shop(module_world: ModuleWorld) -> Shop:
    return module_world.make(make_shop)


@pytest.fixture
def shop(db: None, _shop: Shop) -> Shop:
    return deepcopy(_shop)


def make_shop() -> Shop:
    """Makes the stores, with a closed session, a running one, a settlement, a deposit, late money and two currencies."""
    cast = make_cast(registers=3)
    vendor_of(cast.store)
    ulla = UserFactory(store=StoreFactory(account=cast.store.account, number="77"), username="ulla", role="manager")
    shop = Shop(cast=cast, ulla=ulla)
    erika, carla = shop.who("erika"), shop.who("carla")
    open_vault(erika, {("EUR", "CASH"): 1000_00, ("USD", "CASH"): 50_00})
    session = opened(carla, 100, station=2)["id"]
    paid(carla, "p-1", 10_00)
    paid(carla, "p-2", 20_00, method="CARD")
    closed(carla, 109)
    paid(erika, "late", 3_00, session=str(session))
    open_register(erika, {("EUR", "CASH"): 200_00, ("USD", "CASH"): 5_00}, station=1)
    report(erika, "p-3", 7_77)
    report(erika, "p-4", 1_00, currency="USD")
    opened(carla, 100, station=2)
    paid(carla, "p-5", 30_00)
    answered(erika.post("/movements", {"kind": "DEPOSIT", "amount": 300_00, "bag_number": "B-1"}), 201)
    answered(erika.post("/movements", {"kind": "PAID_OUT", "amount": 5, "reason": "SUPPLIES", "station": 1}), 201)
    opened(shop.who("ulla"), 10)
    opened(caller(cast.otto), 10)
    return shop


def position(by: Caller, query: str = "") -> list[Any]:
    """Returns the positions."""
    answer = by.get(f"/cash-position{query}")
    assert answer.status_code == 200, answer.content
    return list(exact(answer))


def totals(store: Any) -> Counter[tuple[str, str]]:
    """Returns the sum of all places by currency and method."""
    found: Counter[tuple[str, str]] = Counter()
    for place in store["places"]:
        for line in place["amounts"]:
            found[line["currency"], line["method"]] += line["amount"]
    return found


def test_every_place_is_as_the_ledger_has_it_and_all_add_up_to_zero(shop: Shop) -> None:
    (store,) = position(shop.who("erika"))
    assert set(totals(store)) == {("EUR", "CASH"), ("EUR", "CARD"), ("USD", "CASH")}
    assert set(totals(store).values()) == {0}
    kinds = [(place["kind"], place["station"]) for place in store["places"]]
    outside = ["CUSTOMERS", "OUTSIDE", "BANK", "CLEARING", "OVER_SHORT", "OPENING"]
    assert kinds == [
        ("VAULT", 0),
        ("REGISTER", 1),
        ("REGISTER", 2),
        ("REGISTER", 3),
        *((kind, None) for kind in outside),
    ]
    books = balances_of_places(store=shop.cast.store)
    for place in store["places"]:
        held = books[shop.cast.place(place["kind"], place["station"] or 0).pk]
        assert {(row["currency"], row["method"]): row["amount"] for row in place["amounts"]} == held


def test_the_store_adds_up_its_vault_and_registers(shop: Shop) -> None:
    (store,) = position(shop.who("erika"))
    inside: Counter[tuple[str, str]] = Counter()
    for place in store["places"][:4]:
        inside.update({(row["currency"], row["method"]): row["amount"] for row in place["amounts"]})
    assert {(row["currency"], row["method"]): row["amount"] for row in store["in_store"]} == inside
    assert (store["store"], store["store_id"]) == ("1337", str(shop.cast.store.uuid))


def test_a_float_alone_leaves_nothing_inside(shop: Shop) -> None:
    """The vault of store 77 had no cash before it gave the float, so vault and register add up to zero."""
    (store,) = position(shop.who("ulla"))
    assert [row["amount"] for place in store["places"] for row in place["amounts"]] == [-10_00, 10_00]
    assert store["in_store"] == []


@pytest.mark.parametrize(
    ("query", "pairs"),
    [
        ("?currency=USD", {("USD", "CASH")}), ("?method=EFECTIVO", {("EUR", "CASH"), ("USD", "CASH")}),
        ("?method=card&currency=EUR", {("EUR", "CARD")}), ("?currency=GBP", set()),
    ],
)  # fmt: skip
def test_it_is_narrowed_by(shop: Shop, query: str, pairs: set[tuple[str, str]]) -> None:
    (store,) = position(shop.who("erika"), query)
    assert set(totals(store)) == pairs
    # Card money of closed registers is in clearing, so the store does not hold it.
    assert {(row["currency"], row["method"]) for row in store["in_store"]} == pairs - {("EUR", "CARD")}


@pytest.mark.parametrize(
    ("who", "query", "status", "stores"),
    [
        ("erika", "", 200, ["1337"]), ("ulla", "", 200, ["77"]), ("anna", "", 200, ["1337", "77"]),
        ("anna", "?store=77", 200, ["77"]), ("key", "", 200, ["1337"]), ("erika", "?store=77", 400, []),
        ("otto", "?store=77", 400, []), ("carla", "", 403, []), ("loose key", "", 403, []), ("till", "", 403, []),
        ("erika", "?colour=red", 400, []), ("erika", "?limit=51", 400, []), ("carla", "?store=77", 403, []),
    ],
)  # fmt: skip
def test_who_reads_the_position_of_which_stores(
    shop: Shop, who: str, query: str, status: int, stores: list[str]
) -> None:
    before = AuditEntry.objects.filter(action="expected.seen").count()
    answer = shop.who(who).get(f"/cash-position{query}")
    assert answer.status_code == status, answer.content
    if status == 200:
        assert [row["store"] for row in exact(answer)] == stores
    noted = AuditEntry.objects.filter(action="expected.seen")
    assert noted.count() == before + len(stores)
    assert sorted(entry.store.number for entry in noted.order_by("-pk")[: len(stores)]) == sorted(stores)


def test_pages_of_stores(shop: Shop) -> None:
    anna = shop.who("anna")
    answer = anna.get("/cash-position?limit=1")
    assert [row["store"] for row in exact(answer)] == ["1337"]
    following = next_path(answer)
    assert following is not None
    answer = anna.get(following)
    assert ([row["store"] for row in exact(answer)], next_path(answer)) == (["77"], None)


def test_a_position_costs_the_same_whatever_was_sold_and_however_many_stores(shop: Shop) -> None:
    anna, costs = shop.who("anna"), []
    anna.get("/cash-position")
    ends = shop.cast.place(PlaceKind.CUSTOMERS), shop.cast.place(PlaceKind.REGISTER, 3)
    for more in (0, 5):
        with transaction.atomic():
            for number in range(more):
                opened(
                    caller(UserFactory(store=StoreFactory(account=shop.cast.store.account, number=f"n-{number}"))), 1
                )
            at = AuditEntry.objects.latest("pk").at
            record(
                store=shop.cast.store, entries=[entry_of(ends, kind=MovementKind.SALE)] * 200 * more, by=SYSTEM, at=at
            )
            with counted_queries() as queries:
                found = position(anna)
            assert [set(totals(store).values()) for store in found] == [{0}] * (2 + more)
            costs.append(len(queries))
            transaction.set_rollback(True)
    assert costs[0] == costs[1]


def test_sales_of_closed_periods_and_the_customers_are_not_summed(shop: Shop) -> None:
    """The statement reads ranges of covering indexes, and no movement by the customers' place."""
    with counted_queries() as queries:
        position(shop.who("erika"))
    (statement,) = [row["sql"] for row in queries if "moved GROUP BY place" in row["sql"]]
    customers = shop.cast.place(PlaceKind.CUSTOMERS).pk
    assert f"source_id = {customers} " not in statement
    assert f"destination_id = {customers} " not in statement
    plan = plan_of(statement)
    assert "movement_into_place" in plan
    assert "movement_out_of_place" in plan
    assert "Seq Scan on cashdesk_movement" not in plan
    assert "SCAN cashdesk_movement" not in plan
    if connection.vendor == "sqlite":
        assert plan.count("COVERING INDEX") == 18


# --- Business days ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def days(shop: Shop) -> Store:
    """Three closed days of store 1337: two by Erika, and one by a key."""
    store, key = shop.cast.store, key_caller(shop.cast.store, vendor=shop.cast.store.vendor)
    for day, by in (("2026-01-01", shop.who("erika")), ("2026-01-03", key), ("2026-01-02", shop.who("erika"))):
        answered(by.post(f"/business-days/{day}/close", {"store": "1337"}), 201)
    return store


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("", ["2026-01-03", "2026-01-02", "2026-01-01"]), ("?from=2026-01-02", ["2026-01-03", "2026-01-02"]),
        ("?from=2026-01-02&to=2026-01-02", ["2026-01-02"]), ("?to=2025-12-31", []), ("?store=1337&limit=1", ["2026-01-03"]),
    ],
)  # fmt: skip
def test_closed_days_are_listed_latest_first(shop: Shop, days: Store, query: str, wanted: list[str]) -> None:
    rows = exact(shop.who("erika").get(f"/business-days{query}"))
    assert [row["date"] for row in rows] == wanted
    assert {row["state"] for row in rows} <= {"CLOSED"}


def test_pages_of_days_repeat_and_miss_nothing_while_days_are_closed(shop: Shop, days: Store) -> None:
    erika, seen = shop.who("erika"), []
    following: str | None = "/business-days?limit=1"
    for later in ("2026-01-05", "2026-01-06", "2026-01-07"):
        assert following is not None
        answer = erika.get(following)
        seen += [row["date"] for row in exact(answer)]
        following = next_path(answer)
        answered(erika.post(f"/business-days/{later}/close", {}), 201)
    assert (seen, following) == (["2026-01-03", "2026-01-02", "2026-01-01"], None)


def test_one_day_is_open_or_closed(shop: Shop, days: Store) -> None:
    erika, now = shop.who("erika"), today(days)
    one = exact(erika.get(f"/business-days/{now}"))
    assert (one["state"], one["closed_at"], one["closed_by"]) == ("OPEN", None, None)
    assert one["opened_at"] is not None
    assert exact(erika.get("/business-days/2026-01-02"))["closed_by"] == "Erika Mustermann"
    assert exact(erika.get("/business-days/2026-01-03"))["closed_by"].startswith("apikey:")
    quiet = exact(erika.get("/business-days/2025-06-01"))
    assert (quiet["state"], quiet["opened_at"]) == ("OPEN", None)


@pytest.mark.parametrize(
    ("who", "path", "status"),
    [
        ("carla", "/business-days", 403), ("carla", "/business-days/2026-01-01", 403), ("loose key", "/business-days", 403),
        ("anna", "/business-days", 400), ("key", "/business-days?store=1337", 200), ("otto", "/business-days", 200),
        ("erika", "/business-days?store=77", 400), ("erika", "/business-days/2999-01-01", 400),
        ("erika", "/business-days/monday", 400), ("erika", "/business-days?from=2026-01-02&to=2026-01-01", 400),
        ("erika", "/business-days?from=2026-01-01T00:00:00Z", 400), ("erika", "/business-days?cursor=x", 400),
        ("erika", "/business-days?cursor=MQ", 400), ("erika", "/business-days?state=OPEN", 400),
    ],
)  # fmt: skip
def test_who_reads_business_days(shop: Shop, days: Store, who: str, path: str, status: int) -> None:
    answer = shop.who(who).get(path)
    assert answer.status_code == status, answer.content
    if who == "otto":
        assert exact(answer) == []


def test_business_days_read_an_index(shop: Shop, days: Store) -> None:
    with counted_queries() as queries:
        shop.who("erika").get("/business-days")
    (statement,) = [row["sql"] for row in queries if 'FROM "cashdesk_businessday"' in row["sql"]]
    plan = plan_of(statement)
    assert "Seq Scan on cashdesk_businessday" not in plan
    assert "SCAN cashdesk_businessday" not in plan.replace("SCAN cashdesk_businessday USING", "")
