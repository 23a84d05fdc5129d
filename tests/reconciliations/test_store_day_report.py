"""The numbered report of a business day: its figures, its chain, and what it leaves out."""

from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.session.count_afterwards import count_afterwards
from cashdesk.models import CashSession
from reconciliations.domain.business_day_close import close_business_day
from reconciliations.models import StoreDayReport
from tests import roles
from tests.cashdesk.desk import NOON, close_drawer, counted, execute, open_drawer, refusal_of, sell
from tests.module_world import ModuleWorld
from tests.reconciliations.reported import DAY, NEXT, Week, added, close_day, make_week
from tests.stories import counted_queries, make_cast


@pytest.fixture(scope="module")
def _week(module_world: ModuleWorld) -> Week:
    return module_world.make(lambda: make_week(make_cast()))


@pytest.fixture
def week(db: None, _week: Week) -> Week:
    """Two days. On the second, nobody counted Carla's drawer."""
    return _week


def cents(amount: Decimal) -> int:
    return int(amount * 100)


def test_takings_are_those_of_the_exported_rows(week: Week) -> None:
    rows = added(week.cast, DAY)
    told = {line["method"]: line for line in week.first.contents["takings"]}
    for method in ("CASH", "CARD", "VOUCHER"):
        line = told.pop(method)
        sales = sum((amount for (kind, by, _at), amount in rows.items() if (kind, by) == ("SALE", method)), Decimal())
        back = sum((amount for (kind, by, _at), amount in rows.items() if (kind, by) == ("REFUND", method)), Decimal())
        assert (line["sales"], line["refunds"]) == (cents(sales), cents(back))
        assert (line["rounding"], line["late"]) == (0, 0)
    assert told == {}


def test_each_drawer_adds_up_from_the_exported_rows(week: Week) -> None:
    rows = added(week.cast, DAY)
    for drawer in week.first.contents["drawers"]:
        (result,) = drawer["results"]
        station = str(drawer["station"])
        moved = {
            kind: cents(amount)
            for (kind, method, at), amount in rows.items()
            if (method, at) == ("CASH", station) and kind not in ("RETURN", "OVER_SHORT")
        }
        assert dict(result["moved"]) == moved
        assert result["begun_with"] == 0
        assert result["expected"] == sum(moved.values())
        assert result["counted"] == -cents(rows["RETURN", "CASH", station])
        assert result["difference"] == cents(rows["OVER_SHORT", "CASH", station])
    assert [drawer["results"][0]["difference"] for drawer in week.first.contents["drawers"]] == [-120, 50]


def test_the_safe_and_its_bag_are_in_the_report_once_it_was_counted(week: Week) -> None:
    (safe,) = week.first.contents["safe"]
    (result,) = safe["results"]
    assert (result["begun_with"], result["expected"], result["difference"]) == (200_000, 237_695, 0)
    assert sum(amount for _kind, amount in result["moved"]) == 37_695
    (bag,) = week.first.contents["deposits"]
    assert (bag["bag"], bag["amount"], bag["state"]) == ("0418", 90_000, "PREPARED")
    assert week.first.contents["no_sales"] == [[1, 1]]


def test_a_drawer_that_nobody_counted_has_no_figures_and_its_sales_are_in_no_sum(week: Week) -> None:
    contents = week.second.contents
    carla, bruno = contents["drawers"]
    assert (carla["closing"], carla["results"]) == ("FORCED", [])
    assert bruno["results"][0]["expected"] == 17_500
    assert [(line["method"], line["sales"]) for line in contents["takings"]] == [("CASH", 2_500)]
    assert contents["safe"] == []


def test_the_report_stays_when_the_drawer_is_counted_later(week: Week) -> None:
    session = CashSession.objects.get(pk=week.second.contents["leaves_out"]["sessions"][0])
    by = Principal(user=week.cast.erika)
    count_afterwards(session=session, counted=counted(24_700), by=by, at=NOON + timedelta(days=2))
    assert StoreDayReport.objects.get(pk=week.second.pk).contents == week.second.contents
    call_command("verify", stdout=StringIO())


def test_numbers_and_digests_form_a_chain(week: Week) -> None:
    assert (week.first.number, week.second.number) == (1, 2)
    assert week.second.previous_digest == week.first.digest
    assert len({week.first.digest, week.second.digest, ""}) == 3
    call_command("verify", stdout=StringIO())


def test_a_day_without_trade_has_a_report_too(week: Week) -> None:
    on = NEXT + timedelta(days=1)
    day = close_business_day(
        store=week.cast.store, on=on, by=Principal(user=week.cast.erika), at=NOON + timedelta(days=2)
    ).day
    contents = day.report.contents
    assert (day.report.number, contents["takings"], contents["drawers"]) == (3, [], [])
    assert contents["movements"] == {"first": 0, "last": 0, "number": 0}


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE reconciliations_storedayreport SET number = 7", "never changed"),
        ("DELETE FROM reconciliations_storedayreport", "never deleted"),
    ],
)
def test_the_database_keeps_reports_as_they_are(week: Week, statement: str, words: str) -> None:
    assert words in refusal_of(statement)


def test_the_database_refuses_a_gap(week: Week) -> None:
    day = close_business_day(
        store=week.cast.store,
        on=NEXT + timedelta(days=1),
        by=Principal(user=week.cast.erika),
        at=NOON + timedelta(days=2),
    ).day
    columns = "store_id, day_id, made_at, contents, digest, previous_digest"
    copied = (
        f"INSERT INTO reconciliations_storedayreport (number, {columns}) "
        "SELECT 9, store_id, day_id, made_at, contents, 'x', 'y' FROM reconciliations_storedayreport WHERE number = 3"
    )
    assert day.report.number == 3
    assert "no gap" in refusal_of(copied)


@pytest.mark.parametrize("column", ["number", "contents", "digest", "previous_digest", "made_at"])
def test_verify_names_a_report_that_was_changed(week: Week, column: str) -> None:
    values = {
        "number": 5,
        "contents": '{"takings": [], "leaves_out": {"sessions": [], "periods": []}}',
        "made_at": NOON,
    }
    roles.lift_laws(connection)
    execute(f"UPDATE reconciliations_storedayreport SET {column} = %s WHERE number = 2", [values.get(column, "0" * 64)])
    errors = StringIO()
    with pytest.raises(CommandError):
        call_command("verify", stdout=StringIO(), stderr=errors)
    assert "Store-day report" in errors.getvalue()


def test_a_close_needs_the_same_statements_for_one_drawer_and_for_many(week: Week) -> None:
    cast, needed = week.cast, []
    for days, drawers in ((2, 1), (3, 4)):
        for number in range(drawers):
            at = NOON + timedelta(days=days, minutes=number)
            session = open_drawer(cast.bruno, 0, station=2, at=at)
            sell(session, 500, at=at)
            close_drawer(session, 500, at=at)
        with counted_queries() as queries:
            close_day(cast, DAY + timedelta(days=days))
        needed.append(len(queries))
    assert needed[0] == needed[1]
