"""Reports over a range, and the cash position. Their figures are added up again from exported rows."""

import csv
import io
from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cashdesk.domain.store.business_day import business_date
from cashdesk.models import AuditEntry, CashSession
from tests.cashdesk.desk import close_drawer, minutes, open_drawer, pay
from tests.module_world import ModuleWorld
from tests.reconciliations.exporting import exported
from tests.reconciliations.reported import Week, make_week
from tests.reconciliations.test_report_files import blocks_of
from tests.stories import counted_queries, make_cast

ZERO: Final = Decimal(0)
RANGE = {"from": "2026-03-10", "to": "2026-03-11"}


@pytest.fixture(scope="module")
def _week(module_world: ModuleWorld) -> Week:
    return module_world.make(lambda: make_week(make_cast()))


@pytest.fixture
def week(db: None, _week: Week) -> Week:
    """Two days. On the second, nobody counted Carla's drawer."""
    return _week


def client_of(week: Week) -> Client:
    client = Client()
    client.force_login(week.cast.erika)
    return client


def told(week: Week, page: str, **query: Any) -> dict[str, list[list[str]]]:
    """Returns the blocks of a report as CSV."""
    answer = client_of(week).get(reverse(page, args=["csv"]), {**RANGE, **query})
    assert answer.status_code == 200
    return blocks_of(answer.content)


def rows(week: Week, table: str, **query: str) -> list[dict[str, str]]:
    return exported(week.cast.erika, table, first=RANGE["from"], last=RANGE["to"], **query)


def counted_sessions(week: Week) -> list[dict[str, str]]:
    return [row for row in rows(week, "sessions") if (row["status"], row["is_cancelled"]) == ("CLOSED", "false")]


@pytest.mark.parametrize(
    ("block", "column", "word"),
    [
        ("By day", "business_date", "{}"),
        ("By cashier", "cashier_name", "{}"),
        ("By register", "station", "Register {}"),
    ],
)
def test_over_and_short_are_those_of_the_exported_sessions(week: Week, block: str, column: str, word: str) -> None:
    sums: dict[str, list[Decimal]] = defaultdict(lambda: [ZERO] * 3)
    for row in counted_sessions(week):
        difference = Decimal(row["difference"])
        line = sums[word.format(row[column])]
        sums[word.format(row[column])] = [line[0] + 1, line[1] + min(difference, ZERO), line[2] + max(difference, ZERO)]
    _head, *lines, total = told(week, "over-short-file")[block]
    assert {line[0]: [Decimal(part) for part in line[1:4]] for line in lines} == sums
    assert all(Decimal(line[2]) + Decimal(line[3]) == Decimal(line[4]) for line in (*lines, total))
    assert Decimal(total[4]) == sum(Decimal(row["difference"]) for row in counted_sessions(week)) == Decimal("-0.70")


def test_a_drawer_that_nobody_counted_is_left_out_of_over_and_short(week: Week) -> None:
    blocks = told(week, "over-short-file")
    assert ["1 drawer is not counted yet, and left out."] in blocks[""]
    assert {line[0]: line[1] for line in blocks["By cashier"][1:]} == {"Carla": "1", "Bruno": "2", "Total": "3"}
    assert blocks["History by month"][1] == ["March 2026", "3", "-1.20", "0.50", "-0.70"]


def test_the_summary_agrees_with_the_over_short_account_of_the_books(week: Week) -> None:
    """Nobody counts Carla's drawer before she opens it again; then a sale of her counted drawer is reported late."""
    carla = week.cast.carla
    opened = open_drawer(carla, 15_000, station=1, at=minutes(26 * 60))
    close_drawer(opened, 15_010, at=minutes(27 * 60))
    first = CashSession.objects.get(pk=counted_sessions(week)[0]["session_id"])
    pay(first, 777, at=minutes(28 * 60))
    blocks = told(week, "over-short-file")
    assert ["1 drawer was closed without a count. What was missing in it is under “In the books”."] in blocks[""]
    books = {line[0]: Decimal(line[4]) for line in blocks["In the books"][1:] if len(line) > 1}
    movements = [row for row in rows(week, "movements") if (row["method"], row["currency"]) == ("CASH", "EUR")]
    sign = {"source": 1, "destination": -1}
    moved = [(row, sign[end] * Decimal(row["amount"])) for row in movements for end in sign if row[end] == "OVER_SHORT"]
    assert books["Total"] == sum(amount for _row, amount in moved)
    assert books["Sales and refunds that were reported after the count"] == sum(
        amount for row, amount in moved if row["is_late"] == "true"
    )
    sessions = rows(week, "sessions")
    assert books["Openings: the float was not what the books said"] == sum(
        Decimal(row["opening_difference"]) for row in sessions
    )
    counts = books["Counts at the close of drawers"]
    assert counts == sum(Decimal(row["difference"]) for row in counted_sessions(week))
    assert counts == Decimal(blocks["By day"][-1][4])
    assert len(books) == 4


def test_the_month_of_an_operator_is_that_of_the_exported_rows(week: Week) -> None:
    bruno = week.cast.bruno
    blocks = told(week, "operator-month-file", person=bruno.uuid)
    sessions = [row for row in rows(week, "sessions") if row["cashier_name"] == "Bruno"]
    _head, *lines, total = blocks["Drawers"]
    assert [line[5:9] for line in lines] == [
        [row["start_amount"], row["expected_amount"], row["declared_amount"], row["difference"]] for row in sessions
    ]
    for at, column in ((6, "expected_amount"), (7, "declared_amount"), (8, "difference")):
        assert Decimal(total[at]) == sum(Decimal(row[column]) for row in sessions)
    numbers = {row["session_id"] for row in sessions}
    taken: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows(week, "payments"):
        if row["session_id"] in numbers and row["status"] == "APPROVED":
            taken[row["method"]] += Decimal(row["amount"]) * (1 if row["type"] == "SALE" else -1)
    shown = {line[0]: Decimal(line[5]) for line in blocks["Takings in counted drawers"][1:]}
    assert shown == {"Cash": taken["CASH"], "VOUCHER": taken["VOUCHER"]}


