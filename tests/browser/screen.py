"""A window of the browser for the tests. It remembers every complaint of the browser."""

from typing import Any, Final

from axe_playwright_python.base import AXE_SCRIPT
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect

from cashdesk.models import User
from tests.browser.patience import wait_until_begun
from tests.factories import PASSWORD

PHONE: Final = {"width": 360, "height": 740}
TABLET: Final = {"width": 820, "height": 1180}
DESKTOP: Final = {"width": 1440, "height": 900}
WIDE: Final = {"width": 1920, "height": 1080}

SIZES: Final = (PHONE, TABLET, DESKTOP, WIDE)

BLOCKED: Final = "Service Worker registration blocked by Playwright"

SERIOUS: Final = ("serious", "critical")
# No `preload`: axe would fetch style sheets itself, and look for their imports at the wrong address.
EVERY_RULE: Final[dict[str, Any]] = {"resultTypes": ["violations"], "preload": False}
# The style sheets change nothing but colours for dark, so only these rules can have another result there. The disabled
# one asks for the contrast of WCAG AAA, which `EVERY_RULE` does not ask for either.
COLOUR_RULES: Final[dict[str, Any]] = EVERY_RULE | {
    "runOnly": {"type": "tag", "values": ["cat.color"]},
    "rules": {"color-contrast-enhanced": {"enabled": False}},
}
# A rule names the impact of all its faults. Those of less impact are not run, because their faults are left out.
EXAMINE: Final = """async ([options, impacts]) => {
  const left = axe._audit.rules.filter((rule) => !impacts.includes(rule.impact)).map((rule) => [rule.id, { enabled: false }]);
  return (await axe.run({ ...options, rules: { ...options.rules, ...Object.fromEntries(left) } })).violations;
}"""
# Without this, axe could examine a colour in the middle of its transition. The page's policy allows no style tag.
STILL: Final = """() => {
  const still = new CSSStyleSheet();
  still.replaceSync("*, ::before, ::after { transition: none !important }");
  document.adoptedStyleSheets.push(still);
}"""


class Screen:
    """One window. `colours` is light or dark.

    `complaints` collects console messages (such as a refused inline style), script errors, and requests to other
    hosts. With `is_touched`, the screen is a touch screen. Only with `has_worker` the page may have a service worker: all other tests show that Cashdesk works
    without one, and save the time in which it fetches its files.
    """

    def __init__(
        self,
        browser: Browser,
        *,
        origin: str,
        width: int = 1440,
        height: int = 900,
        colours: Any = "light",
        is_touched: bool = False,
        has_worker: bool = False,
    ) -> None:
        self.origin = origin
        self.size: Any = {"width": width, "height": height}
        self.colours = colours
        self.complaints: list[str] = []
        self.context = browser.new_context(
            viewport=self.size,
            color_scheme=colours,
            base_url=origin,
            has_touch=is_touched,
            service_workers="allow" if has_worker else "block",
        )
        self.page: Page = self.context.new_page()
        self.expected_status = 200
        self._is_closing = False
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(f"{self.page.url}: {error}"))
        self.page.on("request", self._follow)

    def close(self) -> None:
        """Closes the window.

        Cuts its connection first. Otherwise the server would still handle the last requests of the page while the next
        test empties the database.
        """
        self._is_closing = True
        self.context.set_offline(True)
        self.context.close()

    def _hear(self, message: ConsoleMessage) -> None:
        # The browser reports the page's own status where it is one of refusal; a test that asked for it knows.
        if self.expected_status >= 400 and f"status of {self.expected_status}" in message.text:
            return
        if self._is_closing or message.text.startswith(BLOCKED):
            return
        self.complaints.append(f"{self.page.url}: {message.type}: {message.text} {message.location.get('url', '')}")

    def _follow(self, request: Request) -> None:
        if not request.url.startswith((f"{self.origin}/", "data:", "blob:")):
            self.complaints.append(f"{self.page.url}: asks {request.url}")

    def visit(self, path: str, *, status: int = 200) -> Page:
        """Opens a page with the expected `status`, and waits until it is loaded with its styles and scripts."""
        self.expected_status = status
        response = self.page.goto(path)
        assert response is not None
        assert response.status == status, path
        wait_until_begun(self.page)
        return self.page

    def quiet(self) -> Page:
        """Waits until the page loads nothing more, so that late requests can still be complaints.

        This takes half a second. So a test calls it after a script loads something, and once at its end.
        """
        self.page.wait_for_load_state("networkidle")
        return self.page

    def type_sign_in(self, username: str, password: str = PASSWORD) -> Page:
        """Signs in to the back office with its form, and waits for the answer."""
        self.visit("/admin/login/?next=/admin/")
        self.page.get_by_label("Username").fill(username)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Log in").click()
        expect(self.page.locator(".rail, .errornote").first).to_be_visible()
        return self.page

    def sign_in(self, username: str) -> None:
        """Signs a person in with their cookie, without the sign-in page."""
        self.enter(User.objects.get(username=username))

    def enter(self, user: User) -> None:
        """Signs a person in with their cookie, without the sign-in page."""
        client = Client()
        client.force_login(user)
        name = settings.SESSION_COOKIE_NAME
        self.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": self.origin}])

    @property
    def overhang(self) -> int:
        """The number of pixels by which the page is wider than the window. Then a person must scroll sideways."""
        width = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        return int(self.page.evaluate(width))

    def too_wide(self) -> list[int]:
        """Returns the screen widths, from phone to wide screen, at which the page scrolls sideways."""
        found = []
        # Its own size comes last, because the page keeps it.
        for size in sorted([*SIZES, self.size], key=lambda size: bool(size == self.size)):
            if self.page.viewport_size != size:
                self.page.set_viewport_size(size)
            if self.overhang:
                found.append(size["width"])
        return sorted(set(found))

    def barriers(self) -> list[str]:
        """Returns the serious and critical accessibility faults that axe finds in both colours, with their elements."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE_SCRIPT)
            self.page.evaluate(STILL)
        found = []
        for colours, options in (("light", EVERY_RULE), ("dark", COLOUR_RULES)):
            self.page.emulate_media(color_scheme=colours)  # type: ignore[arg-type]
            found += [f"{colours}: {barrier}" for barrier in self._barriers(options)]
        self.page.emulate_media(color_scheme=self.colours)
        return found

    def _barriers(self, options: dict[str, Any]) -> list[str]:
        found = self.page.evaluate(EXAMINE, [options, SERIOUS])
        return [
            f"{barrier['id']} ({barrier['impact']}): {[node['target'] for node in barrier['nodes']]}"
            for barrier in found
        ]
