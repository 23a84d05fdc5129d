"""The migration gives old payments the business date of their movement."""

from datetime import date, timedelta

import pytest

from cashdesk.models import Movement, Payment
from tests.cashdesk.desk import NOON, open_drawer, pay
from tests.factories import StoreFactory, UserFactory
from tests.roles import migrate


@pytest.mark.django_db(transaction=True)
def test_each_payment_is_dated_as_its_movement_is() -> None:
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
    sales = Movement.objects.filter(payment__isnull=False)
    wanted = dict(sales.values_list("payment", "business_date"))
    dates = [tuple(sales.filter(store=shop).order_by("pk").values_list("business_date", flat=True)) for shop in shops]
    assert min(len(set(of_a_shop)) for of_a_shop in dates) >= 3
    assert len(set(dates)) == len(shops)
    assert dict(Payment.objects.values_list("pk", "business_date")) == wanted
    try:
        migrate("reconciliations", "zero")
        migrate("cashdesk", "0003")
    finally:
        migrate()
    assert dict(Payment.objects.values_list("pk", "business_date")) == wanted
    assert date(2000, 1, 1) not in wanted.values()
