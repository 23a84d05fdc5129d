"""No input is lost in a real browser: after a lost connection, an expired sign-in, and input on two devices at once."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from cashdesk.models import BrowserSession, CashSession, Draft
from tests.browser.screen import PHONE, Screen
from tests.browser.test_desk import enter_total
from tests.cashdesk.desk import open_drawer
from tests.factories import PASSWORD
from tests.stories import Cast

pytestmark = pytest.mark.browser


def is_saved(page: Page) -> None:
    """Waits until the page shows that the draft is saved."""
    expect(page.locator("[data-said]")).to_have_text("Draft saved")


def forgive(screen: Screen, *words: str) -> None:
    """Forgets complaints of the browser that the test caused."""
    screen.complaints[:] = [told for told in screen.complaints if not any(word in told for word in words)]


def test_a_close_whose_answer_was_lost_is_done_once(screen: Screen, cast: Cast) -> None:
    session = open_drawer(cast.carla, 0)
    screen.sign_in("carla")
    page = screen.visit("/desk/count")
    # Offline while it is typed: said quietly, and saved as soon as there is a connection.
    screen.context.set_offline(True)
    page.locator("#pieces-2000").fill("2")
    expect(page.locator("[data-said]")).to_have_text("Draft not saved yet. There is no connection.")
    page.get_by_role("button", name="Review count").click()
    expect(page.get_by_role("alert").filter(has_text="No connection. Nothing is lost")).to_be_focused()
    screen.context.set_offline(False)
    expect(page.get_by_role("heading", level=1)).to_have_text("Review count")
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    page.go_back()
    expect(page.locator("#pieces-2000")).to_have_value("2")
    page.locator("#pieces-500").fill("1")
    is_saved(page)
    page.get_by_role("button", name="Review count").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Review count")

    sent: list[str] = []

    def lose_the_answer(route: Route) -> None:
        sent.append(route.request.post_data or "")
        if len(sent) == 1:
            route.fetch(max_redirects=0)
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/desk/count", lose_the_answer)
    page.get_by_role("button", name="Close drawer").dblclick()
    expect(page.get_by_text("No connection. Nothing is lost")).to_be_visible()
    assert CashSession.objects.get().declared_amount == 45_00
    page.get_by_role("button", name="Try again now").click()
    page.wait_for_url(f"**/desk/sessions/{session.uuid}")
    assert len(sent) == 2
    assert sent[0] == sent[1]
    assert not Draft.objects.exists()
    forgive(screen, "ERR_INTERNET_DISCONNECTED", "ERR_CONNECTION_RESET")


def test_a_form_open_across_a_deployment_shows_the_answer_with_its_new_style_sheets(screen: Screen, cast: Cast) -> None:
    open_drawer(cast.carla, 0)
    screen.sign_in("carla")
    page = screen.visit("/desk/count")
    sheets = page.locator("link[rel=stylesheet]")
    names = [str(sheet.get_attribute("href")) for sheet in sheets.all()]
    for old in (sheets.first, sheets.nth(3)):
        old.evaluate("sheet => sheet.setAttribute('href', sheet.getAttribute('href') + '?old')")
    page.locator("#pieces-2000").fill("2")
    page.get_by_role("button", name="Review count").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Review count")
    # A new sheet comes after the one that it replaces, and before those that it came before.
    shown = [str(sheet.get_attribute("href")) for sheet in sheets.all()]
    assert shown[:-1] == [f"{names[0]}?old", *names[:3], f"{names[3]}?old", *names[3:]]
    assert "review" in shown[-1]


def test_an_answer_is_shown_only_with_its_styles(screen: Screen, cast: Cast) -> None:
    open_drawer(cast.carla, 0)
    screen.sign_in("carla")
    page = screen.visit("/desk/count")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/review*.css", hold)
    page.locator("#pieces-2000").fill("2")
    with page.expect_request("**/review*.css"):
        page.get_by_role("button", name="Review count").click()
    expect(page.get_by_role("button", name="Review count")).to_be_attached()
    held.pop().continue_()
    expect(page.get_by_role("heading", level=1)).to_have_text("Review count")
    assert page.evaluate("[...document.styleSheets].some(sheet => (sheet.href || '').includes('review'))")


def test_an_answer_that_the_script_cannot_show_is_shown_by_the_browser(screen: Screen, cast: Cast) -> None:
    open_drawer(cast.carla, 0)
    screen.sign_in("carla")
    page = screen.visit("/desk/count")
    page.locator("#pieces-2000").fill("2")

    # The script finds no place for the new page, as where an extension of the browser has changed this one.
    page.evaluate("() => { document.querySelector('main').replaceWith = () => { throw new Error('replaceWith') } }")
    page.get_by_role("button", name="Review count").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Review count")
    page.get_by_role("button", name="Correct count").click()
    expect(page.locator("#pieces-2000")).to_have_value("2")
    forgive(screen, "replaceWith")


@pytest.mark.parametrize("screen", [PHONE], ids=["phone"], indirect=True)
def test_the_sign_in_runs_out_in_mid_count(screen: Screen, cast: Cast) -> None:
    open_drawer(cast.carla, 0)
    screen.sign_in("carla")
    page = screen.visit("/desk/count")
    page.locator("#pieces-2000").fill("3")
    is_saved(page)
    BrowserSession.objects.all().delete()
    screen.expected_status = 401
    page.locator("#pieces-500").fill("007")
    expect(page.get_by_text("You were signed out.")).to_be_visible()
    assert screen.overhang == 0
    screen.expected_status = 403
    page.get_by_role("button", name="Sign in and continue").click()
    expect(page.get_by_text("nothing is lost")).to_be_visible()
    page.get_by_label("Username").fill("carla")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("We restored your count from")).to_be_visible()
    expect(page.locator("#pieces-2000")).to_have_value("3")
    expect(page.locator("#pieces-500")).to_have_value("007")
    # And once more where it is sent instead: the sign-in comes at once, in place of the page.
    BrowserSession.objects.all().delete()
    page.get_by_role("button", name="Review count").click()
    page.get_by_label("Username").fill("carla")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#pieces-500")).to_have_value("007")
    assert CashSession.objects.get().is_open


def test_two_devices_at_once(screen: Screen, chromium: Browser, live_server: Any, cast: Cast) -> None:
    open_drawer(cast.carla, 0)
    phone = Screen(chromium, origin=live_server.url, **PHONE)
    screen.sign_in("carla")
    phone.sign_in("carla")
    till, hand = screen.visit("/desk/count"), phone.visit("/desk/count")
    till.get_by_role("button", name="One more: €20", exact=True).click()
    is_saved(till)
    phone.expected_status = 409
    enter_total(hand, "55")
    expect(hand.get_by_text("This count was changed on another device at")).to_be_visible()
    assert phone.overhang == 0
    hand.get_by_role("button", name="Use this version").click()
    is_saved(hand)
    screen.expected_status = 409
    till.locator("#pieces-500").fill("9")
    till.get_by_role("link", name="Use the other version").click()
    expect(till.locator("#amount")).to_have_value("55")
    expect(till.locator("#pieces-500")).to_have_value("")
    # A reload within the moment before a save loses nothing either.
    till.locator("#amount").fill("56")
    till.reload()
    expect(till.locator("#amount")).to_have_value("56")
    till.get_by_role("link", name="Start over").click()
    till.get_by_role("button", name="Discard draft").click()
    expect(till.locator("#amount")).to_have_value("")
    assert not Draft.objects.exists()
    assert phone.complaints == []
    phone.close()
