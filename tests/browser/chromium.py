"""Starts the installed browser for tests and screenshots."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.patience import patient

# Playwright's synchronous face runs a loop in the caller's own thread, in which Django else refuses to ask its database.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")

# The headless shell shows the same pages for half the CPU time: it has no windows, menus or extensions.
NAMES: Final = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
MISSING: Final = (
    f"No browser: none of {', '.join(NAMES)} is installed (Debian: apt-get install chromium-headless-shell)."
)
FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# The machine may be busy with other tests; where a page is what is expected nobody waits for it.
PATIENCE_MS: Final = 15_000


class NoBrowser(Exception):
    """No browser is installed."""


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """Starts the installed browser. Every action in it waits for its page. Raises NoBrowser."""
    path = next((found for found in map(shutil.which, NAMES) if found), None)
    if path is None:
        raise NoBrowser(MISSING)
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright, patient():
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()
