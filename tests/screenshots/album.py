"""The pictures of a group of pages: a browser visits the pages and photographs them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.urls import Resolver404, resolve, reverse
from playwright.sync_api import Browser, Error, Page, Request

from cashdesk.models import Draft, User
from tests.browser.forms import RAW
from tests.browser.patience import wait_until_begun
from tests.browser.screen import Screen

TILL: Final = {"width": 1024, "height": 768}
PHONE: Final = {"width": 390, "height": 844}
A4: Final = {"width": 794, "height": 1123}
SLIP: Final = {"width": 302, "height": 1123}
SIZES: Final = {"till": TILL, "phone": PHONE}
COLOURS: Final = ("light", "dark")
HEIGHT_MAX: Final = 3000
"""A longer page is cut off: the description of the API is as long as a book."""
VISITOR: Final = "visitor"
LEFTOVER: Final = re.compile(rf"{RAW.pattern}|\bNone\b(?! [a-z])|&(?:\w+|#\d+);")
"""What no page should show: tags, placeholders, a value that is missing, and text that was escaped twice."""
# The page itself, and what scrolls sideways or is cut off within it. Lists of the back office scroll, as Django made them.
TOO_WIDE: Final = """() => [document.documentElement, ...document.querySelectorAll("main *")]
  .filter((one) => one.checkVisibility() && one.scrollWidth > one.clientWidth + 1 && !one.closest("#changelist, .selector, .scrolls, .unseen, .renderedMarkdown")
    && !one.matches("input, select, textarea") && one.clientWidth > 1
    && (one === document.documentElement || getComputedStyle(one).overflowX !== "visible"))
  .map((one) => one.tagName.toLowerCase() + (one.id ? "#" + one.id : one.className ? "." + one.className : ""))"""
ADVICE: Final = ": verbose: "
"""The level at which the browser gives its opinion of a page that works."""
FORM_BUTTON: Final = "main form .button.first, main .submit-row input.default"
SHOWN: Final = "main:not([data-was-seen])"


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A page in one state, with a file for each size and colour."""

    number: int
    path: str
    who: str
    state: str
    files: dict[str, str] = field(default_factory=dict)


