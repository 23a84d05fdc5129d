"""The pages in a language that is written from right to left. There is no such catalog yet, so the direction is forced."""

from typing import Final

import pytest
from django.conf import settings
from django.utils.translation import override
from playwright.sync_api import expect

from tests.browser.screen import Screen
from tests.cashdesk.desk import open_drawer
from tests.stories import Cast

pytestmark = pytest.mark.browser

SIZES: Final = ({"width": 320, "height": 640}, {"width": 1366, "height": 768})
CASHIER: Final = ("/sign-in", "/desk", "/desk/count", "/desk/pay-in", "/account")
MANAGER: Final = (
    "/today",
    "/drawers",
    "/vault",
    "/vault/movements",
    "/reports/registers",
    "/settings",
    "/settings/people",
)
TURNED: Final = "() => { document.documentElement.dir = 'rtl' }"
ISOLATED: Final = "(one) => getComputedStyle(one).unicodeBidi"


def test_no_page_scrolls_sideways_from_right_to_left(screen: Screen, cast: Cast) -> None:
    cast.carla.name = "كارلا الطويلة جدا"
    cast.carla.save()
    open_drawer(cast.carla, 1234_56)
    for person, paths in ((cast.carla, CASHIER), (cast.erika, MANAGER)):
        screen.enter(person)
        for path in paths:
            page = screen.visit(path)
            page.evaluate(TURNED)
            for size in SIZES:
                page.set_viewport_size(size)  # type: ignore[arg-type]
                assert screen.overhang == 0, (path, size)


def test_a_name_in_another_direction_is_isolated_from_the_words_around_it(screen: Screen, cast: Cast) -> None:
    cast.store.name = "متجر برلين"
    cast.store.save()
    open_drawer(cast.carla, 0)
    screen.enter(cast.carla)
    page = screen.visit("/desk/count")
    name = page.locator(".place bdi")
    expect(name).to_contain_text("متجر برلين")
    assert name.evaluate(ISOLATED) == "isolate"
    # The number of the register follows the name, on the right of it.
    store, number = name.bounding_box(), page.locator(".place strong").bounding_box()
    assert store is not None
    assert number is not None
    assert number["x"] > store["x"] + store["width"]


def test_a_language_that_is_written_from_right_to_left_turns_the_page(screen: Screen, cast: Cast) -> None:
    del cast
    from django.template.loader import render_to_string

    assert "ar" not in dict(settings.LANGUAGES)
    with override("ar"):
        assert '<html lang="ar" dir="rtl"' in render_to_string("cashdesk/offline.html")
    expect(screen.visit("/sign-in").locator("html")).to_have_attribute("dir", "ltr")
