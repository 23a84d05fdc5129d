"""The shift summary: managers see the shifts of their store, and admins those of their account."""

import csv
import io

import pytest
from django.utils import timezone

from cashdesk.domain.store.business_day import business_date
from cashdesk.enums import Scope
from tests.api.steps import bound_key, closed, days, opened, paid
from tests.factories import StoreFactory, UserFactory
from tests.stories import Caller, Cast, caller, counted_queries, exact, make_cast


def summary(by: Caller, cast: Cast, **query: str) -> str:
    today = business_date(store=cast.store, at=timezone.now()).isoformat()
    asked = {"start_date": today, "end_date": today, **query}
    return "/reports/shift-summary?" + "&".join(f"{name}={value}" for name, value in asked.items())


def rows(by: Caller, cast: Cast, **query: str) -> list[dict[str, object]]:
    answer = by.get(summary(by, cast, **query))
    assert answer.status_code == 200, answer.content
    return list(exact(answer)["data"])


def test_closed_shifts_tell_and_open_ones_do_not(cast: Cast) -> None:
    carla = caller(cast.carla)
    opened(carla, 100)
    paid(carla, amount=2345)
    closed(carla, 120)
    opened(carla, 50)
    paid(carla, "2", amount=777)
    first, second = rows(caller(cast.erika), cast)
    assert (
        first["status"],
        first["start_cash"],
        first["expected_cash_end"],
        first["actual_cash_end"],
        first["cash_difference"],
    ) == ("closed", 10000, 12345, 12000, -345)
    assert (
        second["status"],
        second["start_cash"],
        second["expected_cash_end"],
        second["actual_cash_end"],
        second["cash_difference"],
    ) == ("open", 5000, None, None, None)
    assert list(first) == [
        "shift_id", "cashier_name", "start_time", "end_time", "status", "start_cash", "actual_cash_end", "expected_cash_end", "cash_difference", "is_counted",
        "currency", "store",
    ]  # fmt: skip


def test_a_cashier_may_not_a_manager_sees_the_store_an_admin_the_account(cast: Cast) -> None:
    second = StoreFactory(account=cast.store.account, number="1338")
    for person in (cast.carla, UserFactory(store=second, username="dora"), cast.otto):
        opened(caller(person))
    assert caller(cast.carla).get(summary(caller(cast.carla), cast)).status_code == 403
    assert [row["cashier_name"] for row in rows(caller(cast.erika), cast)] == ["Carla"]
    assert [row["cashier_name"] for row in rows(caller(cast.anna), cast)] == ["Carla", "Dora"]
    assert [row["cashier_name"] for row in rows(caller(cast.otto), cast)] == ["Otto"]
    assert [row["cashier_name"] for row in rows(caller(cast.anna, store=second), cast)] == ["Dora"]


@pytest.mark.parametrize("scope", Scope)
def test_a_key_reads_it_with_its_scope(cast: Cast, scope: Scope) -> None:
    till = bound_key(cast.store, scope)
    assert till.get(summary(till, cast)).status_code == (200 if scope == Scope.SESSIONS_READ else 403)


@pytest.mark.parametrize("number", [1, 3, 10])
def test_the_summary_costs_the_same_however_long_it_is(cast: Cast, number: int) -> None:
    days(caller(cast.carla), number)
    erika = caller(cast.erika)
    erika.get("/auth/me")
    with counted_queries() as queries:
        assert len(rows(erika, cast)) == number
    assert len(queries) == 2


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("", "start_date"), ("start_date=2026-01-01", "end_date"), ("start_date=2026-01-02&end_date=2026-01-01", "end_date"),
        ("start_date=2026-01-01&end_date=2027-01-02", "end_date"), ("start_date=x&end_date=2026-01-01", "start_date"),
        ("start_date=2026-02-30&end_date=2026-03-01", "start_date"), ("start_date=2026-01-01T00:00:00Z&end_date=2026-01-01", "start_date"),
        ("start_date=0001-01-01&end_date=9999-12-31", "end_date"), ("start_date=%00&end_date=2026-01-01", "start_date"),
        ("start_date=2026-01-01&end_date=2026-01-01&export=xlsx", "export"), ("start_date=2026-01-01&end_date=2026-01-01&cashier=1", "cashier"),
    ],
)  # fmt: skip
def test_a_range_that_cannot_be_is_refused_by_name(cast: Cast, query: str, name: str) -> None:
    refused = caller(cast.erika).get(f"/reports/shift-summary?{query}")
    assert refused.status_code == 400
    assert name in exact(refused)["data"]["errors"]


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2024-02-29"])
def test_any_single_day_is_a_range(cast: Cast, day: str) -> None:
    assert rows(caller(cast.erika), cast, start_date=day, end_date=day) == []


