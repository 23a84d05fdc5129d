"""Shared helpers for the page tests of registers and the vault."""

from typing import Any

from cashdesk.models import PaymentMethod
from settlements.models import Settlement
from tests.screens.desk import Browser
from tests.settlements.desk import Shop


def counts_card_slips(shop: Shop) -> None:
    """Makes card slips a method that is counted by hand. Transfers are not counted."""
    PaymentMethod.objects.filter(account=shop.cast.store.account, code="CARD").update(
        is_counted=True, name="card slips"
    )


def path_of(settlement: Settlement, act: str = "") -> str:
    """Returns the path of a settlement's page."""
    return f"/settlements/{settlement.uuid}{act}"


def opening_path(shop: Shop, station: int = 1) -> str:
    """Returns the path of the page that opens a register. Station 0 is the vault."""
    return f"/settlements/open/{shop.cast.store.uuid}/{station}"


def attempt(browser: Browser, settlement: Settlement, typed: dict[str, Any], *, step: str = "preview") -> Any:
    """Types a count, reviews it, and previews it or closes with it. Uses the count sheet that is open, if there is one."""
    path = path_of(settlement, "/count")
    if "Review count" not in browser.page.content.decode():
        browser.get(path)
    browser.send(path, {**typed, "step": "review"})
    assert "Review count" in browser.text, browser.text
    return browser.send(path, {"step": step})


def now(settlement: Settlement) -> Settlement:
    """Returns the current row of the settlement."""
    return Settlement.objects.select_related("place", "store").get(pk=settlement.pk)
