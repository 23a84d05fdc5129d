"""Every page of the desk, the vault and settlements, at every screen size: no raw text, and no covered element."""

from collections.abc import Callable
from typing import Final

import pytest
from django.test import override_settings
from django.utils import timezone
from playwright.sync_api import expect

from cashdesk import page_urls as desk_pages
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.people.pin import set_pin
from cashdesk.enums import MovementKind, PlaceKind, SessionStatus
from cashdesk.models import BrowserSession, CashSession, User, Variance
from cashdesk.sign_in_checks import ProviderSettings
from reconciliations import page_urls as reconciliation_pages
from settlements import desk_urls as money_pages
from settlements import page_urls as settlement_pages
from settlements.domain.deposit import credit_deposit, prepare_deposit
from settlements.domain.payout import record_payout
from tests.browser.forms import ASKING_BAR_SHARE_MAX, Walk
from tests.browser.screen import Screen
from tests.cashdesk.desk import close_drawer, move, open_drawer
from tests.factories import PASSWORD, StoreFactory
from tests.settlements.desk import EUR, USD, Shop
from tests.settlements.ordering import ordered
from tests.settlements.screens.settling import counts_card_slips, opening_path, path_of
from tests.stories import Cast

PROVIDER: Final = ProviderSettings(
    issuer="https://id.example", client_id="cashdesk", client_secret="secret", name="Muster ID"
)
DRAWER: Final = {
    "about", "sign-in", "desk", "desk-open", "desk-pay-in", "desk-pay-out", "desk-drop", "desk-no-sale", "desk-count",
    "desk-hand-over", "desk-result", "session-count", "draft-anew", "recount", "desk-cancel-opening", "desk-take-back",
    "variance-list", "variance-page", "repay", "audit-count", "audited",
}  # fmt: skip
ACCOUNT: Final = {
    "account", "account-sign-out-everywhere", "password", "password-forgotten", "password-code", "one-time-link",
    "person-new-password", "account-pin", "account-provider", "confirm", "sign-in", "sign-in-pin",
}  # fmt: skip
SETTLEMENT: Final = {
    "desk", "desk-register", "settlement-open", "settlement-page", "settlement-start", "settlement-count", "vault-of",
}  # fmt: skip
VAULT: Final = {
    "vault-of", "vault-change", "vault-orders", "vault-order-new", "vault-order", "vault-order-arrive", "vault-loan",
    "vault-order-cancel", "vault-fetch", "vault-pay-in", "vault-pay-out", "vault-movements", "vault-deposits", "vault",
    "vault-deposit-new", "vault-deposit", "vault-deposit-collect", "vault-deposit-credit", "report-stores", "z-reports",
    "report-places", "all-stores", "drawers", "today", "x-report", "z-report", "exports", "vault-movement-reverse",
    "vault-deposit-correct", "search", "money", "payouts", "payout-new", "payout-reverse",
}  # fmt: skip
SECOND_FACTOR: Final = {
    "sign-in-code", "sign-in-second-factor", "second-factor", "second-factor-new", "second-factor-codes",
    "second-factor-remove",
}  # fmt: skip
"""Pages that tests/browser/test_second_factor.py walks through."""
PATTERNS: Final = {
    "patterns", "patterns-own", "patterns-people", "patterns-person", "patterns-register", "settings-patterns",
}  # fmt: skip
"""Pages that tests/browser/test_patterns.py walks through."""
REPORTS: Final = {"reports", "report-mail", "over-short", "operator-month", "store-day", "trail", "day-trail"}
"""Pages that tests/browser/test_reports.py walks through."""
LIVE: Final = {"board", "board-now", "today-now", "expected-now"}
"""The board and what changes by itself: tests/browser/test_live.py looks at them."""
FILES: Final = {
    "export-all", "store-day-file", "over-short-file", "operator-month-file", "position-file", "x-report-file",
    "z-report-file", "vault-deposit-file", "trail-file", "day-trail-file",
}  # fmt: skip
"""Paths that send a file."""
EMPTY: Final = {"setup"}
"""The page of an empty installation: tests/browser/test_setup.py visits it."""
OFFLINE: Final = {"manifest", "service-worker", "offline"}
"""What the browser fetches for a device without a connection: tests/browser/test_offline.py looks at it."""
LEADS_ON: Final = {
    "provider",
    "provider-back",
    "signed-out-there",
    "home",
    "choose-store",
    "desk-result-note",
    "account-end-sign-in",
    "sign-out",
    "language",
    "draft",
    "draft-go-on",
    "session-recount",
    "session-repay",
    "export-file",
    "export-progress",
    "export-all-progress",
}
"""Paths that show no page of their own."""


