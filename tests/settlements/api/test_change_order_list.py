"""GET /deposits and /change-orders with their filters, and the life of a change order over the API."""

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction

from cashdesk.enums import PlaceKind, Scope
from cashdesk.models import User
from settlements.models import ChangeOrder
from tests.api.steps import bound_key
from tests.factories import StoreFactory, UserFactory
from tests.module_world import ModuleWorld
from tests.settlements.api.test_statements import plan_of
from tests.settlements.steps import answered, open_vault
from tests.stories import Caller, Cast, caller, counted_queries, exact, key_caller, make_cast
from tests.web.test_pagination import next_path

PIECES = [{"denomination": 1000, "pieces": 5}, {"denomination": 200, "pieces": 50}]


@dataclass(frozen=True, kw_only=True)
class Shop:
    """Store 1337 with three orders and three bags, and store 77 of the same account with one of each."""

    cast: Cast
    ulla: User

    def who(self, name: str) -> Caller:
        """Returns the client of a person, or of a key."""
        if name == "key":
            return key_caller(self.cast.store, Scope.SETTLEMENTS_READ, Scope.SETTLEMENTS_WRITE)
        if name == "reader":
            return key_caller(self.cast.store, Scope.SETTLEMENTS_READ)
        return caller(self.ulla if name == "ulla" else getattr(self.cast, name))


@pytest.fixture(scope="module")
def _shop(module_world: ModuleWorld) -> Shop:
    return module_world.make(make_shop)


@pytest.fixture
def shop(db: None, _shop: Shop) -> Shop:
    return deepcopy(_shop)


def make_shop() -> Shop:
    """Makes the orders and the bags."""
    cast = make_cast()
    ulla = UserFactory(store=StoreFactory(account=cast.store.account, number="77"), username="ulla", role="manager")
    shop = Shop(cast=cast, ulla=ulla)
    for name in ("erika", "ulla"):
        open_vault(shop.who(name), 1000_00)
        order(shop.who(name), amount=1)
        bag(shop.who(name), f"{name}-1")
    erika = shop.who("erika")
    done = order(erika, count=PIECES)
    answered(erika.post(f"/change-orders/{done}/arrive", {"received": 149_00}), 200)
    answered(erika.post(f"/change-orders/{order(erika, amount=3)}/cancel", {"reason": "too late"}), 200)
    answered(erika.post(f"/deposits/{bag(erika, 'erika-2')}/collect", {}), 200)
    bag(erika, "erika-3")
    return shop


def order(by: Caller, **fields: Any) -> str:
    """Orders change and returns the id."""
    return str(answered(by.post("/change-orders", fields), 201)["id"])


def bag(by: Caller, number: str) -> str:
    """Packs a bag and returns the id of its deposit."""
    body = {"kind": "DEPOSIT", "amount": 1_00, "bag_number": number}
    return str(answered(by.post("/movements", body), 201)["deposit"])


def test_the_life_of_an_order(shop: Shop) -> None:
    erika = shop.who("erika")
    vault = shop.cast.book(PlaceKind.VAULT)
    made = answered(erika.post("/change-orders", {"count": PIECES, "amount": 150_00, "note": "for Saturday"}), 201)
    assert (made["state"], made["amount"], made["count"], made["note"]) == ("ORDERED", 150_00, PIECES, "for Saturday")
    assert (made["allowed"], made["movement"], made["ordered_by"]) == (["arrive", "cancel"], None, "Erika Mustermann")
    assert shop.cast.book(PlaceKind.VAULT) == vault
    came = [{"denomination": 1000, "pieces": 5}, {"denomination": 200, "pieces": 49}]
    here = answered(erika.post(f"/change-orders/{made['id']}/arrive", {"count": came}), 200)
    assert (here["state"], here["received"], here["difference"]) == ("ARRIVED", 148_00, -2_00)
    assert (here["received_count"], here["allowed"]) == (came, [])
    assert shop.cast.book(PlaceKind.VAULT) == vault + 148_00
    assert exact(erika.get(f"/change-orders/{made['id']}")) == here
    movement = exact(erika.get(f"/movements/{here['movement']}"))
    assert (movement["kind"], movement["change_order"]) == ("WITHDRAWAL", made["id"])
    for act, body in (("arrive", {"received": 1}), ("cancel", {"reason": "x"})):
        assert exact(erika.post(f"/change-orders/{made['id']}/{act}", body))["code"] == "change_order_ended"
    answered(erika.post(f"/movements/{here['movement']}/reverse", {"reason": "x"}), 201)
    assert exact(erika.get(f"/change-orders/{made['id']}"))["state"] == "REVERSED"


