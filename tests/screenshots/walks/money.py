"""The page Money of a store with an open drawer, and the pages of payouts."""

from typing import Final

from django.utils import timezone

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import CountedAmount
from cashdesk.domain.payment.recording import record_payment
from cashdesk.domain.session.opening import open_session
from cashdesk.models import CashSession, User
from settlements.domain.deposit import prepare_deposit
from settlements.domain.payout import record_payout
from settlements.models import Payout
from tests.cashdesk.desk import report_of
from tests.screenshots.album import A4, Album
from tests.screenshots.walks.world import BERLIN, sell, store

PAGES: Final = frozenset({"money", "payouts", "payout-new", "payout-reverse"})


def walk(album: Album) -> None:
    """Erika looks at her money while Carla sells, and records a payout."""
    berlin, now = store(BERLIN), timezone.now()
    carla, by = User.objects.get(username="carla"), Principal(user=User.objects.get(username="erika"))
    with album.story("money"):
        prepare_deposit(store=berlin, amount=900_00, currency="EUR", bag_number="0420", by=by, at=now)
        record_payout(
            store=berlin, method="CARD", currency="EUR", amount=500_00, fee=6_00, by=by, at=now, reference="A-2611"
        )
        closed = CashSession.objects.filter(store=berlin, seal__isnull=False).latest("closed_at")
        for number, currency in enumerate(("EUR", "USD")):
            report = report_of(
                18_40,
                id=f"late-{number}",
                method="CARD",
                currency=currency,
                session=str(closed.pk),
                paid_at=closed.opened_at,
            )
            record_payment(report=report, by=Principal(user=closed.user), at=now)
        none = CountedAmount(currency="EUR", amount=100_00)
        open_session(user=carla, counted=none, by=Principal(user=carla), at=now, station=1)
        sell(album, BERLIN, 1, 12_50, 23_90)
        album.enter("erika")
        album.visit("money")
        album.take("hidden", prints=True, paper=A4)
        album.send(".reveal button")
        album.take("shown")
        album.visit("money", query="?since=2020-01-01T00:00")
        album.take("change")
        album.visit("money", query="?as_of=2999-01-01T00:00", status=400)
        album.take("refused")
        album.visit("payouts")
        album.take()
        album.visit("payout-new")
        album.take()
        album.send(status=400)
        album.take("refused")
        album.visit("payout-reverse", Payout.objects.get(reference="A-2611").uuid)
        album.take()
