"""GET /movements, /counts and /registers: who reads what of running and of closed periods, by which filters."""

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import CountedAmount
from cashdesk.domain.session.closing import close_session
from cashdesk.enums import PlaceKind, Scope
from cashdesk.models import AuditEntry, CashSession, Movement
from tests.api.steps import bound_key, closed, opened, paid
from tests.factories import StoreFactory, UserFactory
from tests.module_world import ModuleWorld
from tests.settlements.api.test_statements import plan_of
from tests.settlements.steps import change, close, open_register, open_vault, preview, report, start_counting
from tests.stories import Caller, Cast, caller, counted_queries, exact, key_caller, make_cast
from tests.web.test_pagination import next_path


@dataclass(frozen=True, kw_only=True)
class Shop:
    """A shop without settlements. Carla's first session is closed and counted, her second one runs.

    The first one was handed over short, so the second one opened with another float than the book had.
    """

    cast: Cast
    sessions: dict[str, int] = field(default_factory=dict)

    def who(self, name: str) -> Caller:
        """Returns the client of a person of the cast, or of a key."""
        store = self.cast.store
        if name == "key":
            return bound_key(store, Scope.SETTLEMENTS_READ)
        if name == "key of register 2":
            return bound_key(store, Scope.SETTLEMENTS_READ, register=self.cast.place(PlaceKind.REGISTER, 2))
        if name == "key of the account":
            return key_caller(store, Scope.SETTLEMENTS_READ)
        return caller(getattr(self.cast, name))


@pytest.fixture(scope="module")
def _shop(module_world: ModuleWorld) -> Shop:
    return module_world.make(make_shop)


@pytest.fixture
def shop(db: None, _shop: Shop) -> Shop:
    return deepcopy(_shop)


def make_shop() -> Shop:
    """Makes the shop."""
    cast = make_cast(registers=3)
    shop = Shop(cast=cast)
    carla, bruno = caller(cast.carla), caller(cast.bruno)
    shop.sessions["forced"] = opened(bruno, 10, station=1)["id"]
    opened(bruno, 10, station=2, force_close_previous=True)
    paid(bruno, "b-1", 7_00)
    # The drawer holds 10.00 of Bruno. Carla counts 12.00, so the opening books a difference.
    shop.sessions["carla"] = opened(carla, 12, station=1)["id"]
    paid(carla, "c-1", 10_00)
    paid(carla, "c-2", 5_00, method="CARD")
    assert (
        carla.post("/shifts/cash-transaction", {"type": "cash_out", "amount": 300, "category": "drop"}).status_code
        == 201
    )
    assert (
        carla.post("/shifts/cash-transaction", {"type": "cash_in", "amount": 50, "category": "coins"}).status_code
        == 201
    )
    closed(carla, 19)
    shop.sessions["running"] = opened(carla, 10, station=1)["id"]
    paid(carla, "r-1", 6_00)
    elsewhere = UserFactory(store=StoreFactory(account=cast.store.account, number="77"), username="ulf")
    opened(caller(elsewhere), 1)
    opened(caller(cast.otto), 1)
    return shop


def kinds(by: Caller, query: str = "") -> list[str]:
    """Returns the kinds of the listed movements."""
    answer = by.get(f"/movements{query}")
    assert answer.status_code == 200, answer.content
    return [row["kind"] for row in exact(answer)]


def looks() -> int:
    return AuditEntry.objects.filter(action="expected.seen").count()


def pointers(answer: Any) -> list[str]:
    assert answer.status_code == 400, answer.content
    return [error["pointer"] for error in exact(answer)["errors"]]


# --- Movements -------------------------------------------------------------------------------------------------------------

OF_CARLA = ["PAID_IN", "DROP", "SALE", "SALE"]


@pytest.mark.parametrize(
    ("who", "query", "wanted"),
    [
        ("carla", "?session={carla}", OF_CARLA), ("carla", "?session={running}", []), ("carla", "?session={forced}", []),
        ("bruno", "?session={carla}", []), ("carla", "?session=999999", []),
        ("erika", "?session={carla}", ["CLEARING", "RETURN", "OVER_SHORT", *OF_CARLA, "OVER_SHORT"]),
        ("key of the account", "?session={running}", ["SALE", "FLOAT"]), ("otto", "?session={carla}", []),
        ("otto", "", ["FLOAT"]), ("anna", "?store=77", ["FLOAT"]), ("key of register 2", "", ["SALE", "FLOAT"]),
        ("carla", "?session={carla}&kind=OVER_SHORT", []), ("carla", "?session={carla}&kind=DROP", ["DROP"]),
    ],
)  # fmt: skip
def test_everybody_reads_the_movements_that_they_may(shop: Shop, who: str, query: str, wanted: list[str]) -> None:
    assert kinds(shop.who(who), query.format(**shop.sessions)) == wanted


