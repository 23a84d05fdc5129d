"""Sums of hundreds of millions stay inside their cards, down to a screen of 320 pixels."""

from typing import Any, Final

import pytest

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.cash_movement import move_money
from cashdesk.enums import MovementKind, PlaceKind
from cashdesk.models import Store
from settlements.domain.deposit import collect_deposit, prepare_deposit
from tests.browser.screen import Screen
from tests.cashdesk.desk import NOON, close_drawer, move, open_drawer
from tests.stories import Cast

pytestmark = pytest.mark.browser

HUGE: Final = 999_999_999_99
WIDTHS: Final = (320, 390, 768, 1024, 1366)
LEAVES = """() => [...document.querySelectorAll("main :is(.card, .figures, .voucher), main :is(.card, .figures, .voucher) *")]
  .filter((one) => one.checkVisibility() && !one.closest(".unseen, .scroll, [role=region], thead"))
  .filter((one) => one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0)
  .filter((one) => !["INPUT", "SELECT", "TEXTAREA", "PROGRESS"].includes(one.tagName))
  .map((one) => `${one.tagName.toLowerCase()}.${one.className}: ${one.innerText.replace(/\\s+/g, " ").slice(0, 40)}`)"""
"""The elements whose content is wider than they are. The scroll bars of tables are meant."""


@pytest.fixture
def rich(cast: Cast, settings: Any) -> Cast:
    """A shop with huge sums in the safe, in a drawer, in a result and in a bag."""
    settings.AMOUNT_MAX_NOTES = 10_000_000
    by = Principal(user=cast.erika)
    vault = cast.place(PlaceKind.VAULT)
    for _time in range(3):
        move_money(
            here=vault, store=cast.store, kind=MovementKind.WITHDRAWAL, amount=HUGE, currency="EUR", by=by, at=NOON
        )
    close_drawer(open_drawer(cast.bruno, HUGE, station=2), 1)
    session = open_drawer(cast.carla, HUGE, station=1)
    move(session, MovementKind.PAID_OUT, HUGE)
    bag = prepare_deposit(store=cast.store, amount=HUGE, currency="EUR", bag_number="B-1", by=by, at=NOON)
    collect_deposit(deposit=bag, courier="Rolf", by=by, at=NOON)
    Store.objects.filter(pk=cast.store.pk).update(float_minor=HUGE, escalation_minor=HUGE, witness_minor=HUGE)
    return cast


def leaving(screen: Screen, path: str) -> list[str]:
    """Returns what leaves its card or the page at some width."""
    page, found = screen.visit(path), []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 768})
        if screen.overhang:
            found.append(f"{path} at {width}: the page scrolls sideways")
        found += [f"{path} at {width}: {one}" for one in page.evaluate(LEAVES)]
    page.set_viewport_size(screen.size)
    return found


def test_huge_sums_stay_in_their_cards(screen: Screen, rich: Cast) -> None:
    bag = f"/vault/deposits/{rich.store.deposits.get().uuid}"
    periods = ("/reports/registers/1337/1/x", "/reports/registers/1337/2/z/1")
    summary = "/reports/over-short?from=2026-03-10&to=2026-03-10"
    result = f"/desk/sessions/{rich.bruno.sessions.get().uuid}"
    found = []
    screen.enter(rich.erika)
    for path in ("/today", "/drawers", "/vault", "/vault/movements", "/vault/deposits", bag, f"{bag}/credit", result,
                 f"/settings/stores/{rich.store.uuid}", "/search?q=999999999.99", "/vault/change", "/reports/registers",
                 f"/reports/registers/{rich.store.uuid}", *periods, summary):  # fmt: skip
        found += leaving(screen, path)
    screen.enter(rich.carla)
    for path in ("/desk", "/desk/count", "/desk/pay-out"):
        found += leaving(screen, path)
    assert not found, "\n".join(found)
