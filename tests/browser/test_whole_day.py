"""A whole day: a till that sells over the API, two cashiers at one drawer, and a manager who recounts."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from cashdesk.enums import CountMoment, PlaceKind
from cashdesk.models import CashSession, Count, Variance
from tests.browser.screen import PHONE, TABLET, Screen
from tests.browser.test_desk import enter_total, sign_in
from tests.screens.desk import open_of
from tests.stories import Caller, Cast, key_caller

pytestmark = pytest.mark.browser


def sell(page: Page, till: Caller, number: int, amount: int) -> None:
    """Lets a till report a cash sale over the API of the running server."""
    told = {
        "id": f"receipt-{number}", "order": str(number), "store": "1337", "station": 1, "method": "CASH", "currency": "EUR",
        "amount": amount, "status": "APPROVED", "type": "SALE",
    }  # fmt: skip
    answer = page.context.request.post("/api/v1/payments", data=told, headers={"x-api-key": till.secret})
    assert answer.status == 201, answer.text()


def count(page: Page, pieces: dict[int, int], *, then: str) -> None:
    """Types pieces by their value, reviews the count, and presses the button."""
    for worth, number in pieces.items():
        page.locator(f"#pieces-{worth}").fill(str(number))
    page.get_by_role("button", name="Review count").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Review count")
    page.get_by_role("button", name=then).click()


@pytest.mark.parametrize("screen", [PHONE], ids=["phone"], indirect=True)
def test_a_drawer_is_worked_by_two_and_counted_again(
    screen: Screen, chromium: Browser, live_server: Any, cast: Cast
) -> None:
    till = key_caller(cast.store)
    page = sign_in(screen, "carla")
    page.get_by_role("link", name="Open a drawer").click()
    page.locator("#pieces-5000").fill("2")
    page.get_by_role("button", name="Review count").click()
    page.get_by_role("button", name="Open drawer").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your drawer is open")
    hers = open_of(cast.carla)
    sell(page, till, 1, 80_00)
    sell(page, till, 2, 12_50)
    page.get_by_role("link", name="Drop into the safe").click()
    page.get_by_label("Amount").fill("60")
    page.get_by_role("button", name="Drop").click()
    expect(page.get_by_text("Dropped into the safe: €60.00")).to_be_visible()
    # 100.00 + 80.00 + 12.50 - 60.00 = 132.50, counted out in full.
    page.get_by_role("link", name="Hand over drawer").click()
    count(page, {5000: 2, 2000: 1, 1000: 1, 200: 1, 50: 1}, then="Hand over drawer")
    expect(page.get_by_role("heading", level=1)).to_have_text("Handed over")
    assert (cast.book(PlaceKind.REGISTER, 1), cast.book(PlaceKind.VAULT)) == (132_50, -40_00)
    page.get_by_role("button", name="Sign out for the next cashier").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()

    page = sign_in(screen, "bruno")
    page.get_by_role("link", name="Take over register 1").click()
    enter_total(page, "132.50")
    page.get_by_role("button", name="Review count").click()
    page.get_by_role("button", name="Take over drawer").click()
    expect(page.get_by_text("You took over the drawer.")).to_be_visible()
    his = open_of(cast.bruno)
    assert his.opening_difference == 0
    sell(page, till, 3, 7_50)
    page.get_by_role("link", name="Count and close").click()
    count(page, {5000: 2, 2000: 1}, then="Close drawer")
    expect(page.get_by_role("heading", level=1)).to_have_text("Short by €20.00")
    expect(page.get_by_text("−€20.00")).to_be_visible()
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")

    office = Screen(chromium, origin=live_server.url, **TABLET)
    office.enter(cast.erika)
    manager = office.visit(f"/desk/sessions/{his.uuid}")
    manager.get_by_role("link", name="Count again").click()
    expect(manager.get_by_role("button", name="Review count")).to_be_visible()
    assert "120.00" not in manager.content()
    count(manager, {5000: 2, 2000: 2}, then="Save count")
    expect(manager.get_by_role("status").filter(has_text="−€20.00")).to_contain_text(": recounted.")
    office.quiet()
    office.close()
    assert office.complaints == []

    assert Count.objects.get(moment=CountMoment.RECOUNT).amounts.get().amount == 140_00
    assert Variance.objects.get(session=his).difference == -20_00
    assert CashSession.objects.get(pk=hers.pk).difference == 0
    # The float came out of it and the drop and what Bruno counted went into it.
    assert cast.book(PlaceKind.VAULT) == -100_00 + 60_00 + 120_00
    assert cast.book(PlaceKind.REGISTER, 1) == 0
