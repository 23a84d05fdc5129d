"""Payouts of the demonstration stores."""

from datetime import timedelta

from cashdesk.domain.caller.principal import Principal
from settlements.management.demo_payouts import pay_out
from settlements.models import Payout
from tests.cashdesk.desk import NOON, books, close_drawer, open_drawer, pay
from tests.stories import Cast


def test_the_acquirer_pays_on_tuesdays_what_clearing_holds_less_its_fee(cast: Cast) -> None:
    session = open_drawer(cast.carla, 0)
    pay(session, 250_00, method="CARD")
    close_drawer(session, 0)
    by = Principal(user=cast.erika)
    for days in range(1, 8):
        pay_out(store=cast.store, by=by, morning=NOON + timedelta(days=days))
    (payout,) = Payout.objects.all()
    assert payout.recorded_at.weekday() == 1
    assert (payout.amount, payout.fee, payout.reference) == (247_00, 3_00, "A-260317")
    assert books(cast.store, method="CARD") == {"Bank": 247_00, "Outside": 3_00, "Customers": -250_00}
