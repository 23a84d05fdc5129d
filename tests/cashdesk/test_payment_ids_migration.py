"""The migration keeps old payments without a till, and their retries are still recognised."""

import pytest

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.proof import faults_of_store
from cashdesk.domain.payment.recording import record_payment
from cashdesk.enums import PlaceKind
from cashdesk.models import Payment
from tests.cashdesk.desk import NOON, close_drawer, minutes, open_drawer, pay, report_of
from tests.roles import migrate
from tests.settlements.desk import Shop
from tests.stories import make_cast


@pytest.mark.django_db(transaction=True)
def test_a_database_from_before_keeps_its_proofs_and_knows_its_retries() -> None:
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
    figures = list(Payment.objects.order_by("pk").values_list("pk", "external_id", "amount", "fingerprint"))
    try:
        migrate("settlements", "0004")
        migrate("cashdesk", "0008")
    finally:
        migrate()
    assert list(Payment.objects.order_by("pk").values_list("pk", "external_id", "amount", "fingerprint")) == figures
    assert set(Payment.objects.values_list("source", "clock_adjusted")) == {("", False)}
    assert cast.place(PlaceKind.REGISTER, 1).settling_since == settlement.opened_at
    assert cast.place(PlaceKind.REGISTER, 2).settling_since is None
    assert list(faults_of_store(cast.store)) == []
    assert not record_payment(report=report, by=erika, at=minutes(9)).is_new
    assert record_payment(report=report_of(500, id="0001", station=2), by=erika, at=minutes(9)).is_new
    assert settlement.opened_at > NOON
