"""From an empty database to a closed drawer, with nothing but the screen: its clicks and keystrokes are counted."""

from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from cashdesk.domain.ledger.proof import faults_of_store
from cashdesk.domain.setup.setup_link import issue_setup_link
from cashdesk.models import CashSession, Store
from tests.browser.screen import PHONE, Screen
from tests.cashdesk.desk import books

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASSWORD = "nine-lives-of-a-cat"
CLICKS_MAX = 14
KEYS_MAX = 46


class Hand:
    """A person at the screen: counts the clicks, and the keys that are pressed."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.clicks = 0
        self.keys = 0

    def click(self, role: Any, name: str) -> None:
        self.clicks += 1
        self.page.get_by_role(role, name=name, exact=True).click()

    def type(self, text: str) -> None:
        """Types into the field that has the cursor."""
        self.keys += len(text)
        self.page.keyboard.type(text)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.keys += 1
            self.page.keyboard.press(key)

    def choose(self, label: str, option: str) -> None:
        """Opens a list and chooses from it: two clicks."""
        self.clicks += 2
        self.page.get_by_label(label).select_option(label=option)

    def into(self, label: str) -> None:
        """Puts the cursor into a field."""
        self.clicks += 1
        self.page.get_by_label(label).click()

    def into_pieces(self, value: int) -> None:
        """Puts the cursor into the number of a note or coin."""
        self.clicks += 1
        self.page.locator(f"#pieces-{value}").click()

    def sees(self, heading: str) -> None:
        expect(self.page.get_by_role("heading", level=1)).to_have_text(heading)

    def focused(self, field: str) -> None:
        """Waits until the page has put the cursor into a field."""
        expect(self.page.locator(f"#{field}")).to_be_focused()


def link() -> str:
    return f"/setup?token={issue_setup_link(at=timezone.now())}"


def test_from_an_empty_database_to_a_closed_drawer(screen: Screen, live_server: Any) -> None:
    page = screen.visit(link())
    hand = Hand(page)
    hand.sees("Set up your first store")
    hand.focused("store")
    hand.type("Eck")
    hand.choose("Country", "Germany")
    expect(page.get_by_label("Currency")).to_have_value("EUR")
    expect(page.get_by_label("Time zone")).to_have_value("Europe/Berlin")
    hand.choose("Language of the store's pages", "English")
    hand.click("button", "Save store")
    hand.focused("owner")
    hand.type("Erika")
    hand.press("Tab")
    hand.type("erika")
    hand.press("Tab")
    hand.type(PASSWORD)
    hand.press("Enter")
    hand.focused("registers")
    hand.press("Enter")
    hand.sees("Open a drawer")
    expect(page.get_by_text("Your store is ready.")).to_be_visible()
    hand.click("button", "Fill in usual float")
    hand.click("button", "Review count")
    hand.click("button", "Open drawer")
    hand.sees("Your drawer is open")
    hand.click("link", "Pay out")
    hand.into("Amount")
    hand.type("50")
    hand.press("Tab")
    hand.type("soap")
    hand.press("Enter")
    hand.sees("Your drawer is open")
    hand.click("link", "Count and close")
    hand.into_pieces(5000)
    hand.type("3")
    hand.click("button", "Review count")
    hand.click("button", "Close drawer")
    hand.sees("The drawer is balanced")

    assert hand.clicks <= CLICKS_MAX
    assert hand.keys <= KEYS_MAX
    session, store = CashSession.objects.get(), Store.objects.get()
    assert (session.status, session.difference, session.user.username) == ("CLOSED", 0, "erika")
    assert books(store)["Safe"] == 150_00
    assert sum(books(store).values()) == 0
    assert list(faults_of_store(store)) == []


def look(screen: Screen, *, step: str) -> None:
    """The page has no barrier, and no width at which it scrolls sideways."""
    assert screen.barriers() == [], step
    assert screen.too_wide() == [], step
    screen.page.set_viewport_size({"width": 320, "height": 640})
    assert screen.overhang == 0, step
    screen.page.set_viewport_size(screen.size)


def test_no_step_has_barriers_or_scrolls_sideways(screen: Screen, live_server: Any) -> None:
    page = screen.visit("/sign-in")
    look(screen, step="sign-in")
    page.get_by_role("link", name="Set up your first store").click()
    look(screen, step="link")
    screen.expected_status = 403
    page.get_by_label("Link from the server").fill("wrong")
    page.get_by_role("button", name="Continue", exact=True).click()
    expect(page.locator("#refusal")).to_be_visible()
    look(screen, step="wrong link")
    page = screen.visit(link())
    look(screen, step="store")
    screen.expected_status = 400
    page.get_by_role("button", name="Save store").click()
    expect(page.locator("#refusal")).to_be_visible()
    look(screen, step="store refused")
    page.get_by_label("Store name").fill("Ein Laden mit einem langen Namen in Donaudampfschifffahrtsgesellschaft")
    page.get_by_label("Country").select_option(label="Germany")
    page.get_by_role("button", name="Save store").click()
    expect(page.get_by_label("Your name")).to_be_visible()
    look(screen, step="people")
    page.get_by_role("button", name="Deutsch").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ihre erste Filiale einrichten")
    look(screen, step="people in German")
    page.get_by_role("button", name="Personen speichern").click()
    expect(page.locator("#refusal")).to_be_visible()
    look(screen, step="people refused")
    for field, text in (("owner", "Erika"), ("owner_sign_in", "erika"), ("owner_password", PASSWORD)):
        page.locator(f"#{field}").fill(text)
    page.get_by_role("button", name="Personen speichern").click()
    expect(page.locator("#registers")).to_be_visible()
    look(screen, step="drawer")
    page.locator("summary").first.click()
    look(screen, step="a saved step opened again")


@pytest.mark.parametrize("screen", [PHONE], ids=["phone"], indirect=True)
def test_the_country_fills_in_at_once_and_a_later_choice_stays(screen: Screen, live_server: Any) -> None:
    page = screen.visit(link())
    page.get_by_label("Store name").fill("Laden")
    for country, currency, zone in (("Brazil", "BRL", ""), ("Switzerland", "CHF", "Europe/Zurich")):
        page.get_by_label("Country").select_option(label=country)
        expect(page.get_by_label("Currency")).to_have_value(currency)
        expect(page.get_by_label("Time zone")).to_have_value(zone)
    expect(page.locator("#zone optgroup").first).to_have_attribute("label", "Switzerland")
    # USD is what the page suggested when it was loaded, and is now a choice.
    page.get_by_label("Currency").select_option("USD")
    page.get_by_label("Store name").press("Enter")
    expect(page.get_by_text("1 Laden · Switzerland · USD · Zurich")).to_be_visible()
    page.locator("summary").first.click()
    expect(page.get_by_label("Time zone")).to_have_value("Europe/Zurich")


def test_enter_saves_the_step_of_its_field(screen: Screen, live_server: Any) -> None:
    page = screen.visit(link())
    page.get_by_label("Store name").fill("Laden")
    page.get_by_label("Country").select_option(label="Germany")
    page.get_by_label("Store name").press("Enter")
    for field, text in (("owner", "Erika"), ("owner_sign_in", "erika"), ("owner_password", PASSWORD)):
        page.locator(f"#{field}").fill(text)
    page.locator("#owner_password").press("Enter")
    expect(page.locator("#registers")).to_be_focused()
    page.locator("#float").fill("80")
    page.locator("summary").first.click()
    page.get_by_label("Store name").fill("Ladengeschäft")
    page.get_by_label("Store name").press("Enter")
    expect(page.locator("#registers")).to_be_focused()
    expect(page.locator("#float")).to_have_value("80")
    assert not Store.objects.exists()
    page.locator("#float").press("Enter")
    expect(page.get_by_text("Your store is ready.")).to_be_visible()
    assert (Store.objects.get().name, Store.objects.get().float_minor) == ("Ladengeschäft", 80_00)
