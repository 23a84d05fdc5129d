"""Reads the demonstration world for the walks, and adds rows that a page needs."""

from datetime import timedelta
from typing import Any, Final

from django.utils import timezone

from cashdesk.domain.caller.event_sequence import sequence_events
from cashdesk.domain.caller.principal import SYSTEM
from cashdesk.enums import OffReason
from cashdesk.management.demo_world import KEY_SECRETS
from cashdesk.models import CashSession, Store, WebhookEndpoint
from cashdesk.web.webhooks.endpoint import add_endpoint, turn_off
from cashdesk.web.webhooks.fan_out import fan_out
from cashdesk.web.webhooks.lane import Outcome, claim, record
from tests.screenshots.album import Album

BERLIN: Final = "1337"
"""A store that trades without settlements: Erika manages it, Carla and Bruno work there."""
PORTLAND: Final = "5001"
"""A store that trades under settlement: Grace manages it, and Sam works there."""
AFAR: Final = "9999999"
"""An amount that is out of line everywhere."""


def store(number: str) -> Store:
    """Returns a store of the demonstration account."""
    return Store.objects.select_related("account").get(number=number, account__name="Cashdesk Demo")


def drawer_of(username: str) -> CashSession:
    """Returns the newest session of a cashier."""
    return CashSession.objects.select_related("register").filter(user__username=username).latest("pk")


def open_drawer(album: Album, amount: str) -> CashSession:
    """Opens a drawer for the signed-in person, on its page."""
    album.visit("desk-open")
    album.fill(amount=amount)
    album.send()
    album.send("open")
    return drawer_of(album.who)


def close_drawer(album: Album, **typed: str) -> None:
    """Counts and closes the drawer of the signed-in person, and stays on the result page."""
    album.visit("desk-count")
    album.fill(**typed)
    album.send()
    album.send("close")


def sell(album: Album, number: str, station: int, *amounts: int, method: str = "CASH", currency: str = "EUR") -> None:
    """Reports sales as a till does. Amounts are minor units."""
    payments: list[dict[str, Any]] = [
        {
            "id": f"{method}-{currency}-{station}-{amount}", "store": number, "station": station, "method": method,
            "currency": currency, "amount": amount, "status": "APPROVED", "type": "SALE",
        }
        for amount in amounts
    ]  # fmt: skip
    headers = {"x-api-key": KEY_SECRETS["full"]}
    for payment in payments:
        answer = album.page.context.request.post("/api/v1/payments", data=payment, headers=headers)
        assert answer.status == 201, answer.text()


def webhooks() -> None:
    """Adds an endpoint that Cashdesk switched off, and one with events that arrived, wait and failed."""
    account, now = store(BERLIN).account, timezone.now()
    gone, _secret = add_endpoint(
        account=account, url="https://old.example.org/cash", description="Old accounting", by=SYSTEM, at=now
    )
    turn_off(gone, reason=OffReason.GONE, by=SYSTEM, at=now)
    while sequence_events():
        pass
    endpoint, _secret = add_endpoint(
        account=account, url="https://books.example.com/cashdesk/events", description="Accounting", by=SYSTEM, at=now
    )
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(position=endpoint.position - 12)
    fan_out(at=now)
    busy = Outcome(status=503, text="The books are closed for maintenance until 14:00.", duration_ms=412)
    silent = Outcome(error="timeout", text="The server did not answer in time.", duration_ms=15_004)
    taken = Outcome(status=204, duration_ms=38)
    for hours, outcome in enumerate((taken, busy, silent, taken, taken, busy)):
        for claimed in claim(limit=3, busy={}, each=3, at=now + timedelta(hours=hours)):
            record(claimed, outcome, at=now + timedelta(hours=hours))
