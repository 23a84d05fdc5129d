"""The bars around the pages: on every width, in both colours, by keyboard, and without scripts."""

from typing import Final

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.screen import PHONE, Screen
from tests.factories import StoreFactory
from tests.stories import Cast

pytestmark = pytest.mark.browser

PAGES: Final = ("/today", "/drawers", "/admin/")
NARROW: Final = {"width": 320, "height": 640}
ZOOMED: Final = {"width": 683, "height": 384}
"""A till of 1366 x 768 at 200 %."""


@pytest.mark.parametrize("size", [NARROW, None], ids=["narrow", "wide"])
def test_nothing_bars_the_way_around_a_page(screen: Screen, cast: Cast, size: dict[str, int] | None) -> None:
    StoreFactory(account=cast.store.account)
    screen.enter(cast.anna)
    if size is not None:
        screen.page.set_viewport_size(size)  # type: ignore[arg-type]
    for path in ("/stores", "/admin/"):
        page = screen.visit(path)
        for menu in page.locator(".top details").all():
            menu.evaluate("menu => { menu.open = true }")
        assert screen.barriers() == [], path


def test_no_page_scrolls_sideways_in_either_direction(screen: Screen, cast: Cast) -> None:
    screen.enter(cast.erika)
    for path in PAGES:
        page = screen.visit(path)
        for direction in ("ltr", "rtl"):
            page.evaluate("direction => { document.documentElement.dir = direction }", direction)
            for size in (NARROW, PHONE, ZOOMED, {"width": 1366, "height": 768}):
                page.set_viewport_size(size)  # type: ignore[arg-type]
                assert screen.overhang == 0, (path, direction, size)


@pytest.mark.parametrize("screen", [PHONE], ids=["phone"], indirect=True)
def test_a_phone_has_four_places_and_more(screen: Screen, cast: Cast) -> None:
    screen.enter(cast.erika)
    page = screen.visit("/today")
    rail = page.get_by_role("navigation", name="Main")
    assert rail.get_by_role("link").all_inner_texts() == ["Today", "Drawers", "Safe", "Variances"]
    rail.get_by_text("More").click()
    rail.get_by_role("link", name="Reports").click()
    page.wait_for_url("**/reports")
    expect(rail.locator("summary")).to_have_attribute("aria-current", "true")


def test_an_open_menu_closes_with_escape_and_with_a_click_elsewhere(screen: Screen, cast: Cast) -> None:
    screen.enter(cast.erika)
    page = screen.visit("/today")
    menu, summary = page.locator(".menu.end"), page.locator(".menu.end > summary")
    for close in (lambda: page.keyboard.press("Escape"), lambda: page.locator("h1").click()):
        summary.click()
        expect(menu.get_by_role("button", name="Sign out")).to_be_visible()
        close()
        expect(menu.get_by_role("button", name="Sign out")).to_be_hidden()


def test_the_bars_work_without_scripts(chromium: Browser, live_server: object, cast: Cast) -> None:
    StoreFactory(account=cast.store.account, number="1402", name="Wedding")
    screen = Screen(chromium, origin=live_server.url)  # type: ignore[attr-defined]
    screen.enter(cast.anna)
    plain = chromium.new_context(java_script_enabled=False, base_url=screen.origin)
    plain.add_cookies(screen.context.cookies())  # type: ignore[arg-type]
    page = plain.new_page()
    page.goto("/drawers")
    page.get_by_role("main").get_by_role("button", name="1402 Wedding").click()
    page.wait_for_url("**/drawers")
    page.locator(".menu", has_text="1402 Wedding").locator("summary").click()
    page.locator(".menu [value]", has_text="1337").first.click()
    expect(page.locator(".menu > summary", has_text="1337 Berlin")).to_be_visible()
    assert page.url == f"{screen.origin}/drawers"
    plain.close()
    screen.close()