def test_the_walks_lead_to_every_page() -> None:
    modules = (desk_pages, money_pages, settlement_pages, reconciliation_pages)
    names = {str(path.name) for module in modules for path in module.urlpatterns if path.name}
    assert (
        names
        == DRAWER
        | ACCOUNT
        | SETTLEMENT
        | VAULT
        | SECOND_FACTOR
        | PATTERNS
        | REPORTS
        | LIVE
        | FILES
        | EMPTY
        | OFFLINE
        | LEADS_ON
    )


def refused(walk: Walk) -> None:
    """Sends the form unchanged and checks the page with its errors. The script shows it in place."""
    walk.press(status=400)
    expect(walk.screen.page.locator("#refusal")).to_be_visible()
    walk.look()


def drawer(walk: Walk, cast: Cast) -> None:
    """Visits a cashier's day, and the recount of a short drawer of a colleague."""
    page = walk.screen.page
    walk.visit("/about")
    walk.visit("/sign-in")
    close_drawer(open_drawer(cast.bruno, 100_00), 40_00)
    walk.screen.enter(cast.carla)
    walk.visit("/desk")
    walk.visit("/desk/open")
    page.locator("#pieces-2000").fill("x")
    refused(walk)
    page.locator("#pieces-2000").fill("500")
    walk.press()
    page.locator("#review .alert, [name=looked]").first.wait_for(state="attached")
    walk.look()
    session = open_drawer(cast.carla, 100_00, station=2)
    walk.visit("/desk")
    walk.visit("/desk/cancel-opening")
    refused(walk)
    dropped = move(session, MovementKind.DROP, 10_00)
    walk.visit(f"/desk/movements/{dropped.uuid}/take-back")
    refused(walk)
    for name in ("pay-in", "pay-out", "drop", "no-sale"):
        walk.visit(f"/desk/{name}")
        refused(walk)
    walk.visit("/desk/pay-out")
    page.locator("#amount").fill("75.000,00")
    page.locator("#reason").fill("Glas")
    walk.press()
    page.locator("[name=looked]").wait_for()
    walk.look()
    walk.press()
    expect(page.locator("#amount")).to_have_value("75.000,00")
    walk.visit("/desk/hand-over")
    walk.visit("/desk/count")
    page.locator("#fuller").check()
    page.locator("#packs-200").fill("1")
    expect(page.locator("[data-said]")).not_to_be_empty()
    walk.look()
    BrowserSession.objects.all().delete()
    walk.screen.expected_status = 401
    page.locator("#packs-200").fill("2")
    expect(page.locator("[data-out]")).to_be_visible()
    walk.look(bar_share_max=ASKING_BAR_SHARE_MAX)
    walk.screen.enter(cast.carla)
    walk.visit("/desk/count")
    page.locator(".alert a").first.click()
    page.wait_for_url("**/anew*")
    walk.look()
    walk.screen.visit("/desk/count")
    walk.press()
    page.locator("#review").wait_for()
    walk.look()
    walk.press()
    page.wait_for_url(f"**/desk/sessions/{session.uuid}")
    walk.look()
    walk.screen.enter(cast.erika)
    walk.visit(f"/desk/sessions/{open_drawer(cast.carla, 100_00, station=2).uuid}/count")
    refused(walk)
    page.locator("#pieces-2000").fill("5")
    walk.press()
    page.locator("#review").wait_for()
    walk.look()
    walk.visit(f"/drawers/{CashSession.objects.get(status=SessionStatus.OPEN).uuid}/audit-count")
    refused(walk)
    page.locator("#pieces-2000").fill("5")
    walk.press()
    page.locator("#review").wait_for()
    walk.look()
    walk.press()
    page.wait_for_url("**/audit-counts/*")
    walk.look()
    walk.visit("/variances?show=all")
    page.locator(".narrow-down").last.click()
    page.locator("#view-name").fill(" ")
    walk.screen.expected_status = 400
    page.get_by_role("button", name="Ansicht speichern").click()
    page.locator("#view-name-error").wait_for()
    walk.look()
    short = Variance.objects.filter(session__user=cast.bruno).get()
    walk.visit(f"/variances/{short.uuid}")
    walk.screen.expected_status = 400
    page.locator("[name=act][value=EXPLAIN]").click()
    page.locator("#reason-error").wait_for()
    walk.look()
    walk.visit(f"/variances/{short.uuid}/repay")
    page.locator("#amount").fill("x")
    walk.screen.expected_status = 400
    page.locator("main form .button.first").click()
    page.locator("#amount-error").wait_for()
    walk.look()
    walk.visit(f"/variances/{short.uuid}/recount")
    page.locator("#pieces-2000").fill("x")
    refused(walk)


