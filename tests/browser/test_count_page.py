"""The count page in a real browser: what is in sight, the focus, the keys of a whole close, and the keypad."""

from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page, expect

from cashdesk.models import CashSession
from tests.browser.patience import wait_until_begun
from tests.browser.screen import Screen
from tests.browser.test_desk import enter_total, sign_in
from tests.cashdesk.desk import open_drawer
from tests.stories import Cast

pytestmark = pytest.mark.browser

TILL: Final = {"width": 1366, "height": 768}
PHONE: Final = {"width": 390, "height": 844}
EUROS: Final = 15
"""The notes and coins of the euro."""

# The rows that are whole in the window, and not behind the bar at the bottom.
IN_SIGHT: Final = """() => {
  const side = document.querySelector(".side").getBoundingClientRect();
  const isBelow = (box) => side.left < box.right && box.bottom > side.top + 1;
  return [...document.querySelectorAll(".row")].map((row) => row.getBoundingClientRect())
    .filter((box) => box.top >= 0 && box.bottom <= innerHeight && !isBelow(box)).length;
}"""
# What stands out of its card or of the window.
OUTSIDE: Final = """() => {
  const cards = [document.documentElement, ...document.querySelectorAll(".card, .side, .facts > div, table, li")];
  return cards.filter((one) => one.checkVisibility() && one.scrollWidth > one.clientWidth + 1)
    .map((one) => `${one.tagName} ${one.className} ${one.textContent.trim().slice(0, 40)}`);
}"""
COVERED: Final = """() => {
  const side = document.querySelector(".side").getBoundingClientRect();
  const box = document.activeElement.getBoundingClientRect();
  return side.left < box.right && box.bottom > side.top + 1;
}"""


def is_in_sight(page: Page, *places: str) -> None:
    """Asserts that each element is whole in the window."""
    for place in places:
        expect(page.locator(place).first).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("path", ["/desk/count", "/desk/hand-over"])
@pytest.mark.parametrize("screen", [TILL], ids=["till"], indirect=True)
def test_a_till_shows_every_line_the_total_and_the_button_at_once(screen: Screen, cast: Cast, path: str) -> None:
    open_drawer(cast.carla, 0)
    screen.sign_in("carla")
    page = screen.visit(path)
    expect(page.locator("#pieces-50000")).to_be_focused()
    expect(page.locator(".row")).to_have_count(EUROS)
    assert page.evaluate(IN_SIGHT) == EUROS
    is_in_sight(page, "h1", ".titles .place", ".total", ".side .button.first", ".ways")
    # Long sums stay inside their card.
    page.locator("#pieces-50000").fill("9999999")
    page.locator("#pieces-20000").fill("9999999")
    expect(page.locator("[data-total-figure]")).to_have_text("€6,999,999,300.00")
    assert page.evaluate(OUTSIDE) == []


@pytest.mark.parametrize("screen", [TILL], ids=["till"], indirect=True)
def test_a_till_shows_every_line_of_an_opening(screen: Screen, cast: Cast) -> None:
    cast.store.float_template = {"2000": 3, "50": 20}
    cast.store.save()
    screen.sign_in("carla")
    page = screen.visit("/desk/open")
    expect(page.locator("#pieces-50000")).to_be_focused()
    assert page.evaluate(IN_SIGHT) == EUROS


@pytest.mark.parametrize("screen", [PHONE], ids=["phone"], indirect=True)
def test_a_phone_shows_eleven_lines_and_covers_no_field_with_its_bar(screen: Screen, cast: Cast) -> None:
    open_drawer(cast.carla, 0)
    screen.sign_in("carla")
    page = screen.visit("/desk/count")
    assert page.evaluate(IN_SIGHT) >= 11
    is_in_sight(page, ".total", ".side .button.first")
    page.locator("#pieces-50000").focus()
    for _line in range(EUROS - 1):
        page.keyboard.press("ArrowDown")
        assert not page.evaluate(COVERED)
        is_in_sight(page, ".row:focus-within")
    for _line in range(EUROS - 1):
        page.keyboard.press("ArrowUp")
        is_in_sight(page, ".row:focus-within")


