"""Every amount field of every path accepts exact numbers and refuses all others by the name of the field."""

import json
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.http import HttpResponse

from cashdesk.models import Movement, Payment
from tests.api.roads import ROADS, Road
from tests.api.steps import closed, named_fields, opened, payment
from tests.lengths import IS_LONG
from tests.stories import Caller, Cast, caller, exact, make_cast

REFUSED_EVERYWHERE = [
    '"1e3"', '"12,50"', '"0.1+0.2"', '"NaN"', '"nan"', '"Infinity"', '"-1"', '""', '" "', '"0x10"', '"1_000"', '"1 000"', '"1.2.3"', '"$5"',
    '"\u0661\u0662"', '"\uff11\uff12"', '"\u00b2"', '"1\\u0000"', '"\\ud800"', '"' + "9" * 4000 + '"', '"five"',
    "4006381333931", "NaN", "Infinity", "-Infinity", "1e400", "1e-400", "-1e400", "1e15", "1000000000000000000", "-1000000000000000000", '"1000000000000000000"',
    "9" * 4000, "-" + "9" * 4000, "-1", "-0.01", "0.30000000000000004", "1.005", "1e-3", "9999999999999999", "999999999999999.5",
    "true", "false", "[]", "[1]", "{}", '{"amount":1}', "[[[[[[]]]]]]",
]  # fmt: skip


def is_refused_by_name(response: HttpResponse, field: str) -> bool:
    if response.status_code == 200 and "results" in exact(response):
        (result,) = exact(response)["results"]
        return bool(result["status_code"] == 400 and field in named_fields(response))
    return response.status_code == 400 and field in named_fields(response)


@pytest.mark.long
@pytest.mark.parametrize("name", ROADS)
def test_what_is_no_amount_is_refused_by_name(name: str, cashier_of: Callable[[Road], tuple[Caller, Road]]) -> None:
    """The short form sends one third of the values to each field. Three neighbouring fields together get all of them."""
    carla, road = cashier_of(ROADS[name])
    before = (Movement.objects.count(), Payment.objects.count())
    tried = REFUSED_EVERYWHERE if IS_LONG else REFUSED_EVERYWHERE[list(ROADS).index(name) % 3 :: 3]
    raws = [*tried, *([] if road.is_optional else ["null"])]
    answers = {raw: road.send(carla, raw) for raw in raws}
    wrong = {
        raw[:40]: (answer.status_code, answer.content[:200])
        for raw, answer in answers.items()
        if not is_refused_by_name(answer, road.field)
    }
    assert wrong == {}
    assert (Movement.objects.count(), Payment.objects.count()) == before


@pytest.mark.parametrize("name", ROADS)
def test_a_number_of_any_length_is_never_a_fault_of_ours(
    name: str, cashier_of: Callable[[Road], tuple[Caller, Road]]
) -> None:
    carla, road = cashier_of(ROADS[name])
    for raw in (
        "9" * 50_000,
        "-" + "9" * 50_000,
        "1e99999999999999999999",
        "-1e-99999999999999999999",
        "0." + "3" * 50_000,
        "1" * 4300 + ".5",
    ):
        answer = road.send(carla, raw)
        assert answer.status_code in (200, 400), (raw[:20], answer.content[:200])
        assert answer.status_code == 400 or [result["status_code"] for result in exact(answer)["results"]] == [400]


@pytest.mark.parametrize("name", ["open", "start"])
@pytest.mark.parametrize("raw", ["0", "-0", "-0.0", "0.00", "0e5", '"0"', '"-0"'])
def test_minus_zero_is_zero(cast: Cast, name: str, raw: str) -> None:
    carla = caller(cast.carla)
    assert ROADS[name].send(carla, raw).status_code in (200, 201)
    status = carla.get("/cash/status")
    assert b'"start_amount":0,' in status.content
    assert closed(carla, 0)["difference"] == 0


@pytest.mark.parametrize(
    ("raw", "amount"),
    [("1e3", 1000), ("1E3", 1000), ("1000.0", 1000), ("1000.00", 1000), ('"1000"', 1000), ('"1000.00"', 1000)],
)
def test_a_thousand_is_a_thousand_however_it_is_written(cast: Cast, raw: str, amount: int) -> None:
    carla = caller(cast.carla)
    assert exact(ROADS["open"].send(carla, raw))["start_amount"] == amount
    assert exact(ROADS["close"].send(carla, raw))["final_cash_declared"] == amount


@pytest.mark.parametrize("raw", ["1e3", "1E3", "1000.0", '"1000"'])
def test_a_thousand_cents_are_a_thousand_cents(cast: Cast, raw: str) -> None:
    carla = caller(cast.carla)
    assert exact(ROADS["start"].send(carla, raw))["data"]["start_cash"] == 1000
    assert exact(ROADS["cash transaction"].send(carla, raw))["data"]["amount"] == 1000
    assert exact(ROADS["payment"].send(carla, raw))["amount"] == 1000
    ended = exact(ROADS["end"].send(carla, raw))["data"]
    assert (ended["expected_cash_end"], ended["actual_cash_end"], ended["difference"]) == (3000, 1000, -2000)