def test_a_year_is_a_range(cast: Cast) -> None:
    assert rows(caller(cast.erika), cast, start_date="2024-01-01", end_date="2024-12-31") == []


def test_as_a_file_it_has_the_same_rows(cast: Cast) -> None:
    carla, erika = caller(cast.carla), caller(cast.erika)
    opened(carla, 100)
    closed(carla, "99.50")
    opened(carla)
    answer = erika.get(summary(erika, cast, export="csv"))
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert "attachment" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    found = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))  # type: ignore[attr-defined]
    assert [(row["status"], row["expected_cash_end"], row["cash_difference"]) for row in found] == [
        ("closed", "10000", "-50"),
        ("open", "", ""),
    ]
    assert list(found[0]) == list(rows(erika, cast)[0])


@pytest.mark.parametrize(
    "name", ['=HYPERLINK("http://evil")', "+1", "-1", "@SUM(1)", "\t=1", "\r=1", 'Zoë, "the"\nsecond']
)
def test_a_name_is_never_a_formula(cast: Cast, name: str) -> None:
    cast.carla.name = name
    cast.carla.save()
    opened(caller(cast.carla))
    erika = caller(cast.erika)
    answer = erika.get(summary(erika, cast, export="csv"))
    (row,) = csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode(), newline=""))  # type: ignore[attr-defined]
    assert not row["cashier_name"].startswith(("=", "+", "-", "@", "\t", "\r"))
    assert name.strip() in row["cashier_name"]


@pytest.mark.django_db
def test_the_business_date_is_the_stores() -> None:
    cast = make_cast(time_zone="Pacific/Kiritimati")  # 14 hours ahead: tomorrow already, most of the day
    opened(caller(cast.carla))
    erika = caller(cast.erika)
    assert len(rows(erika, cast)) == 1
    assert rows(erika, cast, start_date="2020-01-01", end_date="2020-01-31") == []


def test_the_door(cast: Cast) -> None:
    erika = caller(cast.erika)
    assert erika.get(summary(erika, cast).replace("summary?", "summary/?")).status_code == 200
    assert erika.post("/reports/shift-summary", {}).status_code == 405
    refused = erika.get("/reports/yearly")
    assert (refused.status_code, sorted(exact(refused))) == (404, ["error", "message"])


def test_each_row_says_its_currency_and_store_and_a_store_narrows_them(cast: Cast) -> None:
    jakarta = StoreFactory(account=cast.store.account, number="0062", currency="IDR", time_zone="Asia/Jakarta")
    theirs = StoreFactory(number="0063")
    for store, units in ((cast.store, 12.5), (jakarta, 50_000)):
        carla = caller(UserFactory(store=store))
        opened(carla, units)
        closed(carla, units)
    anna = caller(cast.anna)
    day = {"start_date": "2000-01-01", "end_date": "2000-12-31"}
    assert rows(anna, cast, **day) == []
    today = {business_date(store=store, at=timezone.now()).isoformat() for store in (cast.store, jakarta)}
    span = {"start_date": min(today), "end_date": max(today)}
    found = rows(anna, cast, **span)
    assert {(row["store"], row["currency"], row["start_cash"]) for row in found} == {
        ("1337", "EUR", 1250),
        ("0062", "IDR", 50_000),
    }
    assert list(found[0])[-2:] == ["currency", "store"]
    for reference in ("0062", str(jakarta.uuid)):
        assert [row["currency"] for row in rows(anna, cast, store=reference, **span)] == ["IDR"]
    for unknown in ("0063", str(theirs.uuid), "nope"):
        assert rows(anna, cast, store=unknown, **span) == []
    assert rows(anna, cast, store="", **span) == found
    text = anna.get(summary(anna, cast, export="csv", store="0062", **span)).getvalue().decode()  # type: ignore[attr-defined]
    lines = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert [line[-2:] for line in lines] == [["currency", "store"], ["IDR", "0062"]]
