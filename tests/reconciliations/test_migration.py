"""Payments that were there before they had a business date get the one of their movement."""

from datetime import date, timedelta

import pytest
from django.core.management import call_command

from cashdesk.models import Movement, Payment, Store
from tests.cashdesk.desk import NOON, open_drawer, pay
from tests.stories import make_cast


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("zone", "cut_off_hour"), [("Europe/Berlin", 4), ("America/Santiago", 0), ("Asia/Jakarta", 6)])
def test_each_payment_is_dated_as_its_movement_is(zone: str, cut_off_hour: int) -> None:
    cast = make_cast(time_zone=zone)
    Store.objects.filter(pk=cast.store.pk).update(cut_off_hour=cut_off_hour)
    session = open_drawer(cast.carla, 0, station=1)
    # An hour apart, over the days on which clocks are changed; the last one's clock is ahead.
    for hours in (*range(0, 30, 3), 24 * 19 - 11, 24 * 26 - 9):
        pay(session, 100, at=NOON + timedelta(hours=hours), paid_at=NOON + timedelta(hours=hours - 1))
    pay(session, 100, at=NOON + timedelta(hours=9), paid_at=NOON + timedelta(hours=20))
    wanted = dict(Movement.objects.filter(payment__isnull=False).values_list("payment", "business_date"))
    assert len(set(wanted.values())) >= 3
    assert dict(Payment.objects.values_list("pk", "business_date")) == wanted
    try:
        call_command("migrate", "reconciliations", "zero", verbosity=0)
        call_command("migrate", "cashdesk", "0003", verbosity=0)
    finally:
        call_command("migrate", verbosity=0)
    assert dict(Payment.objects.values_list("pk", "business_date")) == wanted
    assert date(2000, 1, 1) not in wanted.values()
