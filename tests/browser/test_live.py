"""Today keeps itself true in a browser: what changes arrives, and nothing that the person does is lost."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from cashdesk.models import AuditEntry, BrowserSession
from tests.browser.screen import Screen
from tests.cashdesk.desk import close_drawer, open_drawer
from tests.factories import StoreFactory
from tests.stories import Cast

pytestmark = pytest.mark.browser


def look_again(page: Page) -> None:
    """Makes the page look at once, as it does when the connection is back."""
    page.evaluate("window.dispatchEvent(new Event('online'))")


def test_what_changes_arrives_and_focus_stays(screen: Screen, cast: Cast) -> None:
    now = timezone.now()
    session = open_drawer(cast.carla, 100_00, at=now - timedelta(hours=1))
    screen.enter(cast.erika)
    page = screen.visit("/today")
    card = page.locator("#register-1")
    expect(card.locator(".state")).to_have_text("Open")
    link = card.get_by_role("link", name="Z reports")
    link.focus()
    close_drawer(session, 97_00, at=now)
    look_again(page)
    expect(card.locator(".state")).to_have_text("Short by €3.00")
    expect(page.get_by_role("status").filter(has_text="Register 1: Short by €3.00.")).to_have_count(1)
    expect(card.get_by_role("link").first).to_be_focused()
    card.get_by_role("link", name="Z report 1").focus()
    open_drawer(cast.bruno, 50_00, at=now, station=2)
    look_again(page)
    expect(page.locator("#register-2 .state")).to_have_text("Open")
    expect(card.get_by_role("link", name="Z report 1")).to_be_focused()
    assert screen.complaints == []


def test_a_lost_connection_is_told_until_it_is_back(screen: Screen, cast: Cast) -> None:
    screen.enter(cast.erika)
    page = screen.visit("/today")
    alert = page.locator("#live-lost")
    expect(alert).to_be_hidden()
    screen.context.set_offline(True)
    look_again(page)
    expect(alert).to_be_visible()
    expect(alert).to_contain_text("The connection is lost.")
    screen.complaints.clear()  # the browser reports the lost connection
    screen.context.set_offline(False)
    look_again(page)
    expect(alert).to_be_hidden()


def test_a_person_who_was_signed_out_sees_the_sign_in_page(screen: Screen, cast: Cast) -> None:
    screen.enter(cast.erika)
    page = screen.visit("/today")
    BrowserSession.objects.all().delete()
    look_again(page)
    expect(page.get_by_label("Username")).to_be_visible()


def test_the_board_fits_every_screen_and_nothing_bars_the_way(screen: Screen, cast: Cast) -> None:
    StoreFactory(account=cast.store.account, number="1402", name="Wedding")
    open_drawer(cast.carla, 100_00, at=timezone.now() - timedelta(days=2))
    screen.enter(cast.anna)
    page = screen.visit("/board")
    assert screen.too_wide() == []
    assert screen.barriers() == []
    page.get_by_role("link", name="Store", exact=True).click()
    expect(page.locator("th[aria-sort=ascending]")).to_have_text("Store")
    page.get_by_role("link", name="Berlin").click()
    expect(page.get_by_role("heading", name="Today")).to_be_visible()


def test_one_press_tells_what_a_drawer_should_hold_and_the_figure_stays(screen: Screen, cast: Cast) -> None:
    now = timezone.now()
    session = open_drawer(cast.carla, 123_45, at=now - timedelta(hours=1))
    screen.enter(cast.erika)
    page = screen.visit("/today")
    card = page.locator("#register-1")
    expect(card.locator(".hidden")).to_contain_text("Hidden until counted")
    card.get_by_role("link", name="Show expected cash").click()
    told = card.locator(".told")
    expect(told).to_have_text("€123.45")
    expect(told).to_be_focused()
    assert AuditEntry.objects.filter(action="x_report.seen", user=cast.erika).count() == 1
    open_drawer(cast.bruno, 50_00, at=now, station=2)
    look_again(page)
    expect(page.locator("#register-2 .state")).to_have_text("Open")
    expect(told).to_have_text("€123.45")
    expect(told).to_be_focused()
    assert AuditEntry.objects.filter(action="x_report.seen").count() == 1, "a refresh is no look"
    close_drawer(session, 123_45, at=now)
    open_drawer(cast.carla, 77_00, at=now)
    look_again(page)
    expect(card.locator(".hidden")).to_contain_text("Hidden until counted")
    assert screen.complaints == []
