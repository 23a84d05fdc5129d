"""Makes tests wait until a page is complete.

A test is faster than any person. If it uses or reads half a page, it sometimes fails without a fault.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from inspect import signature
from typing import Any, Final

import pytest
from playwright.sync_api import Error, Locator, Page

from tests.browser.slow import SLOW_MS

# The browser puts the cursor where the page wants it when it paints, and says on the console where somebody was faster.
# A page that is opened at one of its places leaves the cursor alone.
HAS_BEGUN: Final = """
    window.hasBegun ||= document.readyState === 'complete' && (
        !document.querySelector('[autofocus]') || document.activeElement !== document.body || location.hash !== ''
    )
"""
SECONDS_MAX: Final = 30
AGAIN_MS: Final = 20
ACTS: Final = ("check", "click", "dblclick", "fill", "press", "press_sequentially", "select_option", "uncheck")
LOOKS: Final = ("content", "evaluate", "pdf", "screenshot", "title")
LOOKS_AT_A_PART: Final = ("all", "all_inner_texts", "bounding_box", "evaluate_all", "inner_text", "text_content")
# These can answer for the page before. `expect` asks again until the answer is right.
GLANCES: Final = ("count", "input_value", "is_checked", "is_disabled", "is_enabled", "is_hidden", "is_visible")


def wait_until_begun(page: Page) -> None:
    """Waits until the page is loaded with its styles and scripts, and its autofocus field has the cursor."""
    # Polls from here, because the page's policy does not allow the script with which Playwright polls.
    until = time.monotonic() + SECONDS_MAX
    while not _has_begun(page):
        assert time.monotonic() < until, f"{page.url} has not begun after {SECONDS_MAX} seconds"
        page.wait_for_timeout(AGAIN_MS)


def _has_begun(page: Page) -> bool:
    try:
        return bool(page.main_frame.evaluate(HAS_BEGUN))
    except Error:  # it leads on to the next page just now
        return False


@contextmanager
def patient() -> Iterator[None]:
    """Makes every action and every read in the block wait until its page is complete.

    A click usually returns when the next page has been answered. On a slow server it returns at once, so that a test
    that needs more fails.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name in ACTS:
            patch.setattr(Locator, name, _after_waiting(getattr(Locator, name), _wait_for_what_is_acted_on))
            if SLOW_MS:
                patch.setattr(Locator, name, _returning_at_once(getattr(Locator, name)))
        for name in LOOKS:
            patch.setattr(Page, name, _after_waiting(getattr(Page, name), wait_until_begun))
        for name in LOOKS_AT_A_PART:
            patch.setattr(
                Locator, name, _after_waiting(getattr(Locator, name), lambda part: wait_until_begun(part.page))
            )
        for name in GLANCES:
            patch.setattr(Locator, name, _refused(name))
        yield


def _wait_for_what_is_acted_on(locator: Locator) -> None:
    # The page before may be complete already, so wait for the element first.
    locator.wait_for(state="attached")
    wait_until_begun(locator.page)


def _after_waiting(act: Callable[..., Any], wait: Callable[[Any], None]) -> Callable[..., Any]:
    @wraps(act)
    def patiently(self: Any, *args: Any, **options: Any) -> Any:
        wait(self)
        return act(self, *args, **options)

    return patiently


def _returning_at_once(act: Callable[..., Any]) -> Callable[..., Any]:
    # Whether Playwright waits for the page that an act leads to is a race between two of the browser's messages.
    takes_it = "no_wait_after" in signature(act).parameters

    @wraps(act)
    def impatiently(self: Any, *args: Any, **options: Any) -> Any:
        return act(self, *args, **options, **({"no_wait_after": True} if takes_it else {}))

    return impatiently


def _refused(name: str) -> Callable[..., Any]:
    def refuse(self: Any) -> Any:
        pytest.fail(f"{self}.{name}() looks once: say what is expected, with expect()")

    return refuse
