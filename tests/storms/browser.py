"""A browser of a storm: one connection of somebody who is signed in on the pages, and forms that can be sent again."""

import http.client
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from types import TracebackType
from urllib.parse import urlencode

from tests.storms.till import TIMEOUT_SECONDS

CSRF_TOKEN = "a" * 32
"""Cookie and field say the same; a storm does not try who could guess it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What came back; `leads_to` is empty where it is a page to read."""

    status: int
    text: str
    leads_to: str

    @property
    def hidden(self) -> dict[str, str]:
        """What the forms of the page carry beside what is typed."""
        found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', self.text)
        return {name: unescape(value) for name, value in found if name != "csrfmiddlewaretoken"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form that is filled in, with its one-time key where its page gave it one."""

    path: str
    fields: Mapping[str, str]


class Browser:
    """Opens pages and sends forms. Not to be shared between threads."""

    def __init__(self, port: int, cookie: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
        self._headers = {"Cookie": f"sessionid={cookie}; csrftoken={CSRF_TOKEN}"}

    def __enter__(self) -> "Browser":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def get(self, path: str) -> Page:
        """GET."""
        self._connection.request("GET", path, None, self._headers)
        return self._page()

    def send(self, form: Form) -> Page:
        """POST. Sends once and never again, as `Till.ask` does. Raises OSError, HTTPException."""
        body = urlencode({**form.fields, "csrfmiddlewaretoken": CSRF_TOKEN})
        typed = {**self._headers, "Content-Type": "application/x-www-form-urlencoded"}
        self._connection.request("POST", form.path, body, typed)
        return self._page()

    def _page(self) -> Page:
        answer = self._connection.getresponse()
        text = answer.read().decode()
        return Page(status=answer.status, text=text, leads_to=answer.headers.get("Location", ""))


def units(amount: int) -> str:
    """Writes minor units as somebody types them."""
    return f"{amount // 100}.{amount % 100:02}"


def count_out(browser: Browser, amount: int, *, path: str = "/desk/hand-over") -> Form:
    """Counts a drawer and looks at it, and returns the form that hands it over. Raises AssertionError without a drawer."""
    sheet = Form(path=path, fields={**browser.get(path).hidden, "amount": units(amount), "step": "review"})
    review = browser.send(sheet)
    assert (review.status, "once" in review.hidden) == (200, True), (review.status, review.text[:2000])
    return Form(path=path, fields={**review.hidden, "step": "close"})


def count_in(browser: Browser, amount: int, *, station: int) -> Form:
    """Returns the form that opens a register, whether or not a drawer waits there."""
    page = browser.get(f"/desk/open?station={station}")
    assert (page.status, "once" in page.hidden) == (200, True), (page.status, page.leads_to, page.text[:2000])
    return Form(path="/desk/open", fields={**page.hidden, "station": str(station), "amount": units(amount)})


def count_afterwards(session: int, amount: int) -> Form:
    """Returns the manager's form of the back office for a drawer that nobody counted in."""
    path = f"/admin/cashdesk/cashsession/{session}/count-afterwards/"
    return Form(path=path, fields={"amount": units(amount), "reason": "nobody came"})
