"""Which closes count for patterns, and with which difference."""

from datetime import UTC, date, datetime, timedelta

import pytest

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import CountedAmount
from cashdesk.domain.session.closing import force_close_session
from cashdesk.domain.session.opening import open_session
from cashdesk.enums import PaymentType
from cashdesk.models import CashSession
from reconciliations.domain.pattern_closes import CountedClose, counted_closes, keep_facts, registers_of
from reconciliations.models import CloseFacts
from settlements.domain.no_sale import note_no_sale
from tests.cashdesk.desk import refusal_of
from tests.reconciliations.patterns.month_world import Weeks
from tests.reconciliations.queue import only, recount, signed_off
from tests.settlements.desk import Shop
from tests.stories import Cast, counted_queries

MONDAY = date(2026, 3, 9)
YEAR = {"first": date(2026, 1, 1), "last": date(2026, 12, 31)}


@pytest.fixture
def weeks(cast: Cast) -> Weeks:
    return Weeks(cast=cast)


def closed(session: CashSession) -> datetime:
    assert session.closed_at is not None
    return session.closed_at


def closes(weeks: Weeks, **more: object) -> list[CountedClose]:
    keep_facts(store=weeks.store, first=date(2026, 1, 1))
    return counted_closes(store=weeks.store, registers=registers_of(weeks.store), **{**YEAR, **more})


def test_a_close_counts_with_its_sales_refunds_and_openings_without_a_sale(weeks: Weeks) -> None:
    session = weeks.close(weeks.cast.carla, MONDAY, -50, sales=3, refunds=1)
    at = session.opened_at + timedelta(minutes=2)
    note_no_sale(store=weeks.store, station=1, by=Principal(user=weeks.cast.carla), at=at, reason="change")
    (found,) = closes(weeks)
    assert (found.session, found.cashier, found.difference) == (session.pk, weeks.cast.carla.pk, -50)
    assert (found.sales, found.refunds, found.no_sales, found.paid_outs) == (4, 1, 1, 0)
    assert found.business_date == MONDAY


def test_a_late_sale_explains_what_was_over(weeks: Weeks) -> None:
    session = weeks.close(weeks.cast.carla, MONDAY, 12_50)
    weeks.pay(session, 12_50, at=closed(session) + timedelta(days=1))
    assert [one.difference for one in closes(weeks)] == [0]
    before = closed(session) + timedelta(hours=1)
    assert [one.difference for one in closes(weeks, as_of=before)] == [12_50]


def test_a_late_refund_explains_what_was_missing(weeks: Weeks) -> None:
    session = weeks.close(weeks.cast.carla, MONDAY, -3_00)
    weeks.pay(session, 3_00, PaymentType.REFUND, at=closed(session) + timedelta(days=1))
    assert [one.difference for one in closes(weeks)] == [0]


def test_an_approved_recount_corrects_a_miscount(weeks: Weeks) -> None:
    session = weeks.close(weeks.cast.carla, MONDAY, -10_00)
    shop = Shop(cast=weeks.cast, at=closed(session) + timedelta(hours=1))
    variance = only(session=session)
    recount(shop, variance, (variance.counted_amount or 0) + 9_00)
    signed_off(shop, variance, by=weeks.cast.anna)
    assert [one.difference for one in closes(weeks)] == [-1_00]
    assert [one.difference for one in closes(weeks, as_of=closed(session) + timedelta(minutes=1))] == [-10_00]


def test_closes_that_belong_to_no_person_are_left_out(weeks: Weeks) -> None:
    cast = weeks.cast
    weeks.close(cast.carla, MONDAY, -50, by=cast.erika)
    weeks.close(cast.carla, MONDAY, sales=0, hour=11)
    at = datetime(2026, 3, 9, 12, tzinfo=UTC)
    by = Principal(user=cast.bruno)
    forced = open_session(user=cast.bruno, counted=CountedAmount(currency="EUR", amount=5), by=by, at=at, station=2)
    weeks.pay(forced, 5_00, at=at)
    force_close_session(session=forced, by=Principal(user=cast.erika), at=at + timedelta(hours=1), reason="gone")
    still_open = open_session(
        user=cast.carla,
        counted=CountedAmount(currency="EUR", amount=5),
        by=Principal(user=cast.carla),
        at=at,
        station=1,
    )
    weeks.pay(still_open, 5_00, at=at)
    assert closes(weeks) == []
    assert CloseFacts.objects.filter(is_own=True).count() == 1, "the one without a sale"
    assert not CloseFacts.objects.filter(session=still_open).exists()


def test_facts_are_kept_once_and_never_change(weeks: Weeks) -> None:
    weeks.close(weeks.cast.carla, MONDAY)
    assert keep_facts(store=weeks.store, first=MONDAY) == 1
    with counted_queries() as queries:
        assert keep_facts(store=weeks.store, first=MONDAY) == 0
    assert len(queries) == 1
    assert "never changes" in refusal_of("UPDATE reconciliations_closefacts SET sales = 99")


def test_reading_takes_three_statements_however_many_closes(weeks: Weeks) -> None:
    numbers = []
    for hour in (8, 10, 12):
        session = weeks.close(weeks.cast.carla, MONDAY, -50, hour=hour)
        weeks.pay(session, 1_00, at=closed(session) + timedelta(days=1))
        keep_facts(store=weeks.store, first=MONDAY)
        registers = registers_of(weeks.store)
        with counted_queries() as queries:
            assert counted_closes(store=weeks.store, registers=registers, **YEAR)
        numbers.append(len(queries))
    assert numbers == [3, 3, 3]


def test_one_person_reads_only_their_own(weeks: Weeks) -> None:
    weeks.close(weeks.cast.carla, MONDAY, -50)
    weeks.close(weeks.cast.bruno, MONDAY, 70, hour=12)
    assert [one.difference for one in closes(weeks, cashier=weeks.cast.bruno.pk)] == [70]