class Album:
    """Visits the pages of a group in one browser. `findings` holds faults that a person should never see."""

    def __init__(self, browser: Browser, *, origin: str, folder: Path, group: str) -> None:
        self.folder, self.group = folder, group
        self.pictures: list[Picture] = []
        self.findings: list[str] = []
        self.seen: set[str] = set()
        self.who = VISITOR
        self.screen = Screen(browser, origin=origin, **TILL)
        self.page.on("requestfailed", self._note_failed)
        (folder / group).mkdir(parents=True, exist_ok=True)

    @property
    def page(self) -> Page:
        """The page of the browser, for actions without a helper here."""
        return self.screen.page

    def enter(self, username: str) -> None:
        """Signs a person in."""
        self.who = username
        self.screen.enter(User.objects.get(username=username))

    def leave(self) -> None:
        """Signs out."""
        self.who = VISITOR
        self.screen.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)

    def speak(self, language: str) -> None:
        """Chooses the language of visitors. The language of a person is in the database."""
        cookie = {"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": self.screen.origin}
        self.screen.context.add_cookies([cookie])  # type: ignore[list-item]

    def visit(self, name: str, *named: Any, query: str = "", status: int = 200) -> None:
        """Opens a page by its URL name. Raises AssertionError for another status, or for a redirect."""
        path = reverse(name, args=named)
        self.go(f"{path}{query}", status=status)
        here = self.path.partition("?")[0]
        assert here == path, f"{path} leads on to {here}"

    def go(self, path: str, *, status: int = 200) -> None:
        """Opens a path, which may redirect."""
        self.screen.visit(path, status=status)

    def forget(self) -> None:
        """Deletes every draft, so that all forms are empty."""
        # What a page keeps while it is left has to be kept before.
        self.screen.visit(reverse("password"))
        self.page.evaluate("localStorage.clear(); sessionStorage.clear()")
        Draft.objects.all().delete()

    def fill(self, **typed: str) -> None:
        """Types into fields by their names, with `_` for a dash. Chooses a radio button by its value."""
        for name, text in typed.items():
            found = self.page.locator(f'[name="{name}"], [name="{name.replace("_", "-")}"]').and_(
                self.page.locator("input:not([type=hidden]), select, textarea")
            )
            kind = found.first.evaluate("(one) => one.type")
            for folded in found.locator("xpath=ancestor::details[not(@open)]").all():
                folded.locator("summary").first.click()
            if kind in ("radio", "checkbox"):
                self.page.locator(f'[name="{name}"][value="{text}"]').check()
            elif kind == "select-one":
                found.first.select_option(text)
            else:
                found.first.fill(text)

    def send(self, button: str = "", *, status: int = 200) -> None:
        """Presses the button of the form and waits for the answer. `button` is its value, or a selector."""
        self.screen.expected_status = status
        selector = f'main form button[value="{button}"]:not(.unseen)' if button.isidentifier() else button
        found = self.page.locator(selector or FORM_BUTTON)
        # A script may show the answer in place of the page's main part, so its address need not change.
        self.page.evaluate("document.querySelector('main').dataset.wasSeen = ''")
        (found.first if button else found.last).click()
        self.page.locator(SHOWN).wait_for(state="attached")
        wait_until_begun(self.page)

    def take(self, state: str = "", *, prints: bool = False, paper: dict[str, int] = SLIP) -> None:
        """Photographs the open page at each size, in both colours, and on paper if it is printed."""
        number = len(self.pictures) + 1
        name = self._name()
        self.seen.add(name)
        picture = Picture(number=number, path=self.path, who=self.who, state=state)
        words = re.sub(r"[^a-z0-9]+", "-", f"{name} {state}".lower()).strip("-")
        stem = f"{self.group}/{number:02}-{words}"
        for size, view in SIZES.items():
            self.page.set_viewport_size(view)  # type: ignore[arg-type]
            for wide in self.page.evaluate(TOO_WIDE):
                self.note(f"{wide} is wider than there is room at {size} ({view['width']})", state)
            self._stretch(view)
            for colours in COLOURS:
                self.page.emulate_media(color_scheme=colours)  # type: ignore[arg-type]
                picture.files[f"{size} {colours}"] = self._shoot(f"{stem}-{size}-{colours}.png")
        if prints:
            self.page.emulate_media(color_scheme="light", media="print")
            self.page.set_viewport_size(paper)  # type: ignore[arg-type]
            self._stretch(paper)
            picture.files["paper"] = self._shoot(f"{stem}-paper.png")
        self.page.emulate_media(color_scheme="light", media="screen")
        self.page.set_viewport_size(TILL)  # type: ignore[arg-type]
        self._look(state)
        self.pictures.append(picture)

    @contextmanager
    def story(self, name: str) -> Iterator[None]:
        """Runs a part of the walk. A failure is noted, and the next part still runs."""
        try:
            yield
        except (AssertionError, Error, LookupError, TypeError, ValueError) as error:
            file = f"{self.group}/stopped-{name}.png"
            self.page.screenshot(path=self.folder / file, full_page=True)
            self.note(f"stopped: {str(error)[:600]} (see {file})", name)

    def note(self, what: str, state: str = "") -> None:
        """Notes a finding about the open page."""
        self.findings.append(f"{self.group}: {self.path} ({', '.join(filter(None, (self.who, state)))}): {what}")

    def close(self) -> None:
        """Closes the browser's window."""
        self.screen.quiet()
        self._hear("at the end")
        self.screen.close()

    @property
    def path(self) -> str:
        """The open address, without the host."""
        return self.page.url.removeprefix(self.screen.origin).partition("#")[0]

    def _name(self) -> str:
        try:
            return resolve(self.path.partition("?")[0]).view_name
        except Resolver404:
            return "error"

    def _stretch(self, view: dict[str, int]) -> None:
        """Makes the window as high as the page, so that a sticky bar is not in the middle of the picture."""
        height = int(self.page.evaluate("document.documentElement.scrollHeight"))
        self.page.set_viewport_size({"width": view["width"], "height": min(max(height, view["height"]), HEIGHT_MAX)})

    def _shoot(self, file: str) -> str:
        self.page.screenshot(path=self.folder / file, animations="disabled")
        return file

    def _look(self, state: str) -> None:
        text = self.page.evaluate("document.title + '\\n' + document.body.innerText")
        raw = None if self.path.startswith(reverse("docs")) else LEFTOVER.search(text)
        if raw:
            self.note(f"shows {text[max(0, raw.start() - 40) : raw.end() + 40]!r}", state)
        self._hear(state)

    def _hear(self, state: str) -> None:
        for complaint in self.screen.complaints:
            if ADVICE not in complaint:
                self.note(complaint, state)
        self.screen.complaints.clear()

    def _note_failed(self, request: Request) -> None:
        # A page that is left gives up what it was still loading.
        if request.failure != "net::ERR_ABORTED":
            self.screen.complaints.append(f"failed: {request.url}: {request.failure}")
