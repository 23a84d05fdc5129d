"""A register's settlement and the vault in the browser: parts of a count as tabs, by keyboard, on a phone, in the dark."""

import pytest
from playwright.sync_api import Page, expect

from cashdesk.enums import PlaceKind
from settlements.models import Settlement
from tests.browser.screen import PHONE, TABLET, Screen
from tests.browser.test_desk import press, reach, sign_in
from tests.factories import PASSWORD
from tests.settlements.desk import CARD, EUR, USD, Shop, figures
from tests.settlements.screens.settling import counts_card_slips, now, path_of
from tests.stories import Cast

pytestmark = pytest.mark.browser


def is_fit(screen: Screen) -> None:
    """Asserts that the page fits the screen and is accessible."""
    assert screen.overhang == 0, screen.page.url
    assert screen.barriers() == [], screen.page.url


def tab(page: Page, name: str) -> str:
    """Returns the text of a tab."""
    return " ".join(page.get_by_role("tab", name=name).inner_text().split())


@pytest.mark.parametrize("screen", [PHONE], ids=["phone"], indirect=True)
def test_a_register_is_settled_by_keyboard_on_a_phone(screen: Screen, cast: Cast) -> None:
    shop = Shop(cast=cast)
    counts_card_slips(shop)
    cast.carla.register = cast.place(PlaceKind.REGISTER, 1)
    cast.carla.save()
    shop.vault()
    settlement = shop.open({EUR: 100_00, USD: 20_00})
    shop.sale(25_00)
    shop.sale(30_00, CARD)
    page = sign_in(screen, "carla")
    reach(page, "Show the register's settlement")
    press(page, "Enter")
    page.wait_for_url(f"**{path_of(settlement)}")
    is_fit(screen)
    reach(page, "Count and close the register")
    press(page, "Enter")
    page.wait_for_url("**/start")
    is_fit(screen)
    reach(page, "Start counting")
    press(page, "Enter")
    page.wait_for_url("**/count")
    expect(page.get_by_role("tab")).to_have_count(3)
    is_fit(screen)

    page.get_by_role("tab", name="EUR cash").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("tab", name="EUR card slips")).to_be_focused()
    expect(page.locator("#eur-card-amount")).to_be_visible()
    expect(page.locator("#eur-cash-amount")).to_be_hidden()
    press(page, "Tab", "30")
    assert tab(page, "EUR card slips") == "EUR card slips €30.00"
    page.get_by_role("tab", name="EUR card slips").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="EUR cash")).to_have_attribute("aria-selected", "true")
    page.locator("#eur-cash-pieces-10000").focus()
    press(page, "1")
    expect(page.locator("[data-so-far-figure]")).to_have_text("€100.00")
    page.locator("#eur-cash-pieces-1").focus()
    press(page, "Enter")
    expect(page.get_by_role("tab", name="USD cash")).to_have_attribute("aria-selected", "true")
    assert tab(page, "USD cash") == "USD cash not counted"
    assert tab(page, "EUR cash") == "EUR cash €100.00"
    page.locator("#usd-cash-pieces-500").fill("x")
    reach(page, "Review count")
    screen.expected_status = 400
    press(page, "Enter")
    expect(page.get_by_text("5 USD: Enter a whole number of pieces")).to_be_visible()
    expect(page.get_by_role("tab", name="USD cash")).to_have_attribute("aria-selected", "true")
    is_fit(screen)
    page.locator("#usd-cash-pieces-500").fill("4")

    for told in (
        "These amounts are not equal: EUR cash. 2 attempts are left.",
        "These amounts are not equal: EUR cash. 1 attempt is left.",
    ):
        reach(page, "Review count")
        press(page, "Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Review count")
        is_fit(screen)
        reach(page, "Compare the count")
        press(page, "Enter")
        page.wait_for_url("**/count?attempt=*")
        assert told in " ".join(page.get_by_role("status").first.inner_text().split())
        expect(page.locator("#eur-cash-pieces-10000")).to_have_value("1")
        assert tab(page, "USD cash") == "USD cash 20.00 USD"
    is_fit(screen)
    page.locator("#eur-cash-pieces-500").fill("5")
    reach(page, "Review count")
    press(page, "Enter")
    expect(page.get_by_text("This is the last of 3 attempts.")).to_be_visible()
    reach(page, "Close the register")
    press(page, "Enter")
    page.wait_for_url(f"**{path_of(settlement)}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Closed and balanced")
    is_fit(screen)
    assert figures(now(settlement)) == {EUR: (125_00, 125_00, 0), USD: (20_00, 20_00, 0), CARD: (30_00, 30_00, 0)}


@pytest.mark.parametrize("screen", [{**TABLET, "colours": "dark"}], ids=["tablet"], indirect=True)
def test_the_vault_is_opened_counted_and_closed(screen: Screen, cast: Cast) -> None:
    screen.visit("/sign-in?next=/vault")
    page = screen.page
    page.get_by_label("Username").fill("erika")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Start settlements in this store").click()
    page.get_by_label("Yes, start settlements for good").check()
    page.get_by_label("€200 note", exact=True).fill("5")
    page.get_by_text("Another currency").click()
    page.get_by_label("Currency").fill("usd")
    page.get_by_role("button", name="Add to the count").click()
    expect(page.get_by_role("tab", name="USD cash")).to_have_attribute("aria-selected", "true")
    assert tab(page, "EUR cash") == "EUR cash €1,000.00"
    page.get_by_label("20 USD note", exact=True).fill("2")
    page.get_by_role("button", name="Review count").click()
    page.get_by_role("button", name="Open the safe").click()
    expect(page.get_by_text("The safe is open.")).to_be_visible()
    vault = Settlement.objects.get()
    page.get_by_role("link", name="Count the safe").click()
    page.get_by_label("€200 note", exact=True).fill("5")
    page.get_by_role("button", name="Review count").click()
    expect(page.get_by_text("You did not count these:")).to_be_visible()
    page.get_by_role("button", name="Compare the count").click()
    expect(page.get_by_text("These amounts are not equal: USD cash.")).to_be_visible()
    page.get_by_role("tab", name="USD cash").click()
    for _click in range(2):
        page.get_by_role("button", name="One more: 20 USD").click()
    assert tab(page, "USD cash") == "USD cash 40.00 USD"
    page.get_by_role("button", name="Review count").click()
    page.get_by_role("button", name="Close the safe with this count").dblclick()
    expect(page.get_by_role("heading", level=1)).to_have_text("Closed and balanced")
    assert screen.overhang == 0
    page.get_by_role("link", name="Back to the safe").click()
    expect(page.get_by_text("€1,000.00")).to_be_visible()
    assert Settlement.objects.filter(type="VAULT").count() == 2
    assert figures(now(vault)) == {EUR: (1000_00, 1000_00, 0), USD: (40_00, 40_00, 0)}