def test_a_manager_reads_every_movement_of_the_store(shop: Shop) -> None:
    rows = exact(shop.who("erika").get("/movements"))
    of_store = Movement.objects.filter(store=shop.cast.store).order_by("-recorded_at", "-pk")
    assert [row["id"] for row in rows] == [str(uuid) for uuid in of_store.values_list("uuid", flat=True)]
    assert exact(shop.who("key").get("/movements")) == rows


@pytest.mark.parametrize(
    ("who", "query", "field"),
    [
        ("carla", "", "session"), ("anna", "", "store"), ("key of the account", "", "store"),
        ("erika", "?store=77", "store"), ("erika", "?kind=DROP", "from"), ("erika", "?kind=SOLD", "kind"),
        ("erika", "?station=-1", "station"), ("erika", "?is_late=1", "is_late"), ("erika", "?amount=5", "amount"),
        ("erika", "?from=2020-01-01&to=2026-01-01&kind=DROP", "from"), ("erika", "?session=x", "session"),
    ],
)  # fmt: skip
def test_a_request_that_cannot_be_answered_names_the_field(shop: Shop, who: str, query: str, field: str) -> None:
    assert f"/{field}" in pointers(shop.who(who).get(f"/movements{query}"))


def test_a_row_leads_to_all_that_belongs_to_it(shop: Shop) -> None:
    erika = shop.who("erika")
    bag = {"kind": "DEPOSIT", "amount": 1, "bag_number": "B-1"}
    deposit = exact(erika.post("/movements", bag))
    row = exact(erika.get(f"/movements/{deposit['id']}"))
    assert (row["deposit"], row["source"], row["source_station"]) == (deposit["deposit"], "VAULT", 0)
    assert (row["destination"], row["destination_station"], row["user_id"]) == ("BANK", None, shop.cast.erika.pk)
    reversal = exact(erika.post(f"/movements/{deposit['id']}/reverse", {"reason": "x"}))
    assert exact(erika.get(f"/movements/{deposit['id']}"))["reversed_by"] == reversal["id"]
    assert exact(erika.get(f"/movements/{reversal['id']}"))["reverses"] == deposit["id"]
    sale = exact(erika.get(f"/movements/{exact(erika.get('/payments/c-1'))['movement']}"))
    assert (sale["payment"], sale["destination_station"], sale["session"]) == ("c-1", 1, shop.sessions["carla"])


def test_a_cashier_reads_one_movement_of_a_counted_session_alone(shop: Shop) -> None:
    carla, never = shop.who("carla"), "5e60a2d9-0000-4000-8000-000000000000"
    seen = {movement.uuid for movement in Movement.objects.filter(session=shop.sessions["carla"], kind__in=OF_CARLA)}
    for movement in Movement.objects.all():
        assert carla.get(f"/movements/{movement.uuid}").status_code == (200 if movement.uuid in seen else 404)
    hidden = Movement.objects.get(session=shop.sessions["running"], kind="SALE")
    one, other = (carla.get(f"/movements/{uuid}") for uuid in (hidden.uuid, never))
    assert exact(one)["detail"] == exact(other)["detail"]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("station=2", ["SALE", "FLOAT"]), ("station=0&kind=DROP", ["DROP"]), ("station=99", []),
        ("method=CARD", ["CLEARING", "SALE"]), ("method=efectivo&kind=PAID_IN", ["PAID_IN"]), ("currency=USD", []),
        ("user_id={carla}&kind=DROP", ["DROP"]), ("is_late=true", []), ("kind=RETURN&is_late=false", ["RETURN"]),
    ],
)  # fmt: skip
def test_movements_are_narrowed_by(shop: Shop, query: str, wanted: list[str]) -> None:
    today = timezone.now().date()
    told = f"?from={today.replace(day=1)}&{query.format(carla=shop.cast.carla.pk)}"
    assert kinds(shop.who("erika"), told) == wanted