def test_a_drawer_of_an_operator_that_nobody_counted_has_no_figures(week: Week) -> None:
    blocks = told(week, "operator-month-file", person=week.cast.carla.uuid, **{"from": "2026-03-11"})
    line = blocks["Drawers"][1]
    assert line[5:] == ["200.00", "", "", "", "Not counted"]
    assert "Takings in counted drawers" not in blocks
    assert AuditEntry.objects.filter(action="expected.seen").count() == 0


def test_the_position_is_that_of_all_movements_and_the_look_is_recorded(week: Week) -> None:
    answer = client_of(week).get(reverse("position-file", args=["csv"]))
    blocks = blocks_of(answer.content)
    assert AuditEntry.objects.filter(action="expected.seen", user=week.cast.erika).count() == 1
    held: dict[str, Decimal] = defaultdict(Decimal)
    for row in exported(week.cast.erika, first="2026-03-01", last="2026-03-31"):
        if (row["method"], row["currency"]) == ("CASH", "EUR"):
            for end, sign in (("destination", 1), ("source", -1)):
                name = f"Register {row[f'{end}_station']}" if row[end] == "REGISTER" else row[end]
                held[name] += sign * Decimal(row["amount"])
    cash = {line[0]: Decimal(line[1]) for line in blocks["EUR Cash"][1:]}
    assert cash.pop("All places together") == 0
    assert cash.pop("In the store") == held["VAULT"] + held["Register 1"] + held["Register 2"]
    assert cash["Register 1"] == held["Register 1"] == Decimal("247.11")
    assert sorted(cash.values()) == sorted(amount for amount in held.values() if amount)


def test_the_position_of_an_instant_and_the_change_since_it_add_up_to_the_position_of_now(week: Week) -> None:
    def of_instants(**query: str) -> dict[str, Decimal]:
        answer = client_of(week).get(reverse("position-file", args=["csv"]), query)
        assert answer.status_code == 200
        return {line[0]: Decimal(line[1]) for line in blocks_of(answer.content)["EUR Cash"][1:]}

    instant = "2026-03-10T18:00:00Z"
    then, change, now = of_instants(as_of=instant), of_instants(since=instant), of_instants()
    assert then != now
    assert change["All places together"] == 0
    assert {name: then.get(name, 0) + change.get(name, 0) for name in {*then, *change}} == {
        name: now.get(name, Decimal()) for name in {*then, *change}
    }
    looks = AuditEntry.objects.filter(action="expected.seen", user=week.cast.erika)
    assert [sorted(look.detail) for look in looks.order_by("pk")] == [["as_of", "of"], ["of", "since"], ["of"]]


def test_a_position_file_of_a_wrong_instant_is_refused_on_the_page(week: Week) -> None:
    path = reverse("position-file", args=["pdf"])
    for query in ({"as_of": "soon"}, {"since": "2026-03-11T10:00", "as_of": "2026-03-10T10:00"}):
        answer = client_of(week).get(path, query)
        assert (answer.status_code, 'aria-invalid="true"' in answer.content.decode()) == (400, True)
    assert not AuditEntry.objects.filter(action="expected.seen").exists()


def test_a_report_that_nobody_chose_a_range_for_has_the_last_thirty_days(week: Week) -> None:
    today = business_date(store=week.cast.store, at=timezone.now())
    page = client_of(week).get(reverse("over-short")).content.decode()
    assert f'value="{today - timedelta(days=29)}"' in page
    assert f'value="{today}"' in page


def test_presets_and_wrong_dates_are_answered_on_the_page(week: Week) -> None:
    client = client_of(week)
    assert client.get(reverse("over-short"), {"preset": "last-month"}).status_code == 200
    refused = client.get(reverse("over-short"), {"from": "2026-03-11", "to": "2026-03-10"})
    assert refused.status_code == 400
    assert "Choose a date on or after 11 Mar 2026, the start of the range." in refused.content.decode()
    assert client.get(reverse("operator-month"), {"person": "nobody"}).status_code == 404


@pytest.mark.parametrize("page", ["over-short", "operator-month"])
def test_a_report_needs_the_same_statements_for_few_and_many_rows(week: Week, page: str) -> None:
    client, needed = client_of(week), []
    query = {**RANGE, "person": week.cast.bruno.uuid}
    client.get(reverse(page), query)
    for number in range(2):
        with counted_queries() as queries:
            assert client.get(reverse(page), query).status_code == 200
        needed.append(len(queries))
        for at in (number * 10 + 1500, number * 10 + 1505):
            close_drawer(open_drawer(week.cast.bruno, 0, station=2, at=minutes(at)), 5, at=minutes(at + 1))
    assert needed[0] == needed[1]
    assert needed[0] <= 22


def test_a_file_is_a_csv_that_spreadsheets_read(week: Week) -> None:
    content = client_of(week).get(reverse("over-short-file", args=["csv"]), RANGE).content.decode("utf-8-sig")
    assert next(csv.reader(io.StringIO(content))) == ["Over/short summary"]
