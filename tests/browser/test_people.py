"""People at a shared till: a change of person by PIN, a forgotten password, and signing out everywhere, in a real browser."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from cashdesk.domain.people.pin import set_pin
from cashdesk.models import CashSession, User
from tests.browser.screen import PHONE, Screen
from tests.cashdesk.desk import open_drawer
from tests.factories import PASSWORD
from tests.stories import Cast

pytestmark = pytest.mark.browser

PIN = "8305"
GOOD = "nine-lives-of-a-cat"


class Clicks:
    """Counts the clicks of a person. Typing counts apart."""

    def __init__(self, page: Page) -> None:
        self.page, self.count = page, 0

    def on(self, role: str, name: str) -> None:
        """Clicks on a button, a link or a choice."""
        self.count += 1
        self.page.get_by_role(role, name=name, exact=True).click()  # type: ignore[arg-type]


@pytest.fixture
def phone(chromium: Browser, live_server: Any) -> Iterator[Screen]:
    """A second browser, on a phone."""
    screen = Screen(chromium, origin=live_server.url, **PHONE)
    yield screen
    screen.quiet()
    screen.close()
    assert screen.complaints == []


@pytest.fixture
def till(cast: Cast, screen: Screen) -> Page:
    """A till on which Carla signed in with her password. Carla and Bruno have a PIN."""
    cast.store.pin_sign_in = True
    cast.store.save()
    for person in (cast.carla, cast.bruno):
        set_pin(user=User.objects.get(pk=person.pk), pin=PIN, at=timezone.now())
    page = screen.visit("/sign-in")
    page.get_by_label("Username").fill("carla")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/desk")
    return page


def test_a_person_changes_by_pin_in_three_clicks_and_no_count_is_lost(cast: Cast, screen: Screen, till: Page) -> None:
    open_drawer(cast.carla, 100_00, station=1)
    open_drawer(cast.bruno, 50_00, station=2)
    screen.visit("/desk/count")
    till.locator("#pieces-2000").fill("3")
    expect(till.locator("[data-said]")).to_have_text("Draft saved")
    for person, drawer in (("Bruno", "€50.00"), ("Carla", "€100.00")):
        screen.visit("/desk")
        clicks = Clicks(till)
        clicks.on("button", "Change person")
        expect(till.get_by_role("heading", name="Who are you?")).to_be_visible()
        clicks.on("radio", person)
        till.get_by_label("PIN").fill(PIN)
        clicks.on("button", "Sign in")
        till.wait_for_url("**/desk")
        assert clicks.count == 3
        expect(till.locator("main")).to_contain_text(drawer)
    screen.visit("/desk/count")
    expect(till.locator("#pieces-2000")).to_have_value("3")
    assert CashSession.objects.filter(status="OPEN").count() == 2
    screen.quiet()


def test_the_enter_key_signs_in_and_the_pin_stays_hidden(cast: Cast, screen: Screen, till: Page) -> None:
    till.get_by_role("button", name="Change person").click()
    till.get_by_role("radio", name="Bruno").check()
    field = till.get_by_label("PIN")
    assert field.get_attribute("type") == "password"
    assert field.get_attribute("inputmode") == "numeric"
    field.fill(PIN)
    field.press("Enter")
    till.wait_for_url("**/desk")
    expect(till.locator("header")).to_contain_text("Bruno")


def test_a_manager_hands_over_a_link_and_the_cashier_chooses_a_password(
    cast: Cast, screen: Screen, phone: Screen
) -> None:
    screen.enter(cast.erika)
    page = screen.visit(f"/people/{cast.carla.uuid}/new-password")
    page.get_by_role("button", name="Make a code").click()
    code = page.locator(".code").inner_text()
    link = page.locator("code.address").inner_text()
    assert re.fullmatch(r"[2-9A-Z]{4}-[2-9A-Z]{4}", code)
    path = link.removeprefix(screen.origin)
    hers = phone.visit(path)
    hers.get_by_label("New password", exact=True).fill(GOOD)
    hers.get_by_label("Repeat new password").fill(GOOD)
    hers.get_by_role("button", name="Set password").click()
    expect(hers.get_by_role("status")).to_contain_text("Your password is set.")
    hers.get_by_label("Username").fill("carla")
    hers.get_by_label("Password").fill(GOOD)
    hers.get_by_role("button", name="Sign in").click()
    hers.wait_for_url("**/desk")
    phone.visit(path, status=404)
    expect(hers.get_by_role("link", name="Ask for a new link")).to_be_visible()


def test_signing_out_everywhere_ends_the_other_browser(cast: Cast, screen: Screen, phone: Screen) -> None:
    for one in (screen, phone):
        one.enter(cast.carla)
    page = screen.visit("/account")
    expect(page.locator(".sign-ins li")).to_have_count(2)
    page.get_by_role("link", name="Sign out everywhere").click()
    page.get_by_role("button", name="Sign out everywhere").click()
    expect(page.get_by_role("status")).to_contain_text("You are signed out everywhere.")
    phone.visit("/desk")
    expect(phone.page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_nothing_bars_the_way(cast: Cast, screen: Screen, till: Page) -> None:
    found = {}
    for path in ("/account", "/account/pin", "/account/sign-out-everywhere", "/password/forgotten", "/password/code"):
        screen.visit(path)
        found[path] = screen.barriers()
    screen.context.clear_cookies(name="sessionid")
    screen.visit("/sign-in")
    till.locator("summary").click()
    found["/sign-in"] = screen.barriers()
    till.get_by_role("radio", name="Bruno").check()
    till.get_by_label("PIN").fill(PIN)
    till.get_by_label("PIN").press("Enter")
    till.wait_for_url("**/desk")
    screen.visit("/confirm")
    found["/confirm"] = screen.barriers()
    screen.enter(cast.erika)
    page = screen.visit(f"/people/{cast.carla.uuid}/new-password")
    found["new password"] = screen.barriers()
    page.get_by_role("button", name="Make a code").click()
    page.locator(".code").wait_for()
    found["code"] = screen.barriers()
    screen.visit(page.locator("code.address").inner_text().removeprefix(screen.origin))
    found["link"] = screen.barriers()
    assert {path: barriers for path, barriers in found.items() if barriers} == {}
    assert screen.overhang == 0