@pytest.mark.parametrize(
    "raw", ["0.1", "0.29", "0.57", "1.15", "1.10", "4.35", "8.41", "1005.33", "48999999.99", "50000000.00"]
)
def test_cents_survive_exactly_there_and_back(cast: Cast, raw: str) -> None:
    carla = caller(cast.carla)
    assert exact(ROADS["open"].send(carla, raw))["start_amount"] == Decimal(raw)
    assert exact(carla.get("/cash/status"))["start_amount"] == Decimal(raw)
    closing = exact(ROADS["close"].send(carla, f'"{raw}"'))
    assert (closing["final_cash_system"], closing["difference"]) == (Decimal(raw), 0)


def test_the_same_cents_as_text_and_as_a_number_are_one_payment(cast: Cast) -> None:
    carla = caller(cast.carla)
    opened(carla)
    assert carla.post("/payments", payment(amount=1999)).status_code == 201
    assert carla.post("/payments", payment(amount="1999")).status_code == 200
    assert ROADS["payment"].send(carla, "1999.0").status_code == 201
    assert ROADS["payment"].send(carla, "1.999e3").status_code == 200


@pytest.mark.parametrize(
    ("currency", "raw", "shown"),
    [
        ("CLP", "50000", "50000"),
        ("CLP", "50000.0", "50000"),
        ("CLP", '"50000"', "50000"),
        ("JPY", "5e4", "50000"),
        ("KWD", "1.234", "1.234"),
        ("KWD", '"0.005"', "0.005"),
        ("KWD", "1.500", "1.5"),
        ("IDR", "500000", "500000"),
        ("IDR", "0.5", "0.5"),
    ],
)
@pytest.mark.django_db
def test_each_currency_has_its_own_decimals(currency: str, raw: str, shown: str) -> None:
    carla = caller(make_cast(currency=currency).carla)
    response = ROADS["open"].send(carla, raw)
    assert f'"start_amount":{shown},'.encode() in response.content
    assert f'"final_cash_system":{shown},'.encode() in ROADS["close"].send(carla, raw).content


@pytest.mark.parametrize(
    ("currency", "raw"),
    [
        ("CLP", "0.5"),
        ("CLP", '"50000.0"'),
        ("CLP", '"50.000"'),
        ("JPY", "1.5"),
        ("KWD", "1.2345"),
        ("KWD", '"1.2340"'),
        ("EUR", '"1.250"'),
        ("IDR", "0.005"),
    ],
)
@pytest.mark.django_db
def test_more_decimals_than_the_currency_has_are_refused(currency: str, raw: str) -> None:
    refused = ROADS["open"].send(caller(make_cast(currency=currency).carla), raw)
    assert refused.status_code == 400
    assert exact(refused)["detail"].startswith(f"start_amount: {currency} has ")


@pytest.mark.parametrize(
    ("currency", "units"), [("EUR", Decimal("12.34")), ("CLP", 1234), ("KWD", Decimal("1.234")), ("IDR", 1234)]
)
@pytest.mark.django_db
def test_the_integers_of_shifts_are_the_smallest_cash_unit(currency: str, units: Any) -> None:
    carla = caller(make_cast(currency=currency).carla)
    assert exact(ROADS["start"].send(carla, "1234"))["data"]["start_cash"] == 1234
    assert exact(carla.get("/cash/status"))["start_amount"] == units


@pytest.mark.parametrize("currency", ["EURO", "eur", "XXX", "ABC", "", "€", "EU", None, 978, True, ["EUR"]])
def test_a_currency_that_does_not_exist_is_refused_by_name(cast: Cast, currency: Any) -> None:
    carla = caller(cast.carla)
    opened(carla)
    refused = carla.post("/payments", payment(currency=currency))
    assert refused.status_code == 400
    assert "/currency" in named_fields(refused)


NO_BODIES = [
    "", "{", "[", "nul", "'", '{"a":1,}', "{'a': 1}", '{"a": 01}', '{"a": .5}', '{"a": +1}', "1 2", '"text"', "12", "null", "true", "[]",
    '{"start_amount": 1, "start_amount": 2}', "\x00", "{}", "[" * 60_000, "[" * 900 + "]" * 900, '{"a":' * 900 + "1" + "}" * 900,
    '{"\\ud800": 1}', '{"\\u0000": 1}', '{"type": ' + "[" * 800 + "]" * 800 + "}", '{"status": "\\ud800"}',
]  # fmt: skip


@pytest.mark.parametrize("path", sorted({road.path for road in ROADS.values()}))
def test_what_is_no_body_is_400(path: str, cashier_of: Callable[[Road], tuple[Caller, Road]]) -> None:
    carla, road = cashier_of(next(road for road in ROADS.values() if road.path == path))
    answers = {body: carla.post(road.path, body, idempotency_key=str(uuid.uuid4())) for body in NO_BODIES}
    wrong = {
        body[:40]: (answer.status_code, answer.content[:200])
        for body, answer in answers.items()
        if answer.status_code != 400
    }
    assert wrong == {}
    assert all(json.loads(answer.content) for answer in answers.values())
