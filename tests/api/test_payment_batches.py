"""Batches of payments: each payment gets its own result."""

from typing import Any

import pytest

from cashdesk.models import Payment
from tests.api.steps import closed, drawer, named_fields, opened, paid, payment
from tests.stories import Cast, caller, exact


def test_a_batch_answers_each_by_itself(cast: Cast) -> None:
    carla = caller(cast.carla)
    session = opened(carla)
    paid(carla, "old")
    batch: list[Any] = [
        payment("a"),
        payment("b", "12,50"),
        payment("old"),
        payment("old", 5),
        payment("a"),
        payment("a", 5),
        payment("c", 12.5),
        payment("d", station=77),
        payment("e", session=999_999),
        payment("f", status="REJECTED"),
        payment("g", paid_at="2999-01-01T00:00:00Z"),
        payment("h", tendered=1),
        None,
        5,
        "text",
        [],
        {},
        {"id": True},
        {"id": "\ud800"},
        {**payment("i"), "\ud800": 1},
        payment("z"),
    ]
    answer = carla.post("/payments/batch", {"payments": batch})
    assert answer.status_code == 200
    results = exact(answer)["results"]
    codes = [201, 400, 200, 409, 200, 409, 400, 400, 400, 201, 400, 400, 400, 400, 400, 400, 400, 400, 400, 400, 201]
    assert [result["status_code"] for result in results] == codes
    assert [result["id"] for result in results[:4]] == ["a", "b", "old", "old"]
    assert {result["session"] for result in results if "session" in result} == {session["id"]}
    assert all(("problem" in result) == (result["status_code"] >= 400) for result in results)
    assert drawer(cast) == 3000


def test_a_bare_array_is_a_batch(cast: Cast) -> None:
    carla = caller(cast.carla)
    opened(carla)
    assert [
        result["status_code"]
        for result in exact(carla.post("/payments/batch", [payment("a"), payment("b")]))["results"]
    ] == [201, 201]
    assert [
        result["status_code"]
        for result in exact(carla.post("/payments/batch", [payment("b"), payment("c")]))["results"]
    ] == [200, 201]
    assert drawer(cast) == 3000


@pytest.mark.parametrize(
    "body",
    [[], {"payments": []}, {}, {"payments": None}, {"payments": {}}, "x", None, {"payments": [], "store": "1337"}],
)
def test_what_is_no_batch_is_400(cast: Cast, body: Any) -> None:
    refused = caller(cast.carla).post("/payments/batch", body if body != "x" else '"x"')
    assert refused.status_code == 400


def test_five_thousand_are_taken_and_one_more_is_not(cast: Cast) -> None:
    carla = caller(cast.carla)
    opened(carla)
    batch = [payment(str(number), 1) for number in range(5001)]
    refused = carla.post("/payments/batch", batch)
    assert refused.status_code == 400
    assert "payments" in named_fields(refused)
    assert not Payment.objects.exists()
    taken = exact(carla.post("/payments/batch", batch[:5000]))["results"]
    assert {result["status_code"] for result in taken} == {201}
    assert [result["id"] for result in taken] == [str(number) for number in range(5000)]
    assert drawer(cast) == 5000


def test_a_body_beyond_reason_is_413(cast: Cast) -> None:
    refused = caller(cast.carla).post("/payments/batch", "[" + " " * (8 * 1024 * 1024) + "]")
    assert refused.status_code == 413
    assert exact(refused)["status"] == 413


def test_guesses_of_an_id_that_somebody_else_reported_tell_no_amount(cast: Cast) -> None:
    carla, bruno = caller(cast.carla), caller(cast.bruno)
    opened(carla, station=1)
    paid(carla, "0001", 1234)
    closed(carla, 0)
    opened(bruno, station=1)
    guesses = [payment("0001", amount) for amount in range(1, 2001)]
    results = exact(bruno.post("/payments/batch", guesses))["results"]
    assert [result["status_code"] for result in results] == [201, *[409] * 1999]
    problems = [{**result["problem"], "request_id": ""} for result in results[1:]]
    assert all(problem == problems[0] for problem in problems)
    assert exact(carla.post("/payments", payment("0001", 1234)))["amount"] == 1234