def test_an_order_is_cancelled_with_a_reason(shop: Shop) -> None:
    key = shop.who("key")
    made = order(key, store="1337", amount=5, currency="USD", wanted_on="2999-01-01")
    gone = answered(key.post(f"/change-orders/{made}/cancel", {"reason": "not needed"}), 200)
    assert (gone["state"], gone["reason"], gone["ended_by"], gone["currency"]) == (
        "CANCELLED", "not needed", None, "USD"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("", {}, "amount"), ("", {"amount": 0}, "amount"), ("", {"amount": -1}, "amount"), ("", {"amount": 1.5}, "amount"),
        ("", {"amount": 1, "count": PIECES}, "amount"), ("", {"count": [{"denomination": 3, "pieces": 1}]}, "count"),
        ("", {"amount": 1, "currency": "XXX"}, "currency"), ("", {"amount": 1, "wanted_on": "2020-01-01"}, "wanted_on"),
        ("", {"amount": 1, "wanted_on": "soon"}, "wanted_on"), ("", {"amount": 1, "store": "77"}, "store"),
        ("", {"amount": 1, "colour": "red"}, "colour"), ("/{id}/arrive", {}, "received"),
        ("/{id}/arrive", {"received": 0}, "received"), ("/{id}/arrive", {"amount": 1}, "amount"),
        ("/{id}/cancel", {}, "reason"), ("/{id}/cancel", {"reason": ""}, "reason"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named_and_nothing_happens(shop: Shop, path: str, body: Any, field: str) -> None:
    erika = shop.who("erika")
    waiting = exact(erika.get("/change-orders?state=ORDERED"))[0]["id"]
    before, held = ChangeOrder.objects.count(), shop.cast.book(PlaceKind.VAULT)
    refused = erika.post("/change-orders" + path.format(id=waiting), body)
    assert refused.status_code == 400
    assert f"/{field}" in [error["pointer"] for error in exact(refused)["errors"]]
    assert (ChangeOrder.objects.count(), shop.cast.book(PlaceKind.VAULT)) == (before, held)


@pytest.mark.parametrize(
    ("who", "statuses"),
    [("carla", [403] * 5), ("reader", [200, 200, 403, 403, 403]), ("otto", [200, 404, 400, 404, 404])],
)
def test_orders_are_for_managers_and_keys_of_the_account(shop: Shop, who: str, statuses: list[int]) -> None:
    by = shop.who(who)
    (waiting,) = exact(shop.who("ulla").get("/change-orders"))
    path = f"/change-orders/{waiting['id']}"
    answers = [
        by.get("/change-orders"), by.get(path), by.post("/change-orders", {"amount": 1, "store": "77"}),
        by.post(f"{path}/arrive", {"received": 1}), by.post(f"{path}/cancel", {"reason": "x"}),
    ]  # fmt: skip
    assert [answer.status_code for answer in answers] == statuses
    if who != "reader":
        assert waiting["id"] not in answers[0].content.decode()
    else:
        assert exact(answers[1])["allowed"] == []


def test_a_key_of_a_register_reads_and_orders_nothing_of_the_vault(shop: Shop) -> None:
    till = bound_key(shop.cast.store, register=shop.cast.place(PlaceKind.REGISTER, 1))
    before = ChangeOrder.objects.count()
    for path in ("/deposits", "/change-orders"):
        (row, *_others) = exact(shop.who("erika").get(path))
        for answer in (till.get(path), till.get(f"{path}/{row['id']}")):
            assert (answer.status_code, row["id"] in answer.content.decode()) == (403, False)
    assert till.post("/change-orders", {"amount": 1}).status_code == 403
    assert ChangeOrder.objects.count() == before


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("", ["CANCELLED", "ARRIVED", "ORDERED", "ORDERED"]), ("store=77", ["ORDERED"]), ("state=ARRIVED", ["ARRIVED"]),
        ("currency=USD", []), ("from=2020-01-01T00:00:00Z&state=CANCELLED", ["CANCELLED"]), ("to=2020-01-01T00:00:00Z", []),
    ],
)  # fmt: skip
def test_orders_are_narrowed_by(shop: Shop, query: str, wanted: list[str]) -> None:
    assert [row["state"] for row in exact(shop.who("anna").get(f"/change-orders?{query}"))] == wanted


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("", ["erika-3", "erika-2", "ulla-1", "erika-1"]), ("store=77", ["ulla-1"]), ("state=COLLECTED", ["erika-2"]),
        ("bag_number=erika-1", ["erika-1"]), ("currency=USD", []), ("to=2020-01-01", []), ("from=2020-01-01&store=77", ["ulla-1"]),
    ],
)  # fmt: skip
def test_deposits_are_narrowed_by(shop: Shop, query: str, wanted: list[str]) -> None:
    anna = shop.who("anna")
    rows = exact(anna.get(f"/deposits?{query}"))
    assert [row["bag_number"] for row in rows] == wanted
    for row in rows:
        assert exact(anna.get(f"/deposits/{row['id']}")) == row
        assert shop.who("otto").get(f"/deposits/{row['id']}").status_code == 404


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/deposits?state=LOST", "state"), ("/deposits?amount=1", "amount"), ("/deposits?from=2026-02-01&to=2026-01-01", "to"),
        ("/change-orders?from=2026-01-01", "from"), ("/change-orders?state=REVERSED", "state"), ("/change-orders?limit=x", "limit"),
    ],
)  # fmt: skip
def test_a_wrong_filter_is_named(shop: Shop, path: str, field: str) -> None:
    refused = shop.who("erika").get(path)
    assert refused.status_code == 400
    assert f"/{field}" in [error["pointer"] for error in exact(refused)["errors"]]


