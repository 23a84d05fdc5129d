"""GET /payments and GET /payments/{id}: who reads which payments, by which filters, page by page."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from cashdesk.enums import PlaceKind, Scope
from cashdesk.models import AuditEntry, CashSession, Payment
from tests.api.steps import bound_key, closed, opened, paid, payment
from tests.factories import StoreFactory, UserFactory
from tests.module_world import ModuleWorld
from tests.stories import Caller, Cast, caller, counted_queries, exact, key_caller, make_cast
from tests.web.test_pagination import next_path


@dataclass(frozen=True, kw_only=True)
class Shop:
    """Two stores of one account, and one of another account, with sessions by a short name.

    `carla` and `bruno` are closed and counted. `running` is Carla's open session, `forced` was closed without a count.
    """

    cast: Cast
    sessions: dict[str, int] = field(default_factory=dict)

    def who(self, name: str) -> Caller:
        """Returns the client of a person of the cast, or of a key."""
        store = self.cast.store
        if name == "key":
            return key_caller(store, Scope.PAYMENTS_READ)
        if name == "key of the store":
            return bound_key(store, Scope.PAYMENTS_READ)
        if name == "key of register 2":
            return bound_key(store, Scope.PAYMENTS_READ, register=self.cast.place(PlaceKind.REGISTER, 2))
        return caller(getattr(self.cast, name))


OF_STORE = ["r-2", "r-1", "f-1", "late", "b-1", "c-4", "c-3", "c-2", "c-1"]
"""All payments of store 1337, newest first."""
OF_CARLA = ["late", "c-4", "c-3", "c-2", "c-1"]


@pytest.fixture(scope="module")
def _shop(module_world: ModuleWorld) -> Shop:
    return module_world.make(make_shop)


@pytest.fixture
def shop(db: None, _shop: Shop) -> Shop:
    return deepcopy(_shop)


def make_shop() -> Shop:
    """Makes the payments."""
    cast = make_cast(registers=3)
    shop = Shop(cast=cast)
    carla, bruno, erika = caller(cast.carla), caller(cast.bruno), caller(cast.erika)
    shop.sessions["carla"] = opened(carla, 10, station=1)["id"]
    paid(carla, "c-1", 10_00, order="A1", tax=1_60, channel="web", service="dine-in")
    paid(carla, "c-2", 5_00, method="CARD")
    paid(carla, "c-3", 1_00, type="REFUND")
    paid(carla, "c-4", 3_00, status="REJECTED")
    closed(carla, 19)
    shop.sessions["bruno"] = opened(bruno, 10, station=2)["id"]
    paid(bruno, "b-1", 7_00)
    closed(bruno, 17)
    paid(erika, "late", 2_00, session=str(shop.sessions["carla"]))
    shop.sessions["forced"] = opened(bruno, 10, station=3)["id"]
    paid(bruno, "f-1", 4_00)
    shop.sessions["of bruno"] = opened(bruno, 10, station=2, force_close_previous=True)["id"]
    shop.sessions["running"] = opened(carla, 10, station=1)["id"]
    paid(carla, "r-1", 6_00)
    paid(carla, "r-2", 6_50, status="PENDING", method="QRIS")
    elsewhere = UserFactory(store=StoreFactory(account=cast.store.account, number="77"), username="ulf")
    opened(caller(elsewhere), 1)
    paid(caller(elsewhere), "elsewhere", 8_00)
    opened(caller(cast.otto), 1)
    paid(caller(cast.otto), "foreign", 9_00)
    return shop


def ids(by: Caller, query: str = "") -> list[str]:
    """Returns the ids of the listed payments."""
    answer = by.get(f"/payments{query}")
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in exact(answer)]


def looks() -> int:
    """Returns the number of noted looks."""
    return AuditEntry.objects.filter(action="expected.seen").count()


# --- Who reads what --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "query", "wanted"),
    [
        ("erika", "", OF_STORE), ("key of the store", "", OF_STORE), ("key of register 2", "", ["b-1"]),
        ("anna", "?store=1337", OF_STORE), ("anna", "?store=77", ["elsewhere"]), ("key", "?store=77", ["elsewhere"]),
        ("key", "?session={running}", ["r-2", "r-1"]), ("anna", "?session={carla}", OF_CARLA), ("otto", "", ["foreign"]),
        ("carla", "?session={carla}", OF_CARLA), ("bruno", "?session={bruno}", ["b-1"]),
        ("carla", "?session={running}", []), ("carla", "?session={bruno}", []), ("carla", "?session=999999", []),
        ("bruno", "?session={forced}", []), ("erika", "?session={forced}", ["f-1"]), ("otto", "?session={carla}", []),
        ("carla", "?session={carla}&method=CARD", ["c-2"]), ("carla", "?session={running}&method=CARD", []),
    ],
)  # fmt: skip
def test_everybody_reads_what_they_may(shop: Shop, who: str, query: str, wanted: list[str]) -> None:
    assert ids(shop.who(who), query.format(**shop.sessions)) == wanted


@pytest.mark.parametrize(
    ("who", "query", "field"),
    [
        ("carla", "", "session"), ("carla", "?store=1337", "session"), ("anna", "", "store"), ("key", "", "store"),
        ("erika", "?store=77", "store"), ("erika", "?store=9999", "store"), ("otto", "?store=77", "store"),
        ("erika", "?session=x", "session"), ("erika", "?order=A1", "from"), ("erika", "?colour=red", "colour"),
        ("erika", "?method=CASH&from=2020-01-01", "from"), ("erika", "?from=2026-01-02&to=2026-01-01", "to"), ("erika", "?to=2026-01-01", "from"), ("erika", "?from=2020-01-01", "from"),
        ("erika", "?from=2026-01-01T00:00:00", "from"), ("erika", "?status=approved", "status"),
        ("erika", "?station=0", "station"), ("erika", "?amount=600", "amount"), ("erika", "?limit=1001", "limit"),
        ("erika", "?cursor=eA", "cursor"), ("carla", "?session=1&cursor=eA", "cursor"),
    ],
)  # fmt: skip
def test_a_request_that_cannot_be_answered_names_the_field(shop: Shop, who: str, query: str, field: str) -> None:
    refused = shop.who(who).get(f"/payments{query}")
    assert refused.status_code == 400
    assert f"/{field}" in [error["pointer"] for error in exact(refused)["errors"]]


def test_a_cashier_cannot_tell_a_running_session_from_an_unknown_one(shop: Shop) -> None:
    carla = shop.who("carla")
    running, unknown = (carla.get(f"/payments?session={name}") for name in (shop.sessions["running"], 999_999))
    assert (running.content, "Link" in running.headers) == (unknown.content, False)
    one, other = (carla.get(f"/payments/{name}") for name in ("r-1", "never"))
    assert one.status_code == other.status_code == 404
    assert exact(one)["detail"] == exact(other)["detail"]


def test_a_session_closed_without_a_count_is_told_after_somebody_else_has_counted(shop: Shop) -> None:
    bruno, query = shop.who("bruno"), f"?session={shop.sessions['forced']}"
    assert ids(bruno, query) == []
    opened(shop.who("erika"), 14, station=3)
    assert ids(bruno, query) == ["f-1"]


def test_a_row_has_what_was_reported_and_how_it_was_booked(shop: Shop) -> None:
    row = exact(shop.who("erika").get("/payments/c-1"))
    assert (row["order"], row["amount"], row["tax"], row["channel"], row["service"]) == (
        "A1", 10_00, 1_60, "web", "dine-in"
    )  # fmt: skip
    first = Payment.objects.get(external_id="c-1")
    assert row["movement"] == str(first.movements.get().uuid)
    assert (row["user_id"], row["station"], row["session"], row["decided_at"]) == (
        shop.cast.carla.pk, 1, shop.sessions["carla"], None
    )  # fmt: skip
    assert exact(shop.who("erika").get("/payments/c-4"))["movement"] is None
    assert row in exact(shop.who("carla").get(f"/payments?session={shop.sessions['carla']}"))
    assert exact(shop.who("carla").get("/payments/c-1")) == row


@pytest.mark.parametrize(
    ("who", "name", "status"),
    [
        ("erika", "r-1", 200), ("erika", "elsewhere", 404), ("erika", "foreign", 404), ("anna", "elsewhere", 200),
        ("carla", "b-1", 404), ("carla", "late", 200), ("bruno", "f-1", 404), ("key of register 2", "c-1", 404),
        ("key of register 2", "b-1", 200), ("erika", "%00", 404), ("erika", "batch", 405),
    ],
)  # fmt: skip
def test_one_payment(shop: Shop, who: str, name: str, status: int) -> None:
    assert shop.who(who).get(f"/payments/{name}").status_code == status


def test_an_id_that_several_tills_used_asks_for_the_station(shop: Shop) -> None:
    till = bound_key(shop.cast.store)
    paid(till, "same", 1, station=1)
    paid(till, "same", 2, station=2)
    erika = shop.who("erika")
    refused = erika.get("/payments/same")
    assert (refused.status_code, exact(refused)["errors"][0]["pointer"]) == (400, "/station")
    assert exact(erika.get("/payments/same?station=2"))["amount"] == 2


# --- Law 5: looks are noted, settlements hide what is still to count ---------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "path", "noted"),
    [
        ("erika", "?session={running}", True), ("key of the store", "?session={running}", True),
        ("erika", "/r-1", True), ("erika", "?session={forced}", True), ("erika", "/f-1", True),
        ("erika", "?session={carla}", False), ("erika", "/c-1", False), ("carla", "?session={carla}", False),
        ("erika", "?session=999999", False),
    ],
)  # fmt: skip
def test_a_look_at_a_drawer_that_is_not_counted_is_noted(shop: Shop, who: str, path: str, noted: bool) -> None:
    before = looks()
    assert shop.who(who).get("/payments" + path.format(**shop.sessions)).status_code == 200
    assert looks() == before + noted


def test_the_note_names_the_places_and_sessions(shop: Shop) -> None:
    ids(shop.who("erika"))
    detail = AuditEntry.objects.filter(action="expected.seen").latest("pk").detail
    places = [shop.cast.place(PlaceKind.REGISTER, number).pk for number in (1, 3)]
    assert detail == {"places": places, "sessions": [shop.sessions["forced"]]}


# --- Filters and pages -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("status=PENDING", ["r-2"]), ("status=REJECTED&{day}", ["c-4"]),
        ("order=A1&{day}", ["c-1"]), ("station=2&{day}", ["b-1"]), ("station=99&{day}", []),
        ("user_id={bruno}&{day}", ["f-1", "b-1"]), ("operator={bruno}&{day}", ["f-1", "b-1"]), ("operator=x&{day}", []),
        ("method=EFECTIVO&type=REFUND&{day}", ["c-3"]), ("method=card&{day}", ["c-2"]), ("currency=USD&{day}", []),
        ("booked=late&{day}", ["late"]), ("{day}", OF_STORE), ("from=2020-01-01&to=2020-01-02", []), ("from=2999-01-01", []), ("to=2020-01-01T00:00:00Z", []),
        ("from={since}", []), ("to={since}", OF_STORE), ("from={hours_ago}&to={since}", OF_STORE),
    ],
)  # fmt: skip
def test_it_is_narrowed_by(shop: Shop, query: str, wanted: list[str]) -> None:
    now = timezone.now()
    days = (timezone.localdate() - timedelta(days=1), timezone.localdate() + timedelta(days=1))
    told = query.format(
        day=f"from={days[0]}&to={days[1]}",
        bruno=shop.cast.bruno.pk,
        since=(now + timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        hours_ago=(now - timedelta(hours=5)).strftime("%Y-%m-%dT%H:%M:%SZ"),
    )
    assert ids(shop.who("erika"), f"?{told}") == wanted


def walked(by: Caller, path: str, meanwhile: Callable[[], Any]) -> list[str]:
    """Follows the links to the end and returns all ids. Calls `meanwhile` after each page."""
    seen: list[str] = []
    following: str | None = path
    while following is not None:
        answer = by.get(following)
        seen += [row["id"] for row in exact(answer)]
        following = next_path(answer)
        meanwhile()
    return seen


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_pages_repeat_and_miss_nothing_while_payments_arrive(shop: Shop, limit: int) -> None:
    erika, till = shop.who("erika"), bound_key(shop.cast.store)
    arrived = iter(range(100))
    seen = walked(erika, f"/payments?limit={limit}", lambda: paid(till, f"new-{next(arrived)}", 1, station=1))
    assert seen == OF_STORE


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_pages_of_a_cashier_hold_no_ids(shop: Shop, limit: int) -> None:
    """Payments of one batch have the same instant, so the pages must not need ids to tell them apart."""
    carla, erika = shop.who("carla"), shop.who("erika")
    session = shop.sessions["carla"]
    erika.post("/payments/batch", [payment(f"batch-{number}", 1, session=str(session)) for number in range(5)])
    wanted = ids(erika, f"?session={session}")
    assert len(wanted) == 10
    assert walked(carla, f"/payments?session={session}&limit={limit}", lambda: None) == wanted
    assert walked(carla, f"/payments?session={shop.sessions['running']}&limit={limit}", lambda: None) == []


@pytest.mark.parametrize(("who", "cost"), [("erika", 4), ("carla", 2)])
@pytest.mark.parametrize("more", [0, 30])
def test_a_list_costs_the_same_whatever_its_length(shop: Shop, who: str, cost: int, more: int) -> None:
    by, till, session = shop.who(who), bound_key(shop.cast.store), shop.sessions["carla"]
    by.get("/auth/me")
    till.post("/payments/batch", [payment(f"m-{number}", 1, session=str(session)) for number in range(more)])
    with counted_queries() as queries:
        assert len(ids(by, f"?session={session}")) == 5 + more
    assert len(queries) == cost


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("", "payment_of_store_newest"), ("?cursor", "payment_of_store_newest"), ("?from=2026-01-01T00:00:00Z", "payment_of_store_newest"),
        ("?status=PENDING", "payment_pending_of_store"), ("?from=2026-01-01&to=2026-01-02", "payment_of_business_date"), ("?session={running}", "session_id"),
    ],
)  # fmt: skip
def test_a_list_reads_an_index_and_never_the_whole_table(shop: Shop, query: str, index: str) -> None:
    erika = shop.who("erika")
    path = f"/payments{query.format(**shop.sessions)}"
    if query == "?cursor":
        path = next_path(erika.get("/payments?limit=2")) or ""
    with counted_queries() as queries:
        assert erika.get(path).status_code == 200
    (statement,) = [row["sql"] for row in queries if 'FROM "cashdesk_payment"' in row["sql"]]
    plan = plan_of(statement)
    # PostgreSQL finds all indexes alike on a small table, where the rows are sorted.
    assert index in plan or (connection.vendor == "postgresql" and "sorted_at" in statement), plan
    assert "Seq Scan on cashdesk_payment" not in plan
    assert "SCAN cashdesk_payment" not in plan.replace("SCAN cashdesk_payment USING", "")


def plan_of(statement: str) -> str:
    """Returns the database's plan for a statement on a large table."""
    prefix = "EXPLAIN " if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN "
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_sort = off")
        cursor.execute(prefix + statement.replace("%", "%%"))
        return "\n".join(str(row) for row in cursor.fetchall())


def test_the_sessions_of_the_world_are_as_described(shop: Shop) -> None:
    states = {name: CashSession.objects.get(pk=pk).status for name, pk in shop.sessions.items()}
    assert states == {
        "carla": "CLOSED", "bruno": "CLOSED", "forced": "CLOSED_SYSTEM", "of bruno": "OPEN", "running": "OPEN"
    }  # fmt: skip
