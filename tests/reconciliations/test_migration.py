"""Old payments through the migrations: each gets the business date of its movement, and its retry is still recognised.

One test checks both, because migrating back and forth takes ten seconds.
"""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.proof import faults_of_store
from cashdesk.domain.payment.recording import record_payment
from cashdesk.enums import PlaceKind
from cashdesk.models import Movement, Payment
from tests.cashdesk.desk import NOON, close_drawer, minutes, open_drawer, pay, report_of
from tests.factories import StoreFactory, UserFactory
from tests.roles import migrate
from tests.settlements.desk import Shop
from tests.stories import make_cast

FIGURES = ("pk", "external_id", "amount", "fingerprint", "business_date")


@pytest.mark.django_db(transaction=True)
def test_a_database_from_before_keeps_dates_and_proofs_and_knows_its_retries() -> None:
    days_are_right, books_are_right = trade_in_three_zones(), trade_under_a_settlement()
    payments = list(Payment.objects.order_by("pk").values_list(*FIGURES))
    try:
        migrate("reconciliations", "zero")
        migrate("cashdesk", "0003")
    finally:
        migrate()
    assert list(Payment.objects.order_by("pk").values_list(*FIGURES)) == payments
    assert set(Payment.objects.values_list("source", "clock_adjusted")) == {("", False)}
    days_are_right()
    books_are_right()


def trade_in_three_zones() -> Callable[[], None]:
    """Sells around midnights and changes of clocks. Returns the check of the business dates."""
    shops = [
        StoreFactory(time_zone=zone, cut_off_hour=hour)
        for zone, hour in (("Europe/Berlin", 4), ("America/Santiago", 0), ("Asia/Jakarta", 6))
    ]
    for shop in shops:
        session = open_drawer(UserFactory(store=shop), 0, station=1)
        # An hour apart, over the days on which clocks are changed; the last one's clock is ahead.
        for hours in (*range(0, 30, 3), 24 * 19 - 11, 24 * 26 - 9):
            pay(session, 100, at=NOON + timedelta(hours=hours), paid_at=NOON + timedelta(hours=hours - 1))
        pay(session, 100, at=NOON + timedelta(hours=9), paid_at=NOON + timedelta(hours=20))
    sales = Movement.objects.filter(payment__isnull=False, store__in=shops)
    dates = [tuple(sales.filter(store=shop).order_by("pk").values_list("business_date", flat=True)) for shop in shops]
    assert min(len(set(of_a_shop)) for of_a_shop in dates) >= 3
    assert len(set(dates)) == len(shops)

    def check() -> None:
        wanted = dict(sales.values_list("payment", "business_date"))
        assert dict(Payment.objects.filter(store__in=shops).values_list("pk", "business_date")) == wanted
        assert date(2000, 1, 1) not in wanted.values()

    check()
    return check


def trade_under_a_settlement() -> Callable[[], None]:
    """Settles one register, sells at both. Returns the check of the books, and of payments that are reported again."""
    cast = make_cast()
    shop = Shop(cast)
    shop.vault()
    settlement = shop.open(100_00)
    session = open_drawer(cast.bruno, 0, station=2)
    pay(session, 10_03, tendered=10_00, change=0)
    close_drawer(session, 10_00)
    report = report_of(500, id="0001", station=1)
    erika = Principal(user=cast.erika)
    record_payment(report=report, by=erika, at=shop.tick())

    def check() -> None:
        assert cast.place(PlaceKind.REGISTER, 1).settling_since == settlement.opened_at
        assert cast.place(PlaceKind.REGISTER, 2).settling_since is None
        assert list(faults_of_store(cast.store)) == []
        assert not record_payment(report=report, by=erika, at=minutes(9)).is_new
        assert record_payment(report=report_of(500, id="0001", station=2), by=erika, at=minutes(9)).is_new
        assert settlement.opened_at > NOON

    return check