def account(walk: Walk, cast: Cast) -> None:
    """Visits a person's own account, and the ways to a new password."""
    page = walk.screen.page
    for path in ("/password/forgotten", "/password/code"):
        walk.visit(path)
    refused(walk)
    walk.screen.enter(cast.erika)
    walk.visit(f"/people/{cast.carla.uuid}/new-password")
    walk.press()
    page.locator(".code").wait_for()
    walk.look()
    walk.visit(page.locator("code.address").inner_text().removeprefix(walk.screen.origin))
    refused(walk)
    walk.screen.enter(cast.carla)
    walk.visit("/account")
    with override_settings(PROVIDER=PROVIDER):
        walk.visit("/account/provider")
        refused(walk)
    walk.visit("/account/sign-out-everywhere")
    walk.visit("/password")
    refused(walk)
    pin(walk, cast)


def pin(walk: Walk, cast: Cast) -> None:
    """Visits the way from a new PIN to the page that asks for the password."""
    page = walk.screen.page
    cast.store.pin_sign_in = True
    cast.store.save()
    walk.visit("/account/pin")
    refused(walk)
    set_pin(user=User.objects.get(pk=cast.carla.pk), pin="8305", at=timezone.now())
    walk.screen.context.clear_cookies()
    for secret, status in ((PASSWORD, 200), ("", 400)):
        walk.visit("/sign-in")
        walk.screen.expected_status = status
        if secret:
            page.locator("#name").fill("carla")
            page.locator("#password").fill(secret)
        page.locator("main .button.first").first.click()
        if secret:
            page.wait_for_url("**/desk")
            walk.screen.context.clear_cookies(name="sessionid")
    page.locator("#refusal").wait_for()
    walk.look()
    page.get_by_label("Carla").check()
    page.locator("#pin").fill("8305")
    walk.screen.expected_status = 200
    page.locator("main .button.first").first.click()
    page.wait_for_url("**/desk")
    walk.visit("/confirm")
    refused(walk)


def settlement(walk: Walk, cast: Cast) -> None:
    """Visits a register and the vault from opening to close, with parts as tabs."""
    shop, page = Shop(cast=cast), walk.screen.page
    counts_card_slips(shop)
    walk.screen.enter(cast.erika)
    walk.visit(opening_path(shop, 0))
    refused(walk)
    shop.vault()
    walk.visit(opening_path(shop))
    page.locator("#eur-cash-pieces-2000").fill("5")
    walk.press()
    page.locator("#review").wait_for()
    walk.look()
    running = shop.open({EUR: 100_00, USD: 20_00})
    walk.visit("/desk")
    walk.visit("/desk/register")
    walk.visit(path_of(running))
    walk.visit(path_of(running, "/start"))
    walk.press()
    page.wait_for_url("**/count")
    walk.look()
    page.get_by_role("tab", name="USD").click()
    page.locator("#usd-cash-pieces-500").fill("x")
    refused(walk)
    page.locator("#usd-cash-pieces-500").fill("4")
    walk.press()
    page.locator("#review").wait_for()
    walk.look()
    page.locator("button[value=close]").click()
    page.wait_for_url(f"**{path_of(running)}")
    walk.look()
    walk.visit(f"/vault/{cast.store.uuid}")
    page.locator("main .button.first").click()
    page.wait_for_url("**/count")
    walk.look()


