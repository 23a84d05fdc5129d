"""Payments from points of sale: stored once, decided once, with valid figures."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from cashdesk.models import CashSession, Movement, Payment
from tests.api.steps import bound_key, closed, drawer, named_fields, opened, paid, payment
from tests.factories import StoreFactory, UserFactory
from tests.stories import Cast, caller, exact

# --- once -------------------------------------------------------------------------------------------------------------


def test_the_same_event_again_is_200_and_booked_once(cast: Cast) -> None:
    carla = caller(cast.carla)
    opened(carla)
    first = carla.post("/payments", payment())
    again = carla.post("/payments", payment())
    assert (first.status_code, again.status_code) == (201, 200)
    assert exact(first) == exact(again)
    assert drawer(cast) == 1000
    assert Movement.objects.count() == 1


def test_what_a_key_reports_is_no_retry_of_what_a_cashier_reported(cast: Cast) -> None:
    opened(caller(cast.carla))
    paid(caller(cast.carla))
    assert bound_key(cast.store).post("/payments", payment(station=1)).status_code == 201
    assert drawer(cast) == 2000


@pytest.mark.parametrize(
    "other",
    [
        {"amount": 1001}, {"method": "CARD"}, {"currency": "USD"}, {"status": "PENDING"}, {"type": "REFUND"}, {"order": "7"}, {"tendered": 1500},
        {"tax": 1}, {"discount": 1}, {"channel": "web"}, {"service": "x"}, {"paid_at": "2026-01-01T10:00:00Z"},
    ],
)  # fmt: skip
def test_the_same_id_with_other_figures_is_409(cast: Cast, other: dict[str, Any]) -> None:
    carla = caller(cast.carla)
    opened(carla)
    paid(carla)
    refused = carla.post("/payments", payment(**other))
    assert refused.status_code == 409
    assert exact(refused)["code"] == "payment_differs"
    assert drawer(cast) == 1000


@pytest.mark.parametrize("is_open", [True, False])
def test_a_method_whose_capitals_are_too_long_is_refused(cast: Cast, is_open: bool) -> None:
    """The ledger keeps methods in capitals, and the capitals of ß are two letters."""
    carla = caller(cast.carla)
    if is_open:
        opened(carla)
    assert paid(carla, "fits", method="ß" * 16)["method"] == "S" * 32
    batch = {"payments": [payment("of-a-batch", method="ß" * 17), payment("after-it")]}
    refused = carla.post("/payments", payment("long", method="ß" * 17))
    results = exact(carla.post("/payments/batch", batch))["results"]
    assert (refused.status_code, [result["status_code"] for result in results]) == (400, [400, 201])
    assert "Use at most 32 characters, counted in capitals." in named_fields(refused)
    assert sorted(Payment.objects.values_list("external_id", flat=True)) == ["after-it", "fits"]


def test_an_id_is_a_stores_own(cast: Cast) -> None:
    second = StoreFactory(account=cast.store.account, number="1338")
    dora = caller(UserFactory(store=second, username="dora"))
    opened(caller(cast.carla))
    opened(dora)
    paid(caller(cast.carla), "7", 100)
    paid(dora, "7", 200)
    assert Payment.objects.filter(external_id="7").count() == 2


def test_a_retry_after_the_close_still_finds_the_first_answer(cast: Cast) -> None:
    carla = caller(cast.carla)
    opened(carla)
    first = paid(carla)
    closed(carla, 10)
    again = carla.post("/payments", payment())
    assert (again.status_code, exact(again)) == (200, first)
    assert not Movement.objects.filter(is_late=True).exists()


# --- figures ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "moved"),
    [
        ({"amount": 1998, "tendered": 2000, "change": 2}, 1998),
        ({"amount": 1998, "tendered": 5000}, 1998),
        ({"amount": 1998, "tendered": 2000, "change": 0}, 2000),
        ({"amount": 1998, "tendered": 2000, "change": 5}, 1995),
        ({"amount": 2002, "tendered": 2000, "change": 0}, 2000),
        ({"amount": 1998, "tendered": 1998, "change": None}, 1998),
        ({"amount": 1998, "tendered": None, "change": None}, 1998),
        ({"amount": 2, "tendered": 0, "change": 0}, 0),
        ({"amount": 1005, "tendered": 1000, "change": 0}, 1000),
        ({"amount": 0}, 0),
        ({"amount": 5 * 10**9}, 5 * 10**9),
        ({"method": "EFECTIVO"}, 1000),
        ({"method": "efectivo"}, 1000),
        ({"method": "cash"}, 1000),
        ({"type": "REFUND"}, -1000),
        ({"amount": 1003, "tendered": 1000}, 1000),
        ({"type": "REFUND", "amount": 198, "tendered": 200}, -200),
        ({"type": "REFUND", "amount": 202, "tendered": 200, "change": 0}, -200),
        ({"type": "REFUND", "amount": 198, "tendered": 500, "change": 300}, -200),
        ({"type": "REFUND", "amount": 2, "tendered": 0}, 0),
        ({"type": "REFUND", "method": "CARD", "tendered": 1000}, 0),
        ({"method": "CARD"}, 0),
        ({"method": "CARD", "tendered": 1000}, 0),
        ({"tax": 190, "discount": 50}, 1000),
    ],
)
def test_what_comes_into_the_drawer(cast: Cast, fields: dict[str, Any], moved: int) -> None:
    carla = caller(cast.carla)
    opened(carla)
    assert carla.post("/payments", payment(**fields)).status_code == 201
    assert drawer(cast) == moved


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"tendered": 994}, "tendered"), ({"tendered": 1500, "change": 1501}, "change"), ({"change": 500}, "tendered"),
        ({"amount": 1006, "tendered": 1000, "change": 0}, "change"), ({"tendered": 1, "change": 0}, "change"),
        ({"method": "CARD", "tendered": 1500}, "change"), ({"method": "CARD", "tendered": 1500, "change": 500}, "change"),
        ({"type": "REFUND", "tendered": 1006}, "tendered"), ({"type": "REFUND", "tendered": 994}, "tendered"),
        ({"type": "REFUND", "tendered": 1000, "change": 6}, "change"), ({"type": "REFUND", "change": 0}, "tendered"),
        ({"type": "REFUND", "method": "CARD", "tendered": 1500, "change": 500}, "change"), ({"type": "EXCHANGE"}, "type"), ({"status": "approved"}, "status"), ({"status": "DONE"}, "status"),
        ({"method": ""}, "method"), ({"method": "x" * 33}, "method"), ({"method": 5}, "method"), ({"id": ""}, "id"), ({"id": None}, "id"),
        ({"id": "x" * 129}, "id"), ({"id": 1.5}, "id"), ({"id": True}, "id"), ({"id": "a\x00"}, "id"), ({"id": "\ud800"}, "id"), ({"order": "x" * 129}, "order"),
        ({"channel": "x" * 65}, "channel"), ({"channel": 5}, "channel"), ({"service": "\x00"}, "service"), ({"paid_at": "yesterday"}, "paid_at"),
        ({"paid_at": "2026-02-30T10:00:00Z"}, "paid_at"), ({"paid_at": 1767225600}, "paid_at"), ({"paid_at": "0001-01-01T00:00:00+14:00"}, "paid_at"),
        ({"paid_at": "9999-12-31T23:59:59-14:00"}, "paid_at"), ({"station": 0}, "station"), ({"station": 9}, "station"), ({"station": "x"}, "station"),
        ({"station": 2**31}, "station"), ({"store": "9999"}, "store"), ({"session": "999999"}, "session"), ({"session": "x"}, "session"),
        ({"session": "9" * 36}, "session"), ({"operator": "nobody"}, "operator"), ({"ammount": 5}, "ammount"), ({"\ud800": 5}, "ud800"),
    ],
)  # fmt: skip
def test_a_payment_that_cannot_be_read_is_refused_by_name_and_moves_nothing(
    cast: Cast, fields: dict[str, Any], field: str
) -> None:
    carla = caller(cast.carla)
    opened(carla)
    refused = carla.post("/payments", payment(**fields))
    assert refused.status_code == 400
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert field in named_fields(refused)
    assert not Payment.objects.exists()


@pytest.mark.parametrize("missing", ["id", "method", "currency", "amount", "status"])
def test_what_must_be_there_is_named(cast: Cast, missing: str) -> None:
    body = payment()
    del body[missing]
    refused = caller(cast.carla).post("/payments", body)
    assert refused.status_code == 400
    assert exact(refused)["errors"][0]["pointer"] == f"/{missing}"


# --- clocks -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("off", "status"),
    [
        (timedelta(hours=1), 201),
        (timedelta(hours=-1), 201),
        (timedelta(hours=23), 201),
        (timedelta(days=-30), 201),
        (timedelta(days=1, minutes=5), 400),
        (timedelta(days=400), 400),
    ],
)
def test_a_tills_clock_may_be_off(cast: Cast, off: timedelta, status: int) -> None:
    """The register's session gets the sale, whatever the till's clock says. Only times a day or more ahead are refused."""
    carla = caller(cast.carla)
    session = opened(carla)
    reported = carla.post("/payments", payment(paid_at=(timezone.now() + off).isoformat()))
    assert reported.status_code == status
    if status == 201:
        assert (exact(reported)["session"], exact(reported)["booked"], drawer(cast)) == (session["id"], "on_time", 1000)
        assert Movement.objects.get().business_date <= CashSession.objects.get().business_date
    else:
        assert "/paid_at" in named_fields(reported)


def test_the_same_instant_in_another_offset_is_the_same_event(cast: Cast) -> None:
    carla = caller(cast.carla)
    opened(carla)
    paid(carla, paid_at="2026-01-05T12:00:00+02:00")
    assert carla.post("/payments", payment(paid_at="2026-01-05T10:00:00Z")).status_code == 200