@pytest.mark.parametrize(
    ("who", "query", "noted"),
    [
        ("erika", "?session={running}", True), ("key", "?session={running}", True), ("erika", "?session={forced}", True),
        ("carla", "?session={carla}", False), ("erika", "?session=999999", False),
    ],
)  # fmt: skip
def test_a_look_at_a_place_that_is_not_counted_is_noted(shop: Shop, who: str, query: str, noted: bool) -> None:
    before = looks()
    kinds(shop.who(who), query.format(**shop.sessions))
    assert looks() == before + noted


@pytest.mark.parametrize("who", ["erika", "carla"])
@pytest.mark.parametrize("limit", [1, 2, 3])
def test_pages_repeat_and_miss_nothing_while_movements_arrive(shop: Shop, who: str, limit: int) -> None:
    by, till = shop.who(who), shop.who("erika")
    session = shop.sessions["carla"]
    wanted = [row["id"] for row in exact(by.get(f"/movements?session={session}"))]
    seen: list[str] = []
    following: str | None = f"/movements?session={session}&limit={limit}"
    while following is not None:
        answer = by.get(following)
        seen += [row["id"] for row in exact(answer)]
        following = next_path(answer)
        paid(till, f"new-{len(seen)}", 1, session=str(session))
    assert seen == wanted


@pytest.mark.parametrize(
    ("query", "index"),
    [("", "movement_of_store_newest"), ("?from=2026-01-01T00:00:00Z", "movement_of_store_newest"), ("?session={carla}", "session_id"), ("?from=2026-01-01&to=2026-01-02", "movement_of_business_date")],
)  # fmt: skip
def test_the_list_of_movements_reads_an_index(shop: Shop, query: str, index: str) -> None:
    with counted_queries() as queries:
        kinds(shop.who("erika"), query.format(**shop.sessions))
    (statement,) = [row["sql"] for row in queries if 'FROM "cashdesk_movement"' in row["sql"]]
    plan = plan_of(statement)
    # PostgreSQL finds all indexes alike on a small table. tests/speed looks at its plans on a large one.
    assert index in plan or connection.vendor == "postgresql", plan
    assert "Seq Scan on cashdesk_movement" not in plan
    assert "SCAN cashdesk_movement" not in plan.replace("SCAN cashdesk_movement USING", "")


# --- Counts ----------------------------------------------------------------------------------------------------------------


def moments(by: Caller, query: str = "") -> list[str]:
    """Returns the moments of the listed counts."""
    answer = by.get(f"/counts{query}")
    assert answer.status_code == 200, answer.content
    return [row["moment"] for row in exact(answer)]


@pytest.mark.parametrize(
    ("who", "query", "wanted"),
    [
        ("carla", "?session={carla}", ["CLOSING", "OPENING"]), ("carla", "?session={running}", []),
        ("bruno", "?session={forced}", ["OPENING"]), ("bruno", "?session={carla}", []),
        ("erika", "", ["OPENING", "CLOSING", "OPENING", "OPENING", "OPENING"]),
        ("key", "", ["OPENING", "CLOSING", "OPENING", "OPENING", "OPENING"]), ("key of register 2", "", ["OPENING"]),
        ("otto", "", ["OPENING"]), ("anna", "?store=77", ["OPENING"]), ("erika", "?moment=CLOSING", ["CLOSING"]),
        ("erika", "?station=2", ["OPENING"]), ("erika", "?user_id={carla_id}&moment=CLOSING", ["CLOSING"]),
        ("erika", "?from=2999-01-01T00:00:00Z", []), ("erika", "?settlement=5e60a2d9-0000-4000-8000-000000000000", []),
    ],
)  # fmt: skip
def test_everybody_reads_the_counts_that_they_may(shop: Shop, who: str, query: str, wanted: list[str]) -> None:
    assert moments(shop.who(who), query.format(carla_id=shop.cast.carla.pk, **shop.sessions)) == wanted


def test_a_count_has_its_amounts(shop: Shop) -> None:
    closing, _opening = exact(shop.who("carla").get(f"/counts?session={shop.sessions['carla']}"))
    assert closing["amounts"] == [{"currency": "EUR", "method": "CASH", "amount": 19_00, "count": []}]
    assert (closing["station"], closing["counted_by"], closing["attempt"], closing["equal"]) == (1, "Carla", 1, None)


