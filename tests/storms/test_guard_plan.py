"""On PostgreSQL, the id of a movement is drawn after its register is locked. Otherwise a period would have gaps."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from cashdesk.enums import PlaceKind
from tests.stories import Caller, Cast, caller
from tests.storms.house import House, Server, Shop
from tests.storms.till import Answer, Till
from tests.storms.trading import STATION, payment_of

PAYMENT = {"id": "1", "method": "CASH", "currency": "EUR", "amount": 100, "status": "APPROVED"}


@pytest.fixture
def _on_postgres() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")


def nodes_of(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes_of(below)


def draws_id(node: dict[str, Any]) -> bool:
    return any(output.startswith("nextval(") for output in node.get("Output", ()))


def draws_id_from(part: str, plan: dict[str, Any]) -> bool:
    """Whether an id is drawn for rows of a part of the statement, such as `WITH place`."""
    return any(
        draws_id(node) and any(below.get("CTE Name") == part for below in nodes_of(node)) for node in nodes_of(plan)
    )


def plan_of_payment(by: Caller, *, beginning: str, **headers: str) -> dict[str, Any]:
    """Reports a payment and returns the plan of its one statement that begins like this."""
    plans: list[dict[str, Any]] = []

    def explaining(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if sql.startswith(beginning):
            with connection.cursor() as cursor:
                cursor.connection.execute("SET LOCAL plan_cache_mode = force_custom_plan")
                (row,) = cursor.connection.execute(f"EXPLAIN (VERBOSE, FORMAT JSON) {sql}", params).fetchall()
                plans.append(row[0][0]["Plan"])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explaining):
        assert by.post("/payments", PAYMENT, **headers).status_code == 201
    (plan,) = plans
    return plan


@pytest.mark.usefixtures("_on_postgres")
def test_the_guard_locks_below_the_node_that_draws_the_id(cast: Cast) -> None:
    """A late payment takes the long road, whose movement is a statement of its own."""
    carla = caller(cast.carla)
    for path, body in (("open", {"start_amount": 1}), ("close", {"final_cash_declared": 1})):
        assert carla.post(f"/cash/{path}", body).status_code == 200
    plan = plan_of_payment(carla, beginning="INSERT INTO cashdesk_movement")
    assert any(node["Node Type"] == "LockRows" for node in nodes_of(plan))
    (drawing,) = (node for node in nodes_of(plan) if draws_id(node))
    assert drawing["Node Type"] != "LockRows"
    assert any(node["Node Type"] == "LockRows" for node in nodes_of(drawing))


@pytest.mark.usefixtures("_on_postgres")
@pytest.mark.parametrize("headers", [{}, {"idempotency_key": "k"}])
def test_a_payment_of_one_statement_draws_its_ids_after_the_lock(cast: Cast, headers: dict[str, str]) -> None:
    carla = caller(cast.carla)
    assert carla.post("/cash/open", {"start_amount": 1}).status_code == 200
    plan = plan_of_payment(carla, beginning="WITH place AS", **headers)
    parts = {node["Subplan Name"]: node for node in nodes_of(plan) if "Subplan Name" in node}
    assert parts["CTE place"]["Node Type"] == "LockRows"
    assert draws_id_from("place", parts["CTE payment"])
    assert draws_id_from("payment", parts["CTE moved"])


@pytest.mark.usefixtures("_on_postgres")
def test_a_payment_that_waits_for_a_register_has_drawn_no_id_yet(house: House, server: Server, shop: Shop) -> None:
    def report() -> Answer:
        with Till(server.port, shop.key) as till:
            return till.post("/payments", payment_of("till", 1))

    with Till(server.port, shop.cashiers[0].devices[0]) as till:
        assert till.post("/cash/open", {"start_amount": 100, "station": STATION}).status == 200
    register = next(
        row["id"]
        for row in house.books(shop)["places"]
        if row["kind"] == PlaceKind.REGISTER and row["number"] == STATION
    )
    with house.connect() as transition, ThreadPoolExecutor(1) as threads:
        transition.execute("SELECT id FROM cashdesk_place WHERE id = %s FOR NO KEY UPDATE", [register])
        reporting = threads.submit(report)
        house.await_blocked(1)
        row = transition.execute("SELECT nextval(pg_get_serial_sequence('cashdesk_movement', 'id'))").fetchone()
        transition.commit()
        assert reporting.result().status == 201

    assert row is not None
    assert house.books(shop)["movements"][-1]["id"] > row[0]
