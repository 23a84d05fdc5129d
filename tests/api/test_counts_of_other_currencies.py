"""A close with `counts`: cash of other currencies beside the drawer's own, in the APIs of sessions and shifts."""

from typing import Any

import pytest

from cashdesk.models import ForeignCash, Variance
from tests.api.blind import all_of
from tests.api.steps import closed, opened, paid
from tests.factories import PASSWORD
from tests.stories import Caller, Cast, caller, exact


@pytest.fixture
def carla(cast: Cast) -> Caller:
    """Carla's drawer: 100.00 euros, and 50.00 dollars from a customer."""
    by = caller(cast.carla)
    opened(by, 100)
    paid(by, "usd", 50_00, currency="USD")
    return by


def close(by: Caller, counts: Any) -> Any:
    return by.post("/cash/close", {"final_cash_declared": 100, "counts": counts})


@pytest.mark.parametrize(
    "line",
    [
        {"currency": "USD", "amount": 48.5},
        {"currency": "USD", "amount": "48.50"},
        {"currency": "USD", "count": [{"denomination": 20, "pieces": 2}, {"denomination": 0.25, "pieces": 34}]},
        {"currency": "USD", "amount": 48.5, "count": [{"denomination": 0.5, "pieces": 97}]},
    ],
)
def test_an_amount_or_notes_and_coins(carla: Caller, line: Any) -> None:
    answer = close(carla, [line])
    assert answer.status_code == 200, answer.content
    assert (exact(answer)["final_cash_system"], exact(answer)["difference"]) == (100, 0)
    row = ForeignCash.objects.get()
    assert (row.currency, row.counted_amount, row.difference) == ("USD", 48_50, -1_50)


def test_a_shift_tells_them_in_the_smallest_cash_unit(carla: Caller) -> None:
    body = {"password": PASSWORD, "actual_cash_end": 100_00, "counts": [{"currency": "USD", "amount": 48_50}]}
    answer = carla.post("/shifts/end", body)
    assert answer.status_code == 200, answer.content
    assert ForeignCash.objects.get().counted_amount == 48_50


@pytest.mark.parametrize(
    ("counts", "field"),
    [
        ([{"currency": "USD"}], "counts.0.amount"),
        ([{"currency": "USD", "amount": -1}], "amount"),
        ([{"currency": "USD", "amount": 1.005}], "counts.0.amount"),
        ([{"currency": "USD", "amount": 1}, {"currency": "USD", "amount": 1}], "counts.1.currency"),
        ([{"currency": "EUR", "amount": 1}], "counts.0.currency"),
        ([{"currency": "XQQ", "amount": 1}], "counts.0.currency"),
        ([{"currency": "USD", "amount": 5, "count": [{"denomination": 10, "pieces": 1}]}], "counts.0.amount"),
        ([{"currency": "USD", "count": [{"denomination": 3, "pieces": 1}]}], "counts.0.count"),
        ([{"currency": "USD", "amount": 1, "value": 1}], "value"),
        ("USD", "counts"),
    ],
)
def test_a_wrong_line_is_named_and_nothing_is_closed(carla: Caller, counts: Any, field: str) -> None:
    answer = close(carla, counts)
    assert (answer.status_code, field in answer.content.decode()) == (400, True), answer.content
    assert carla.get("/cash/status").status_code == 200


def test_an_unknown_currency_is_named_once_where_it_stands(carla: Caller) -> None:
    answer = close(carla, [{"currency": "XQQ", "amount": 1}])
    told = "counts.0.currency: 'XQQ' is not an ISO 4217 currency such as EUR or CLP."
    assert (answer.status_code, answer.json()) == (400, {"detail": told})


def test_one_amount_alone_leaves_the_rest_to_be_counted(cast: Cast, carla: Caller) -> None:
    assert closed(carla, 100)["difference"] == 0
    waiting = Variance.objects.get()
    assert (waiting.kind, waiting.currency, waiting.person) == ("UNCOUNTED", "USD", cast.carla)
    body = {"amount": 49_00}
    erika = caller(cast.erika)
    answer = erika.post(f"/variances/{waiting.uuid}/recount", body)
    assert answer.status_code == 200, answer.content
    found = Variance.objects.get(kind="SESSION")
    assert (found.currency, found.difference, found.person) == ("USD", -1_00, cast.carla)


@pytest.mark.parametrize("amount", [0, 1, 50])
def test_no_answer_tells_whether_the_dollars_match(cast: Cast, carla: Caller, amount: int) -> None:
    """The published answer has only the drawer's own currency. So it cannot show the cashier an amount of another currency."""
    answer = all_of(close(carla, [{"currency": "USD", "amount": amount}]))
    assert "USD" not in answer
    assert "5000" not in answer


def test_dollars_that_nobody_counted_are_not_in_the_cashiers_z(cast: Cast, carla: Caller) -> None:
    closed(carla, 100)
    own = exact(carla.get("/registers/1/z-reports/1"))
    assert {line["currency"] for line in [*own["amounts"], *own["movements"]]} == {"EUR"}
    whole = exact(caller(cast.erika).get("/registers/1/z-reports/1"))
    (dollars,) = [line for line in whole["amounts"] if line["currency"] == "USD"]
    assert (dollars["expected"], dollars["counted"]) == (50_00, None)


def test_counted_dollars_are_in_the_z(carla: Caller) -> None:
    close(carla, [{"currency": "USD", "amount": 49}])
    own = exact(carla.get("/registers/1/z-reports/1"))
    (dollars,) = [line for line in own["amounts"] if line["currency"] == "USD"]
    told = [dollars[name] for name in ("begun_with", "came_in", "went_out", "expected", "counted", "difference")]
    assert told == [0, 50_00, 0, 50_00, 49_00, -1_00]
    assert {(line["kind"], line["went_out"]) for line in own["booked"] if line["currency"] == "USD"} == {
        ("OVER_SHORT", 1_00), ("RETURN", 49_00),
    }  # fmt: skip
