"""X and Z reports over the API: who may read them, their content, and their number of statements."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from cashdesk.enums import Scope
from cashdesk.models import AuditEntry, Seal
from settlements.domain.closing import force_close_settlement
from tests.factories import StoreFactory
from tests.settlements.reporting import USD, Day, found
from tests.stories import Cast, caller, counted_queries, exact, key_caller

X = "/registers/1/x-report"
Z = "/registers/1/z-reports"


def yesterday(cast: Cast) -> Day:
    day = Day(cast, start=timezone.now() - timedelta(days=1))
    day.open_vault()
    return day


def closed_day(day: Day) -> None:
    day.close(
        day.trade(), found(33_800, pieces={10_000: 3, 2_000: 1, 1_000: 1, 500: 1, 200: 1, 100: 1}), found(1_500, USD)
    )


def of(body: Any, method: str, currency: str = "EUR") -> dict[str, Any]:
    (amount,) = (line for line in body["amounts"] if (line["currency"], line["method"]) == (currency, method))
    return dict(amount)


def test_the_x_tells_a_manager_what_runs(cast: Cast) -> None:
    day = yesterday(cast)
    settlement = day.trade()
    answer = caller(cast.erika).get(X)
    assert answer.status_code == 200
    body = exact(answer)
    assert list(body) == [
        "number", "store", "station", "of", "settlement", "session", "opened_at", "opened_by", "movements", "sessions",
        "no_sales", "at", "preview_count", "amounts",
    ]  # fmt: skip
    assert body["number"] == f"X {body['at'][:19]}Z"
    assert (body["store"], body["station"], body["of"], body["settlement"], body["session"]) == (
        "1337", 1, "SETTLEMENT", str(settlement.uuid), None,
    )  # fmt: skip
    assert of(body, "CASH") == {
        "currency": "EUR", "method": "CASH", "opened_with": 20_000, "opening_difference": 0, "begun_with": 20_000,
        "came_in": 19_345, "went_out": 5_545, "expected": 33_800, "late": 0,
    }  # fmt: skip
    assert {"kind": "DROP", "currency": "EUR", "method": "CASH", "count": 1, "came_in": 0, "went_out": 3_000} in body[
        "movements"
    ]
    assert exact(caller(cast.erika).get("/registers/0/x-report"))["station"] == 0
    assert AuditEntry.objects.filter(action="x_report.seen").count() == 2


def test_nothing_runs(cast: Cast) -> None:
    answer = caller(cast.erika).get(X)
    assert (answer.status_code, exact(answer)["code"]) == (404, "nothing_runs")
    assert exact(answer)["detail"] == "Register 1 is not open."
    answer = caller(cast.erika).get("/registers/0/x-report")
    assert exact(answer)["detail"] == "The safe is not open."


def test_the_x_is_not_a_cashiers(cast: Cast) -> None:
    yesterday(cast).trade()
    answer = caller(cast.carla).get(X)
    assert (answer.status_code, exact(answer)["type"]) == (403, "/api/v1/problems/permission_denied")
    assert not AuditEntry.objects.filter(action="x_report.seen").exists()


@pytest.mark.parametrize("path", [X, Z, f"{Z}/1"])
def test_a_key_needs_the_scope_and_a_stranger_gets_nothing(cast: Cast, path: str) -> None:
    day = yesterday(cast)
    closed_day(day)
    day.trade()
    query = f"?store={cast.store.uuid}"
    assert key_caller(cast.store, Scope.SETTLEMENTS_READ).get(path + query).status_code == 200
    assert key_caller(cast.store, Scope.SETTLEMENTS_WRITE, Scope.SESSIONS_READ).get(path + query).status_code == 403
    foreign, unknown = (caller(cast.otto).get(path + wanted) for wanted in (query, "?store=4711"))
    assert foreign.status_code == unknown.status_code == 400
    words = [exact(answer)["errors"] for answer in (foreign, unknown)]
    assert words[0] == words[1] == [{"pointer": "/store", "detail": "is not a store that you work in."}]
    assert caller(cast.anna).get(path + query).status_code == 200
    assert caller(cast.anna).get(path).status_code == 400
    assert caller(cast.erika).get(path.replace("/1/", "/9/")).status_code == 404
    assert caller(cast.erika).get(path.replace("/1/", f"/{10**30}/")).status_code == 404
    assert caller(cast.erika).get(f"{path}?stor=1337").status_code == 400


def test_the_z_of_a_settlement(cast: Cast) -> None:
    day = yesterday(cast)
    closed_day(day)
    body = exact(caller(cast.erika).get(f"{Z}/3"))
    seal = Seal.objects.get(place=day.register, number=3)
    assert (body["number"], body["of"], body["closing"], body["uncounted"]) == ("Z 3", "SETTLEMENT", "DECLARED", False)
    assert body["seal"]["digest"] == seal.digest
    assert body["seal"]["previous_digest"] == seal.previous_digest
    assert (body["seal"]["after_movement"], body["seal"]["movement_count"]) == (seal.after_movement, 3)
    cash = of(body, "CASH")
    assert (cash["expected"], cash["counted"], cash["difference"], cash["returned"]) == (33_800, 33_800, 0, 33_800)
    assert of(body, "CARD")["assumed"] is True
    assert [line["kind"] for line in body["booked"]] == ["RETURN", "RETURN", "CLEARING"]
    assert [attempt["moment"] for attempt in body["attempts"]] == ["OPENING", "CLOSING"]
    (euros, _dollars) = body["attempts"][1]["found"]
    assert {"denomination": 10_000, "pieces": 3} in euros["denominations"]
    assert [(one["cashier"], one["difference"]) for one in body["sessions"]] == [("Carla", -45), ("Bruno", 0)]


def test_the_list_goes_by_cursor_and_tells_what_was_closed(cast: Cast) -> None:
    day = yesterday(cast)
    closed_day(day)
    settlement = day.trade()
    force_close_settlement(settlement=settlement, by=day.by(), at=day.tick, reason="fire")
    erika = caller(cast.erika)
    first = erika.get(f"{Z}?limit=4")
    told = [(row["number"], row["of"]) for row in exact(first)]
    assert told == [(6, "SETTLEMENT"), (5, "SESSION"), (4, "SESSION"), (3, "SETTLEMENT")]
    assert exact(first)[0]["settlement"] == str(settlement.uuid)
    following = first.headers["Link"].split(">")[0].split("/api/v1")[1]
    rest = erika.get(following)
    assert [row["number"] for row in exact(rest)] == [2, 1]
    assert "Link" not in rest.headers
    links = exact(first)[0]["links"]
    assert exact(erika.get(links["report"].split("/api/v1")[1]))["number"] == "Z 6"
    assert links["page"].endswith(f"/reports/registers/{cast.store.uuid}/1/z/6")
    # The list tells no figure, the Z of a drawer that nobody has counted does.
    looks = AuditEntry.objects.filter(action="expected.seen")
    assert [look.detail for look in looks] == [{"settlements": [settlement.pk]}]


def test_a_cashier_is_told_of_their_own_sessions_alone(cast: Cast) -> None:
    day = yesterday(cast)
    closed_day(day)
    carla, bruno = caller(cast.carla), caller(cast.bruno)
    assert [row["number"] for row in exact(carla.get(Z))] == [1]
    assert [row["number"] for row in exact(bruno.get(Z))] == [2]
    assert exact(carla.get("/registers/0/z-reports")) == []
    assert of(exact(carla.get(f"{Z}/1")), "CASH")["difference"] == -45
    refused = [carla.get(f"{Z}/{number}") for number in (2, 3, 99)]
    assert [answer.status_code for answer in refused] == [404, 404, 404]
    words = {
        exact(answer)["detail"].replace(str(number), "n") for answer, number in zip(refused, (2, 3, 99), strict=True)
    }
    assert words == {"Register 1 has no Z report n."}


def test_the_books_of_a_closed_shop_stay_readable(cast: Cast) -> None:
    closed_day(yesterday(cast))
    cast.store.is_active = False
    cast.store.save()
    anna = caller(cast.anna)
    assert len(exact(anna.get(f"{Z}?store={cast.store.uuid}"))) == 3
    assert exact(anna.get(f"{Z}/3?store=1337"))["number"] == "Z 3"


def test_a_number_belongs_to_the_store_of_ones_own_account(cast: Cast) -> None:
    other = StoreFactory(number="1338", account=cast.store.account)
    closed_day(yesterday(cast))
    answer = caller(cast.anna).get(f"{Z}?store={other.number}")
    assert (answer.status_code, exact(answer)) == (200, [])


@pytest.mark.parametrize("days", [1, 3])
def test_a_look_costs_the_same_whatever_the_history(cast: Cast, days: int) -> None:
    day = yesterday(cast)
    for _day in range(days):
        closed_day(day)
    day.trade()
    erika = caller(cast.erika)
    erika.get(Z)
    cost = []
    for path in (X, Z, f"{Z}/3"):
        with counted_queries() as queries:
            assert erika.get(path).status_code == 200
        cost.append(len(queries))
    assert cost == [15, 5, 14]