@pytest.mark.parametrize("screen", [TILL], ids=["till"], indirect=True)
def test_a_whole_close_by_keyboard_takes_two_keys_a_line_and_two_more(screen: Screen, cast: Cast) -> None:
    session = open_drawer(cast.carla, 0)
    screen.sign_in("carla")
    page = screen.visit("/desk/count")
    keys = ["1", "Enter"] * EUROS + ["Control+Enter"] * 2
    for key in keys[:-1]:
        page.keyboard.press(key)
    expect(page.get_by_role("heading", level=1)).to_have_text("Review count")
    expect(page.locator(".sum strong")).to_have_text("€888.88")
    page.keyboard.press(keys[-1])
    page.wait_for_url(f"**/desk/sessions/{session.uuid}")
    assert len(keys) == 32
    assert CashSession.objects.get().declared_amount == 888_88


@pytest.mark.parametrize("screen", [TILL], ids=["till"], indirect=True)
def test_the_last_line_leads_to_the_button_and_enter_presses_it(screen: Screen, cast: Cast) -> None:
    open_drawer(cast.carla, 0)
    screen.sign_in("carla")
    page = screen.visit("/desk/count")
    page.locator("#pieces-1").press("Enter")
    expect(page.locator(".side .button.first")).to_be_focused()
    page.locator("#pieces-1").fill("3")
    enter_total(page, "0.03")
    page.locator("#pieces-1").press("Enter")
    expect(page.locator("#amount")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".sum strong")).to_have_text("€0.03")


@pytest.mark.parametrize("screen", [PHONE], ids=["phone"], indirect=True)
def test_a_whole_close_takes_three_clicks_on_a_phone(screen: Screen, cast: Cast) -> None:
    session = open_drawer(cast.carla, 0)
    page = sign_in(screen, "carla")
    page.get_by_role("link", name="Count and close").click()
    page.wait_for_url("**/desk/count")
    wait_until_begun(page)
    page.keyboard.type("2")
    page.get_by_role("button", name="Review count").click()
    page.get_by_role("button", name="Close drawer").click()
    page.wait_for_url(f"**/desk/sessions/{session.uuid}")
    assert CashSession.objects.get().declared_amount == 1000_00


@pytest.mark.parametrize(
    "screen", [TILL, PHONE, {"width": 320, "height": 640}], ids=["till", "phone", "narrow"], indirect=True
)
def test_huge_sums_stay_inside_their_cards(screen: Screen, cast: Cast, settings: Any) -> None:
    settings.AMOUNT_MAX_NOTES = 10**9
    session = open_drawer(cast.carla, 12_345_678_901_55)
    page = sign_in(screen, "carla")
    expect(page.get_by_text("€12,345,678,901.55")).to_be_visible()
    assert page.evaluate(OUTSIDE) == []
    screen.visit("/desk/count")
    enter_total(page, "22222222222.22")
    page.get_by_role("button", name="Review count").click()
    expect(page.locator("#review .sum strong")).to_have_text("€22,222,222,222.22")
    assert page.evaluate(OUTSIDE) == []
    page.get_by_role("button", name="Close drawer").click()
    page.wait_for_url(f"**/desk/sessions/{session.uuid}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Over by €9,876,543,320.67")
    assert page.evaluate(OUTSIDE) == []
    screen.visit("/desk")
    expect(page.get_by_text("over by €9,876,543,320.67")).to_be_visible()
    assert page.evaluate(OUTSIDE) == []


