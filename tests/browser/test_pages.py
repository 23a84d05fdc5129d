"""The front door and the error page: on every screen, in both colours, on paper, and by keyboard."""

import pytest
from playwright.sync_api import expect

from tests.browser.screen import Screen

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("path", "status", "title"), [("/about", 200, "Count every drawer"), ("/nowhere", 404, "Page not found")]
)
def test_a_page_fits_every_screen_and_nothing_bars_the_way(screen: Screen, path: str, status: int, title: str) -> None:
    page = screen.visit(path, status=status)
    expect(page.get_by_role("heading", level=1)).to_contain_text(title)
    assert screen.too_wide() == []
    assert screen.barriers() == []


def test_the_front_door_leads_everywhere(screen: Screen) -> None:
    page = screen.visit("/about")
    page.get_by_role("main").get_by_role("link", name="Sign in", exact=True).click()
    page.wait_for_url("**/sign-in")
    page = screen.visit("/about")
    page.get_by_role("link", name="Read the API documentation").click()
    page.wait_for_url("**/api/v1/docs")
    page = screen.visit("/about")
    assert page.get_by_role("link", name="OpenAPI schema").get_attribute("href") == "/api/v1/schema"
    names = page.get_by_role("row").locator("th[scope=row]").all_inner_texts()
    assert {"Sign-in", "Cash sessions", "Shifts", "Payments", "Events", "Webhooks"} <= set(names)


def test_the_page_of_an_error_tells_the_number_to_ask_with(screen: Screen) -> None:
    page = screen.visit("/nowhere", status=404)
    number = page.locator("code").inner_text()
    assert len(number) == 36
    page.get_by_role("link", name="Go to your first page").click()
    page.wait_for_url("**/sign-in")


def test_the_front_door_opens_by_keyboard(screen: Screen) -> None:
    page = screen.visit("/about")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    assert skip.evaluate("link => link === document.activeElement")
    assert skip.bounding_box()["y"] >= 0  # type: ignore[index]  # it is on the page
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Sign in"
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert page.evaluate(outline) == "solid"
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign-in")


@pytest.mark.parametrize("screen", [{"colours": "dark"}], ids=["dark"], indirect=True)
def test_paper_is_white_and_carries_no_buttons(screen: Screen) -> None:
    page = screen.visit("/about")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    expect(page.get_by_role("link", name="Sign in", exact=True).first).to_be_hidden()
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_nothing_bars_the_way_in(screen: Screen) -> None:
    for path in ("/admin/login/", "/sign-in"):
        screen.visit(path)
        assert screen.barriers() == [], path
