"""What the tests of registers under settlement and of the vault share: a shop with its ways to pay, and the paths."""

from typing import Any

from cashdesk.models import PaymentMethod
from settlements.models import Settlement
from tests.screens.desk import Browser
from tests.settlements.desk import Shop


def counts_card_slips(shop: Shop) -> None:
    """Card slips are counted by hand; transfers are not."""
    PaymentMethod.objects.filter(account=shop.cast.store.account, code="CARD").update(
        is_counted=True, name="card slips"
    )


def path_of(settlement: Settlement, act: str = "") -> str:
    """Returns the path of a settlement's page."""
    return f"/settlements/{settlement.uuid}{act}"


def opening_path(shop: Shop, station: int = 1) -> str:
    """Returns the path at which a register is opened; station 0 is the vault."""
    return f"/settlements/open/{shop.cast.store.uuid}/{station}"


def attempt(browser: Browser, settlement: Settlement, typed: dict[str, Any], *, step: str = "preview") -> Any:
    """Counts, looks at it, and compares it or closes with it; the sheet is the one that is open, if it is."""
    path = path_of(settlement, "/count")
    if "Review count" not in browser.page.content.decode():
        browser.get(path)
    browser.send(path, {**typed, "step": "review"})
    assert "Review count" in browser.text, browser.text
    return browser.send(path, {"step": step})


def now(settlement: Settlement) -> Settlement:
    """Returns the settlement as it is in the books now."""
    return Settlement.objects.select_related("place", "store").get(pk=settlement.pk)