@pytest.mark.parametrize("screen", [TILL, {"width": 320, "height": 640}], ids=["till", "narrow"], indirect=True)
def test_nothing_bars_the_way_from_the_float_to_the_note(screen: Screen, cast: Cast) -> None:
    cast.store.float_template = {"2000": 3, "50": 20}
    cast.store.save()

    def is_fit() -> None:
        assert screen.overhang == 0, page.url
        assert screen.barriers() == [], page.url

    screen.sign_in("carla")
    page = screen.visit("/desk/open")
    page.locator(".help summary").click()
    is_fit()
    page.locator(".help summary").click()
    page.locator("#pieces-2000").fill("4")
    page.get_by_role("button", name="Review count").click()
    expect(page.get_by_role("button", name="Open drawer")).to_be_visible()
    is_fit()
    page.get_by_role("button", name="Open drawer").click()
    page.wait_for_url("**/desk?*")
    screen.visit("/desk/count")
    page.locator("#fuller").check()
    enter_total(page, "")
    is_fit()
    page.locator("#pieces-2000").fill("3")
    page.get_by_role("button", name="Review count").click()
    expect(page.get_by_role("button", name="Close drawer")).to_be_visible()
    is_fit()
    page.get_by_role("button", name="Close drawer").click()
    page.wait_for_url("**/desk/sessions/*")
    is_fit()
    screen.expected_status = 400
    page.get_by_role("button", name="Save note").click()
    expect(page.get_by_text("Enter a note.")).to_be_visible()
    is_fit()
    page.locator("#note").fill("a twenty too much")
    page.get_by_role("button", name="Save note").dblclick()
    expect(page.get_by_text("Your note is saved.")).to_be_visible()
    is_fit()
    screen.visit("/desk")
    expect(page.get_by_text("short by €20.00")).to_be_visible()
    is_fit()


@pytest.mark.parametrize("screen", [TILL], ids=["till"], indirect=True)
def test_help_unfolds_and_names_no_figure(screen: Screen, cast: Cast) -> None:
    open_drawer(cast.carla, 0)
    screen.sign_in("carla")
    page = screen.visit("/desk/count")
    words = page.get_by_text("Count all cash, including the float.")
    expect(words).to_be_hidden()
    page.locator(".help summary").click()
    expect(words).to_be_visible()


def test_the_keypad_of_a_touch_screen_types_and_is_remembered(chromium: Browser, live_server: Any, cast: Cast) -> None:
    open_drawer(cast.carla, 0)
    screen = Screen(chromium, origin=live_server.url, **TILL, is_touched=True)
    screen.sign_in("carla")
    page = screen.visit("/desk/count")
    notes = page.locator("#pieces-50000")
    expect(notes).to_have_attribute("inputmode", "numeric")
    page.get_by_role("button", name="Keypad").tap()
    expect(notes).to_have_attribute("inputmode", "none")
    tap(page, "1", "2", "Backspace", "4", "Enter", "7", "ArrowDown", "3", "ArrowUp")
    expect(notes).to_have_value("14")
    expect(page.locator("#pieces-20000")).to_be_focused()
    expect(page.locator("#pieces-20000")).to_have_value("7")
    expect(page.locator("#pieces-10000")).to_have_value("3")
    expect(page.locator("[data-total-figure]")).to_have_text("€8,700.00")
    # The field is selected, as after a key of a keyboard: a number replaces the one before.
    tap(page, "2", ".")
    expect(page.locator("#pieces-20000")).to_have_value("2")
    enter_total(page, "")
    tap(page, "5", ".", ".", "2")
    expect(page.locator("#amount")).to_have_value("5.2")
    assert page.evaluate(IN_SIGHT) == EUROS
    screen.visit("/desk/count")
    expect(page.get_by_role("button", name="Keypad")).to_have_attribute("aria-pressed", "true")
    expect(notes).to_have_attribute("inputmode", "none")
    page.get_by_role("button", name="Keypad").tap()
    expect(notes).to_have_attribute("inputmode", "numeric")
    expect(page.locator("[data-key]").first).to_be_hidden()
    screen.quiet()
    screen.close()
    assert screen.complaints == []


def tap(page: Page, *keys: str) -> None:
    """Taps keys of the keypad."""
    for key in keys:
        page.locator(f"[data-key='{key}']").tap()


@pytest.mark.parametrize("screen", [TILL], ids=["till"], indirect=True)
def test_a_till_without_a_touch_screen_has_no_keypad(screen: Screen, cast: Cast) -> None:
    open_drawer(cast.carla, 0)
    screen.sign_in("carla")
    page = screen.visit("/desk/count")
    expect(page.locator("[data-keypad-switch]")).to_be_hidden()
    page.evaluate("localStorage.setItem('keypad', 'on')")
    page.reload()
    expect(page.locator("#pieces-50000")).to_have_attribute("inputmode", "numeric")
