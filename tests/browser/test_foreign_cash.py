"""A drawer with two currencies in the browser: tabs at the close, the review, and the close, on a till and on a phone."""

import os

import pytest
from playwright.sync_api import expect

from cashdesk.models import CashSession, ForeignCash
from tests.browser.screen import PHONE, Screen
from tests.browser.test_desk import enter_total, sign_in
from tests.cashdesk.desk import open_drawer, pay
from tests.stories import Cast

pytestmark = pytest.mark.browser

TILL = {"width": 1366, "height": 768}


@pytest.mark.parametrize(
    "screen", [TILL, {**PHONE, "colours": "dark"}],
    ids=["till", "phone"], indirect=True,
)  # fmt: skip
def test_dollars_have_a_tab_of_their_own(screen: Screen, cast: Cast, request: pytest.FixtureRequest) -> None:
    session = open_drawer(cast.carla, 100_00, station=1)
    pay(session, 50_00, currency="USD")
    page = sign_in(screen, "carla")
    page.get_by_role("link", name="Count and close").click()
    page.wait_for_url("**/desk/count")
    expect(page.get_by_role("tab")).to_have_count(2)
    expect(page.locator("#usd-cash-amount")).to_be_hidden()
    expect(page.locator("[data-lines]").first).to_have_text("0 of 15 lines counted")
    first = page.locator("[data-lines]").first
    page.locator("#pieces-1000").fill("9" * 17)
    page.locator("#pieces-500").fill("2")
    expect(first).to_have_text("1 of 15 lines counted")
    for field in ("#pieces-1000", "#pieces-500"):
        page.locator(field).fill("")
    enter_total(page, "100")
    expect(page.locator("[data-lines]").first).to_have_text("")
    page.get_by_role("tab", name="USD cash").click()
    page.locator("#usd-cash-pieces-2000").fill("2")
    expect(page.locator("[data-so-far-figure]")).to_have_text("40.00 USD")
    expect(page.get_by_role("tab", name="EUR cash")).to_contain_text("€100.00")
    assert (screen.overhang, screen.barriers()) == (0, [])
    shot(screen, request, "count")
    page.get_by_role("button", name="Review count").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Review count")
    expect(page.get_by_role("heading", name="USD cash")).to_be_visible()
    assert (screen.overhang, screen.barriers()) == (0, [])
    shot(screen, request, "review")
    page.get_by_role("button", name="Close drawer").click()
    expect(page.get_by_role("heading", name="Not every currency matches")).to_be_visible()
    assert (screen.overhang, screen.barriers()) == (0, [])
    shot(screen, request, "result")
    assert not CashSession.objects.get().is_open
    assert ForeignCash.objects.get().difference == -10_00


def shot(screen: Screen, request: pytest.FixtureRequest, name: str) -> None:
    if folder := os.environ.get("SHOTS"):
        screen.page.screenshot(path=f"{folder}/{request.node.callspec.id}-{name}.png", full_page=name != "count")
