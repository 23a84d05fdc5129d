"""The note about a wrong clock of the device: when it comes, in which words, once, and not on paper."""

import time
from typing import Final

import pytest
from playwright.sync_api import expect

from tests.browser.screen import Screen
from tests.stories import Cast

pytestmark = pytest.mark.browser

MINUTE: Final = 60


@pytest.mark.parametrize(
    ("language", "off_by", "words"),
    [
        ("en", 17 * MINUTE, "This device's clock is 17 minutes fast."),
        ("de", -3 * 60 * MINUTE, "Die Uhr dieses Geräts geht 3 Stunden nach."),
        ("id", 50 * 60 * MINUTE, "Jam perangkat ini lebih cepat 2 hari."),
    ],
)
def test_a_clock_that_is_far_off_is_told_once_and_not_on_paper(
    screen: Screen, cast: Cast, language: str, off_by: int, words: str
) -> None:
    cast.carla.language = language
    cast.carla.save()
    screen.enter(cast.carla)
    screen.page.clock.set_fixed_time(time.time() + off_by)
    page = screen.visit("/desk")
    note = page.locator(".clock")
    expect(note).to_contain_text(words)
    page.emulate_media(media="print")
    expect(note).to_be_hidden()
    page.emulate_media(media="screen")
    page.set_viewport_size({"width": 320, "height": 640})
    assert screen.overhang == 0
    screen.visit("/desk")
    screen.quiet()
    expect(note).to_have_count(0)


def test_a_clock_that_is_a_little_off_is_not_told(screen: Screen, cast: Cast) -> None:
    screen.enter(cast.carla)
    screen.page.clock.set_fixed_time(time.time() + 100)
    screen.visit("/desk")
    screen.quiet()
    expect(screen.page.locator(".clock")).to_have_count(0)


def test_the_server_is_asked_once_in_half_a_day(screen: Screen, cast: Cast) -> None:
    screen.enter(cast.carla)
    asked: list[str] = []
    screen.page.on("request", lambda request: asked.append(f"{request.method} {request.url}"))
    now = time.time()
    for hours, times in ((0, 1), (11, 1), (13, 2), (1, 3)):
        screen.page.clock.set_fixed_time(now + hours * 60 * MINUTE)
        screen.visit("/desk")
        screen.quiet()
        assert asked.count(f"HEAD {screen.origin}/livez") == times, hours