@pytest.mark.parametrize("path", ["/deposits", "/change-orders"])
def test_pages_repeat_and_miss_nothing_while_rows_arrive(shop: Shop, path: str) -> None:
    anna, erika = shop.who("anna"), shop.who("erika")
    wanted = [row["id"] for row in exact(anna.get(path))]
    seen: list[str] = []
    following: str | None = f"{path}?limit=1"
    while following is not None:
        answer = anna.get(following)
        seen += [row["id"] for row in exact(answer)]
        following = next_path(answer)
        if path == "/deposits":
            bag(erika, f"new-{len(seen)}")
        else:
            order(erika, amount=1)
    assert seen == wanted


@pytest.mark.parametrize(("path", "cost"), [("/deposits", 3), ("/change-orders", 2)])
def test_a_list_costs_the_same_whatever_its_length(shop: Shop, path: str, cost: int) -> None:
    erika, costs = shop.who("erika"), []
    erika.get(path)
    for more in (0, 9):
        with transaction.atomic():
            for number in range(more):
                bag(erika, f"more-{number}")
                order(erika, amount=1)
            with counted_queries() as queries:
                assert len(exact(erika.get(path))) == 3 + more
            costs.append(len(queries))
            transaction.set_rollback(True)
    assert costs == [cost, cost]


@pytest.mark.parametrize(
    ("path", "table"), [("/deposits", "settlements_deposit"), ("/change-orders", "settlements_changeorder")]
)
def test_a_list_reads_an_index(shop: Shop, path: str, table: str) -> None:
    with counted_queries() as queries:
        shop.who("erika").get(path)
    (statement,) = [row["sql"] for row in queries if f'FROM "{table}"' in row["sql"]]
    plan = plan_of(statement)
    assert f"Seq Scan on {table}" not in plan
    assert f"SCAN {table}" not in plan.replace(f"SCAN {table} USING", "")
