"""Today and the search in a browser: from Today to a settled variance, counted in clicks."""

import re
from datetime import timedelta
from typing import Final

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from cashdesk.models import Variance
from tests.browser.screen import Screen
from tests.cashdesk.desk import close_drawer, open_drawer
from tests.stories import Cast

pytestmark = pytest.mark.browser


@pytest.fixture
def short(cast: Cast) -> Variance:
    """Carla's drawer, three euros short. It is closed now, because the search looks back 31 days."""
    now = timezone.now()
    close_drawer(open_drawer(cast.carla, 100_00, at=now - timedelta(hours=1)), 97_00, at=now)
    return Variance.objects.get()


class Clicks:
    """Clicks, and counts the clicks."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.number = 0

    def on(self, role: str, name: str) -> None:
        """Clicks a link or a button by its name."""
        self.page.get_by_role(role, name=name).first.click()  # type: ignore[arg-type]
        self.number += 1


def test_a_variance_is_settled_with_three_clicks(screen: Screen, cast: Cast, short: Variance) -> None:
    screen.enter(cast.erika)
    page = screen.visit("/today")
    clicks = Clicks(page)
    clicks.on("link", "Explain variance")
    page.get_by_label("Reason").select_option("WRONG_CHANGE_GIVEN")
    clicks.on("button", "Explain")
    page.get_by_text(": explained.").wait_for()
    clicks.on("button", "Approve")
    page.get_by_text(": approved.").wait_for()
    assert clicks.number == 3
    assert Variance.objects.get(pk=short.pk).state == "APPROVED"
    page = screen.visit("/today")
    page.get_by_text("Nothing needs you now.").wait_for()


def test_the_page_fits_every_screen_bars_nobody_and_every_button_opens(
    screen: Screen, cast: Cast, short: Variance
) -> None:
    screen.enter(cast.erika)
    page = screen.visit("/today")
    assert screen.too_wide() == []
    assert screen.barriers() == []
    paths = page.locator("main a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    assert len(paths) > 6
    for path in sorted({path for path in paths if path.startswith("/")}):
        screen.visit(path)


SEARCHES: Final = ("", "?q=97", "?q=carla", "?q=nothing")


def test_the_search_fits_every_screen_and_nothing_bars_the_way(screen: Screen, cast: Cast, short: Variance) -> None:
    screen.enter(cast.erika)
    for query in SEARCHES:
        screen.visit(f"/search{query}")
        assert screen.too_wide() == [], query
        assert screen.barriers() == [], query
    page = screen.visit("/search")
    page.keyboard.type("97.00")
    page.keyboard.press("Enter")
    page.get_by_role("link", name=re.compile(r"^Cash session \d+ at register 1$")).click()
    page.wait_for_url("**/desk/sessions/**")


def test_a_slash_leads_a_cashier_from_the_desk_to_the_search(screen: Screen, cast: Cast) -> None:
    screen.enter(cast.carla)
    page = screen.visit("/desk")
    assert screen.too_wide() == []
    page.keyboard.press("/")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search")
    page.get_by_label("Register, payment, Z number or amount").blur()
    page.keyboard.press("/")
    page.keyboard.type("97.00")
    expect(page.get_by_label("Register, payment, Z number or amount")).to_have_value("97.00")