def test_a_look_at_the_count_of_a_drawer_that_was_handed_over_is_noted(shop: Shop) -> None:
    """The next cashier should find that amount. Carla's counted session and the opening counts need no note."""
    erika = shop.who("erika")
    running = CashSession.objects.get(register=shop.cast.place(PlaceKind.REGISTER, 2), status="OPEN")
    counted = CountedAmount(currency="EUR", amount=17_00)
    by = Principal(user=shop.cast.bruno)
    close_session(session=running, counted=counted, by=by, at=timezone.now(), hands_over=True)
    for query, noted in (("?station=2", 1), ("?moment=OPENING", 0), (f"?session={shop.sessions['carla']}", 0)):
        before = looks()
        assert moments(erika, query)
        assert looks() == before + noted, query
    detail = AuditEntry.objects.filter(action="expected.seen").latest("pk").detail
    assert detail == {"sessions": [running.pk]}
    opened(caller(UserFactory(store=shop.cast.store)), 17, station=2)
    before = looks()
    moments(erika, "?station=2")
    assert looks() == before


@pytest.mark.parametrize(
    ("who", "query", "field"),
    [("carla", "", "session"), ("anna", "", "store"), ("erika", "?from=2026-01-01", "from"), ("erika", "?amount=1", "amount")],
)  # fmt: skip
def test_counts_name_a_wrong_field(shop: Shop, who: str, query: str, field: str) -> None:
    assert f"/{field}" in pointers(shop.who(who).get(f"/counts{query}"))


def test_attempts_are_told_after_the_settlement_is_closed(shop: Shop) -> None:
    """The list then shows the pieces, and whether the count was equal. Before the close, an attempt would help the next person."""
    erika = shop.who("erika")
    open_vault(erika)
    register = open_register(erika, station=3)
    report(erika, "sale", 5_00, station=3)
    start_counting(erika, register)
    preview(erika, register, 200_00)
    assert moments(erika, f"?settlement={register}") == ["OPENING"]
    amounts = [{"currency": "EUR", "method": "CASH", "count": [{"denomination": 5000, "pieces": 4}]}]
    assert erika.patch(f"/settlements/{register}", {"state": "CLOSED", "amounts": amounts}).status_code == 200
    rows = exact(erika.get(f"/counts?settlement={register}"))
    assert [(row["moment"], row["equal"], row["settlement"]) for row in rows if row["moment"] != "OPENING"] == [
        ("CLOSING", False, register), ("PREVIEW", False, register)
    ]  # fmt: skip
    assert rows[0]["amounts"][0]["count"] == [{"denomination": 5000, "pieces": 4}]


# --- Within a settlement -----------------------------------------------------------------------------------------------------


def test_cards_of_a_session_are_told_once_the_settlement_around_it_is_closed(shop: Shop) -> None:
    erika, mia = shop.who("erika"), caller(UserFactory(store=shop.cast.store))
    open_vault(erika)
    register = open_register(erika, station=3)
    session = opened(mia, 200, station=3)["id"]
    paid(mia, "cash", 5_00)
    paid(mia, "card", 7_00, method="CARD")
    closed(mia, 205)
    # Erika sells for cash at the register without a session, as the settlement allows.
    report(erika, "after", 9_00, station=3)
    for path in ("/payments", "/movements"):
        methods = [row["method"] for row in exact(mia.get(f"{path}?session={session}"))]
        assert methods == ["CASH"]
    before = looks()
    assert len(exact(erika.get(f"/payments?session={session}"))) == 2
    assert looks() == before + 1
    start_counting(erika, register)
    close(erika, register, {("EUR", "CASH"): 214_00})
    for path in ("/payments", "/movements"):
        methods = [row["method"] for row in exact(mia.get(f"{path}?session={session}"))]
        assert methods == ["CARD", "CASH"]


def test_a_look_at_a_payment_that_waited_since_before_the_settlement_is_noted(shop: Shop) -> None:
    """The payment was reported before the settlement, but approved during it. So the settlement includes its money."""
    erika = shop.who("erika")
    report(erika, "waits", 9_00, station=3, status="PENDING")
    open_vault(erika)
    open_register(erika, station=3)
    before = looks()
    assert erika.get("/payments/waits").status_code == 200
    assert looks() == before
    assert exact(erika.patch("/payments/waits", {"status": "APPROVED"}))["booked"] == "on_time"
    assert erika.get("/payments/waits").status_code == 200
    assert looks() == before + 1


# --- Registers -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "wanted"),
    [
        ("carla", [0, 1, 2, 3]), ("erika", [0, 1, 2, 3]), ("key", [0, 1, 2, 3]), ("key of register 2", [0, 1, 2, 3]),
        ("otto", [0, 1, 2]), ("anna", [0, 1, 2, 3, 0, 1, 2]),
    ],
)  # fmt: skip
def test_everybody_sees_the_registers_of_their_stores(shop: Shop, who: str, wanted: list[int]) -> None:
    assert [row["station"] for row in exact(shop.who(who).get("/registers"))] == wanted


