"""`GET /orders`: pages, filters, and what a cashier may add up (law 5)."""

from typing import Any

import pytest

from tests.api.steps import closed, opened
from tests.api.test_orders import ordered, pay
from tests.stories import Caller, Cast, caller, counted_queries, exact


@pytest.fixture
def carla(cast: Cast) -> Caller:
    """Carla's client, with an open shift."""
    by = caller(cast.carla)
    opened(by)
    return by


def listed(by: Caller, query: str = "") -> dict[str, Any]:
    answer = by.get(f"/orders{query}")
    assert answer.status_code == 200, answer.content
    return dict(exact(answer)["data"])


def ids(by: Caller, query: str = "") -> list[str]:
    return [order["id"] for order in listed(by, query)["orders"]]


def test_orders_come_in_pages_newest_first(cast: Cast, carla: Caller) -> None:
    made = [ordered(carla)["id"] for _ in range(3)]
    assert ids(carla) == made[::-1]
    page = listed(carla, "?page=2&limit=2")
    assert [order["id"] for order in page["orders"]] == made[:1]
    assert page["pagination"] == {"current_page": 2, "total_page": 2, "total_data": 3, "per_page": 2}
    assert listed(carla, "?page=9")["orders"] == []
    assert listed(caller(cast.otto))["pagination"]["total_page"] == 0


def test_a_row_is_the_order_with_the_name_that_the_front_end_reads(cast: Cast, carla: Caller) -> None:
    order = ordered(carla)
    (row,) = listed(carla)["orders"]
    assert row == {**order, "queue_number": order["number"]}


def test_states_and_people_filter(cast: Cast, carla: Caller) -> None:
    first, second = ordered(carla), ordered(caller(cast.bruno))
    carla.post(f"/orders/{first['id']}/cancel", {})
    assert ids(carla, "?statuses=open&statuses=in_progress&statuses=served") == [second["id"]]
    assert ids(carla, "?statuses=cancelled") == [first["id"]]
    assert ids(carla, "?statuses=served") == []
    assert ids(carla, f"?user_id={cast.bruno.uuid}") == [second["id"]]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("?page=0", "page"),
        ("?page=x", "page"),
        ("?limit=101", "limit"),
        ("?limit=-1", "limit"),
        ("?statuses=eaten", "statuses"),
        ("?user_id=7", "user_id"),
        ("?state=open", "state"),
    ],
)
def test_a_wrong_parameter_is_named(cast: Cast, carla: Caller, query: str, field: str) -> None:
    refused = carla.get(f"/orders{query}")
    assert refused.status_code == 400
    assert list(exact(refused)["data"]["errors"]) == [field]


def test_a_cashier_adds_up_no_paid_orders_before_the_count(cast: Cast, carla: Caller) -> None:
    paid, waiting = ordered(carla), ordered(carla)
    assert pay(carla, paid, cash_received=1000).status_code == 200
    bruno, erika = caller(cast.bruno), caller(cast.erika)
    for by in (carla, bruno):
        assert ids(by) == [waiting["id"]]
        assert listed(by, "?statuses=paid")["pagination"]["total_data"] == 0
    assert ids(erika, "?statuses=paid") == [paid["id"]]
    closed(carla, 750)
    assert ids(carla, "?statuses=paid") == [paid["id"]]
    assert ids(bruno, "?statuses=paid") == []


def test_orders_of_other_stores_are_not_there(cast: Cast, carla: Caller) -> None:
    ordered(carla)
    assert ids(caller(cast.otto)) == []


def test_the_list_takes_a_fixed_number_of_statements(cast: Cast, carla: Caller) -> None:
    erika = caller(cast.erika)
    pay(carla, ordered(carla), cash_received=1000)
    with counted_queries() as few:
        listed(erika)
    for _ in range(4):
        pay(carla, ordered(carla), cash_received=1000)
        ordered(carla)
    with counted_queries() as many:
        assert len(listed(erika)["orders"]) == 9
    assert len(many) == len(few)
