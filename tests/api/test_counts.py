"""The pieces of a count: the number of each note and coin."""

from typing import Any

import pytest

from tests.api.steps import opened
from tests.stories import Cast, caller, exact, make_cast


@pytest.mark.parametrize(
    "count",
    [
        [{"denomination": 3, "pieces": 1}],
        [{"denomination": 0, "pieces": 1}],
        [{"denomination": 0.005, "pieces": 1}],
        [{"denomination": 20, "pieces": 1}, {"denomination": 20, "pieces": 2}],
        [{"denomination": 20, "pieces": 1}, {"denomination": "20.00", "pieces": 2}],
        [{"denomination": 20, "pieces": -1}],
        [{"denomination": 20, "pieces": 1.5}],
        [{"denomination": 500, "pieces": 10_000_001}],
        [{"denomination": 20}],
        [{"pieces": 1}],
        [{"denomination": 20, "pieces": 1, "value": 20}],
        [20],
        {"20": 1},
        "20",
        None,
        [{"denomination": 20, "pieces": 1}] * 101,
    ],
)
@pytest.mark.parametrize("path", ["/cash/open", "/cash/close"])
def test_a_count_that_cannot_be_is_refused_by_name(cast: Cast, path: str, count: Any) -> None:
    carla = caller(cast.carla)
    if path == "/cash/close":
        opened(carla)
    refused = carla.post(path, {"count": count})
    assert refused.status_code == 400
    assert "count" in exact(refused)["detail"]


@pytest.mark.parametrize(
    ("currency", "count"),
    [("KWD", [{"denomination": 0, "pieces": 1}]), ("KWD", [{"denomination": "0.000", "pieces": 7}])],
)
@pytest.mark.django_db
def test_a_piece_worth_nothing_is_refused_where_the_pieces_are_not_known_too(currency: str, count: Any) -> None:
    refused = caller(make_cast(currency=currency).carla).post("/cash/open", {"count": count})
    assert refused.status_code == 400
    assert "count" in exact(refused)["detail"]


def test_amount_and_pieces_that_differ_are_refused_and_equal_ones_taken(cast: Cast) -> None:
    carla = caller(cast.carla)
    pieces = [
        {"denomination": 20, "pieces": 3},
        {"denomination": "0.50", "pieces": 2},
        {"denomination": 5, "pieces": 0},
    ]
    refused = carla.post("/cash/open", {"start_amount": 60, "count": pieces})
    assert refused.status_code == 400
    assert "start_amount" in exact(refused)["detail"]
    assert exact(carla.post("/cash/open", {"start_amount": 61, "count": pieces}))["start_amount"] == 61
    assert carla.post("/cash/close", {"final_cash_declared": "61.01", "count": pieces}).status_code == 400
    assert exact(carla.post("/cash/close", {"final_cash_declared": "61.00", "count": pieces}))["difference"] == 0


def test_an_empty_count_is_nothing(cast: Cast) -> None:
    carla = caller(cast.carla)
    assert exact(carla.post("/cash/open", {"count": []}))["start_amount"] == 0
    assert exact(carla.post("/cash/close", {"count": []}))["final_cash_declared"] == 0