def test_a_manager_sees_what_runs_at_a_register(shop: Shop) -> None:
    vault, first, _second, third = exact(shop.who("erika").get("/registers"))
    assert (vault["kind"], vault["is_open"], vault["settling"]) == ("VAULT", False, "NONE")
    assert (first["is_open"], first["session"]["id"]) == (True, shop.sessions["running"])
    assert first["session"]["user_id"] == shop.cast.carla.pk
    assert (third["is_open"], third["session"], third["user_ids"]) == (False, None, [])
    assert exact(shop.who("erika").get("/registers/1")) == first
    assert exact(shop.who("anna").get("/registers/1?store=1337")) == first
    assert exact(shop.who("anna").get("/registers?store=1337&kind=VAULT")) == [vault]


def test_a_cashier_sees_only_whether_a_register_is_open(shop: Shop) -> None:
    vault, first, *_others = exact(shop.who("carla").get("/registers"))
    assert (first["is_open"], first["session"], first["user_ids"]) == (True, None, None)
    assert (vault["is_open"], vault["settling"], vault["settlement"]) == (False, None, None)


@pytest.mark.parametrize(
    ("who", "path", "status"),
    [
        ("erika", "/registers/9", 404), ("erika", "/registers/1?store=77", 400), ("anna", "/registers/1", 400),
        ("otto", "/registers/3", 404), ("erika", "/registers/99999999999", 404), ("erika", "/registers?kind=BANK", 400),
    ],
)  # fmt: skip
def test_a_register_that_is_none(shop: Shop, who: str, path: str, status: int) -> None:
    assert shop.who(who).get(path).status_code == status


def test_a_running_settlement_is_found_at_its_place(shop: Shop) -> None:
    erika, carla = shop.who("erika"), shop.who("carla")
    vault, register = open_vault(erika), open_register(erika, station=3)
    rows = exact(erika.get("/registers"))
    assert [(row["settlement"], row["settling"], row["is_open"]) for row in (rows[0], rows[3])] == [
        (vault, "OPEN", True), (register, "OPEN", True)
    ]  # fmt: skip
    rows = exact(carla.get("/registers"))
    assert [(row["settlement"], row["settling"], row["is_open"]) for row in (rows[0], rows[3])] == [
        (None, None, False), (register, "OPEN", True)
    ]  # fmt: skip
    assert change(erika, register, "COUNTING").status_code == 200
    assert exact(erika.get("/registers/3"))["settling"] == "COUNTING"


@pytest.mark.parametrize(
    ("path", "cost"), [("/movements", 4), ("/counts", 5), ("/registers", 5), ("/movements?session={running}", 4)]
)
def test_a_list_costs_the_same_whatever_its_length(shop: Shop, path: str, cost: int) -> None:
    """The audit entry costs one more statement if the list shows an uncounted place, so it is not counted here."""
    erika, told = shop.who("erika"), path.format(**shop.sessions)
    erika.get("/auth/me")
    costs = []
    for more in (0, 9):
        with transaction.atomic():
            for number in range(more):
                paid(erika, f"m-{number}", 1, station=1)
                opened(caller(UserFactory(store=shop.cast.store)), 1)
            with counted_queries() as queries:
                assert erika.get(told).status_code == 200
            costs.append(len([row for row in queries if "auditentry" not in row["sql"]]))
            transaction.set_rollback(True)
    cost += path == "/counts" and connection.vendor == "postgresql"
    assert costs == [cost, cost]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite does not estimate by values")
def test_postgresql_is_told_the_places_of_counts(shop: Shop) -> None:
    """Without the ids of the places, PostgreSQL read all counts of all accounts for a store with few counts."""
    with counted_queries() as queries:
        moments(shop.who("erika"))
    (statement, *_sessions) = [row["sql"] for row in queries if 'FROM "cashdesk_count" ' in row["sql"]]
    assert '"cashdesk_count"."place_id" IN (' in statement


def test_counts_have_an_index(shop: Shop) -> None:
    with counted_queries() as queries:
        moments(shop.who("erika"))
    (statement, *_sessions) = [row["sql"] for row in queries if 'FROM "cashdesk_count" ' in row["sql"]]
    plan = plan_of(statement)
    assert "Seq Scan on cashdesk_count " not in plan
    assert "SCAN cashdesk_count" not in plan.replace("SCAN cashdesk_count USING", "")