def vault(walk: Walk, cast: Cast) -> None:
    """Visits a manager's morning: bags, orders, money for and from registers, and reports."""
    open_drawer(cast.bruno, 100_00, station=1)
    close_drawer(open_drawer(cast.carla, 100_00, station=2), 40_00)
    order = ordered(cast)
    bag = prepare_deposit(
        store=cast.store,
        amount=5_00,
        currency="EUR",
        bag_number="B-1",
        by=Principal(user=cast.erika),
        at=timezone.now(),
    )
    walk.screen.enter(cast.erika)
    for path in ("", f"/{cast.store.uuid}", "/orders", f"/orders/{order.uuid}", "/movements", "/deposits"):
        walk.visit(f"/vault{path}")
    walk.visit(f"/vault/deposits/{bag.uuid}")
    for path in ("change", "loan", "fetch", "pay-in", "pay-out", "deposits/new", "orders/new"):
        walk.visit(f"/vault/{path}")
        refused(walk)
    for path in ("arrive", "cancel"):
        walk.visit(f"/vault/orders/{order.uuid}/{path}")
        refused(walk)
    walk.visit(f"/vault/deposits/{bag.uuid}/collect")
    walk.visit(f"/vault/deposits/{bag.uuid}/credit")
    walk.visit(f"/vault/movements/{bag.movement.uuid}/reverse")
    refused(walk)
    walk.visit("/money")
    walk.visit("/money/payouts")
    walk.visit("/money/payouts/new")
    refused(walk)
    by, now = Principal(user=cast.erika), timezone.now()
    paid_out = record_payout(store=cast.store, method="CARD", currency="EUR", amount=5_00, by=by, at=now)
    walk.visit(f"/money/payouts/{paid_out.uuid}/reverse")
    refused(walk)
    credit_deposit(deposit=bag, amount=4_00, by=Principal(user=cast.anna), at=timezone.now())
    walk.visit(f"/vault/deposits/{bag.uuid}/correct-credit")
    refused(walk)
    reports = f"/reports/registers/{cast.store.uuid}"
    closed = cast.place(PlaceKind.REGISTER, 2).seals.get()
    for path in (reports, f"{reports}/1/x", f"{reports}/2/z", f"{reports}/2/z/{closed.number}"):
        walk.visit(path)
    walk.visit("/drawers")
    walk.visit("/stores")
    walk.visit("/reports/exports/")
    walk.visit("/today")
    walk.visit("/search?q=40,00")
    walk.screen.enter(cast.anna)
    StoreFactory(account=cast.store.account, number="1338", name="Potsdam")
    for path in ("/vault", "/vault/change", "/reports/registers", "/today", "/search?q=erika"):
        walk.visit(path)


@pytest.mark.browser
@pytest.mark.parametrize(
    ("path", "pages"),
    [(drawer, DRAWER), (account, ACCOUNT), (settlement, SETTLEMENT), (vault, VAULT)],
    ids=["drawer", "account", "settlement", "vault"],
)
def test_pages_show_nothing_raw_and_bars_cover_nothing(
    screen: Screen, cast: Cast, path: Callable[[Walk, Cast], None], pages: set[str]
) -> None:
    # German has the longest words of the languages: what fits in it fits in the others.
    cast.store.language, cast.store.float_template = "de", {"2000": 3, "50": 20}
    cast.store.save()
    walk = Walk(screen)
    path(walk, cast)
    assert walk.seen == pages
