"""A test is faster than any person. What it does to half a page, or reads there, fails now and then for nobody's fault."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, Final

import pytest
from playwright.sync_api import Error, Locator, Page

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


def wait_until_begun(page: Page) -> None:
    """Waits until the page is loaded with its styles and scripts, and the cursor stands in the field where the page wants
    it, as a person does.
    """
    # Asked from here: what Playwright itself asks again and again is a text that the page's policy does not let run.
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
    """Whatever is done to a page meanwhile, or read of all of it, waits until that page has begun.

    A click returns when the page that it leads to has been answered, and not a moment later.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name in ACTS:
            patch.setattr(Locator, name, _after_waiting(getattr(Locator, name), _wait_for_what_is_acted_on))
        for name in LOOKS:
            patch.setattr(Page, name, _after_waiting(getattr(Page, name), wait_until_begun))
        yield


def _wait_for_what_is_acted_on(locator: Locator) -> None:
    # Until the next page shows it, it is the page before that has begun.
    locator.wait_for(state="attached")
    wait_until_begun(locator.page)


def _after_waiting(act: Callable[..., Any], wait: Callable[[Any], None]) -> Callable[..., Any]:
    @wraps(act)
    def patiently(self: Any, *args: Any, **options: Any) -> Any:
        wait(self)
        return act(self, *args, **options)

    return patiently
