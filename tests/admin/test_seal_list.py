"""The list of seals: cashier, beginning and difference of what was counted, found without reading the whole table."""

import re
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test import Client

from cashdesk.admin_base.paginator import BoundedPaginator
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.session.closing import force_close_session
from cashdesk.models import Movement, Seal
from tests.admin.back_office import list_of, sits_down
from tests.api.test_payment_list import plan_of
from tests.cashdesk.desk import close_drawer, minutes, open_drawer, sell
from tests.module_world import ModuleWorld
from tests.settlements.admin.periods import REGISTERS, Periods, settle
from tests.stories import Cast, counted_queries, make_cast


class Day:
    """A shop with settlements, and three sessions: short, without a difference, and without a count."""

    def __init__(self) -> None:
        self.cast: Cast = make_cast(registers=REGISTERS)
        self.seals: dict[str, Seal] = {}
        for name, apart in (("short", -40), ("even", 0)):
            session = open_drawer(self.cast.bruno, 10_000)
            sell(session, 2_500)
            self.seals[name] = close_drawer(session, 12_500 + apart).seal  # type: ignore[assignment]  # it is closed
        left = open_drawer(self.cast.bruno, 7_713, at=minutes(70))
        by = Principal(user=self.cast.erika)
        self.seals["uncounted"] = force_close_session(session=left, by=by, at=minutes(80), reason="gone").seal  # type: ignore[assignment]
        self.periods: Periods = settle(self.cast.store, self.cast.erika, self.cast.carla)
        self.seals["settled"] = self.periods.closed.seal  # type: ignore[assignment]
        self.seals["left"] = self.periods.uncounted.seal  # type: ignore[assignment]


@pytest.fixture(scope="module")
def day(module_world: ModuleWorld) -> Day:
    return module_world.make(Day)


@pytest.fixture
def erika(day: Day, db: None) -> Client:
    return sits_down(day.cast.erika)


def row_of(page: str, seal: Seal) -> dict[str, str]:
    """Returns the texts of a row of the list by column."""
    (row,) = [row for row in re.findall(r"<tr>.*?</tr>", page, re.DOTALL) if f"/{seal.pk}/change/" in row]
    cells = re.findall(r'<t[dh] class="field-(\w+)[^"]*">(.*?)</t[dh]>', row, re.DOTALL)
    return {name: re.sub(r"<[^>]+>", "", text).strip() for name, text in cells}


@pytest.mark.parametrize(
    ("name", "cashier", "difference"),
    [
        ("short", "Bruno", "−€0.40"),
        ("even", "Bruno", "€0.00"),
        ("uncounted", "Bruno", "-"),
        ("left", "Erika Mustermann", "-"),
    ],
)
def test_a_seal_is_listed_with_who_counted_and_what_differed(
    day: Day, erika: Client, name: str, cashier: str, difference: str
) -> None:
    page = erika.get(list_of(Seal)).content.decode()
    cells = row_of(page, day.seals[name])
    assert (cells["cashier"], cells["difference"]) == (cashier, difference)
    assert cells["began_at"] != "-"
    assert "77.13" not in page


def test_a_settlement_shows_the_differences_of_its_pairs(day: Day, erika: Client) -> None:
    cells = row_of(erika.get(list_of(Seal)).content.decode(), day.seals["settled"])
    for line in day.periods.closed.closing_amounts.exclude(difference=0):
        assert f"{abs(line.difference) / 100:.2f}" in cells["difference"]
        assert (line.method == "CASH") != (line.method in cells["difference"])
    assert cells["cashier"] == day.periods.closed.closed_by_name


def test_seals_are_sorted_by_the_time_of_the_seal_only(day: Day, erika: Client) -> None:
    changelist = erika.get(list_of(Seal)).context["cl"]
    (place,) = [at for at, column in enumerate(changelist.list_display) if column in changelist.sortable_by]
    newest = [seal.pk for seal in changelist.result_list]
    assert [seal.pk for seal in erika.get(list_of(Seal), {"o": str(place)}).context["cl"].result_list] == newest[::-1]
    assert [seal.pk for seal in erika.get(list_of(Seal), {"o": "0"}).context["cl"].result_list] == newest


@pytest.mark.parametrize("query", [{}, {"q": "2"}, {"q": "0" * 64}, {"sealed_at__year": 2026}], ids=str)
def test_no_plan_of_the_list_scans_the_seals(day: Day, db: None, query: dict[str, Any]) -> None:
    with counted_queries() as queries:
        assert sits_down(day.cast.anna).get(list_of(Seal), query).status_code == 200
    statements = [row["sql"] for row in queries if 'FROM "cashdesk_seal"' in row["sql"]]
    assert len(statements) == 2, "how many there are, and the rows"
    for statement in statements:
        plan = plan_of(statement)
        assert "Seq Scan on cashdesk_seal" not in plan
        assert "SCAN cashdesk_seal" not in plan.replace("SCAN cashdesk_seal USING", "")


def test_a_list_tells_about_how_many_rows_it_does_not_count(
    day: Day, erika: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BoundedPaginator, "rows_max", 3)
    page = erika.get(list_of(Movement)).content.decode()
    assert "The newest 3 movements." in page, "the planner knows of no more rows"
    monkeypatch.setattr(QuerySet, "explain", lambda _rows, **_options: '[{"Plan": {"Plan Rows": 1234567}}]')
    page = erika.get(list_of(Movement)).content.decode()
    told = "About 1,200,000 movements. These are the newest 3."
    assert (told in page) == (connection.vendor == "postgresql")


def test_movements_are_found_by_day_only_within_a_store(day: Day, db: None) -> None:
    anna = sits_down(day.cast.anna)
    on = {"business_date__exact": "2026-03-09"}
    assert anna.get(list_of(Movement), on).status_code == 400
    with counted_queries() as queries:
        assert anna.get(list_of(Movement), {**on, "store": day.cast.store.pk}).status_code == 200
    assert any("business_date" in query["sql"] for query in queries)
    assert sits_down(day.cast.erika).get(list_of(Movement), on).status_code == 200
