"""The sheet of notes and coins in a real browser: by keyboard on a phone, and without jumps of the page."""

import pytest
from playwright.sync_api import expect

from tests.browser.screen import PHONE, Screen
from tests.browser.test_desk import press, reach, sign_in
from tests.cashdesk.desk import open_drawer
from tests.stories import Cast

pytestmark = pytest.mark.browser

# How often something jumped unasked. Half a second after a key the browser no longer takes what moves for its answer, and a
# busy machine may paint the answer later than that: then a figure that grows as it is typed counts as moved, and is left out.
SHIFTS = """(figures) => new Promise((answer) => {
  const elementOf = (node) => node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement;
  const isElsewhere = ({ node }) => node && !elementOf(node).closest(figures);
  const isJump = (shift) => !shift.hadRecentInput && (!figures || shift.sources.some(isElsewhere));
  new PerformanceObserver((list) => answer(list.getEntries().filter(isJump).length))
    .observe({ type: "layout-shift", buffered: true });
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => answer(0), 50)));
})"""
FIGURES = "[data-row-total], .total"
WHERE = """() => [...document.querySelectorAll(".row, .go, .total")].map((one) => {
  const { x, y, width, height } = one.getBoundingClientRect();
  return [x, y + scrollY * !one.closest(".side"), width, height];
})"""


@pytest.mark.parametrize("screen", [PHONE], ids=["phone"], indirect=True)
def test_rolls_and_weighed_amounts_by_keyboard_on_a_phone(screen: Screen, cast: Cast) -> None:
    open_drawer(cast.carla, 0)
    page = sign_in(screen, "carla")
    screen.visit("/desk/count")
    expect(page.locator("#packs-200")).to_be_hidden()
    reach(page, "fuller")
    press(page, "Space")
    reach(page, "pieces-200")
    page.keyboard.press("+")
    page.keyboard.press("+")
    page.keyboard.press("-")
    expect(page.locator("#pieces-200")).to_have_value("1")
    press(page, "ArrowRight", "2")
    expect(page.locator("#packs-200")).to_have_value("2")
    press(page, "ArrowDown", "1")
    expect(page.locator("#packs-100")).to_have_value("1")
    press(page, "ArrowRight", "3", "Enter", "12.50")
    expect(page.locator("#worth-50")).to_have_value("12.50")
    page.keyboard.press("NumpadEnter")
    expect(page.locator("#worth-20")).to_be_focused()
    press(page, "ArrowLeft", "ArrowLeft", "0")
    expect(page.locator(".row", has=page.locator("#pieces-20")).locator("[data-row-total]")).to_have_text("0.00")
    # 2 EUR: 1 and 2 rolls of 25; 1 EUR: a roll of 25 and 3.00 weighed; 0.50 EUR: 12.50 weighed.
    expect(page.locator("[data-total-figure]")).to_have_text("€142.50")
    assert screen.overhang == 0
    assert screen.barriers() == []
    page.locator("#fuller").press("Space")
    expect(page.locator("#packs-200")).to_be_visible()
    expect(page.locator("#packs-5")).to_be_hidden()
    reach(page, "Review count")
    press(page, "Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Review count")
    assert screen.barriers() == []
    reach(page, "€10")
    press(page, "Enter")
    expect(page.locator("#pieces-1000")).to_be_focused()
    expect(page.locator("#packs-200")).to_have_value("2")
    reach(page, "Review count")
    press(page, "Enter")
    expect(page.get_by_text("These lines are empty")).to_be_visible()
    reach(page, "All are 0")
    press(page, "Enter")
    expect(page.get_by_text("These lines are empty")).not_to_be_visible()
    expect(page.get_by_text("€142.50").first).to_be_visible()


@pytest.mark.parametrize("screen", [PHONE], ids=["phone"], indirect=True)
def test_nothing_jumps_while_somebody_counts(screen: Screen, cast: Cast) -> None:
    cast.store.float_template = {"2000": 3, "50": 20}
    cast.store.save()
    screen.sign_in("carla")
    page = screen.visit("/desk/open")
    page.get_by_role("button", name="Fill in usual float").click()
    expect(page.locator("#pieces-50")).to_have_value("20")
    expect(page.locator("[data-total-figure]")).to_have_text("€70.00")
    open_drawer(cast.carla, 0)
    screen.visit("/desk/count")
    assert page.evaluate(SHIFTS) == 0
    page.locator("#pieces-50000").click()
    before = page.evaluate(WHERE)
    press(page, "9999", "Enter", "1", "Enter", "0", "Enter", "12345", "ArrowUp", "ArrowUp", "ArrowUp")
    expect(page.locator("[data-total-figure]")).to_have_text("€5,616,950.00")
    page.get_by_role("button", name="One fewer: €500", exact=True).click()
    expect(page.locator("#pieces-50000")).to_have_value("9998")
    assert page.evaluate(WHERE) == before
    assert page.evaluate(SHIFTS, FIGURES) == 0
    # What is clicked into is selected: a second number replaces the first.
    page.locator("#pieces-20000").click()
    press(page, "2")
    expect(page.locator("#pieces-20000")).to_have_value("2")
    expect(page.locator("[data-said]")).to_have_text("Draft saved")
