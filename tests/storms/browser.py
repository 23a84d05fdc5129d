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


class NoForm(Exception):
    """A page showed no form to fill in; the message says what it showed."""


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
        return self._ask("GET", path, None, self._headers)

    def send(self, form: Form) -> Page:
        """POST. Sends once and never again, as `Till.ask` does. Raises OSError, HTTPException."""
        body = urlencode({**form.fields, "csrfmiddlewaretoken": CSRF_TOKEN})
        typed = {**self._headers, "Content-Type": "application/x-www-form-urlencoded"}
        return self._ask("POST", form.path, body, typed)

    def _ask(self, method: str, path: str, body: str | None, headers: Mapping[str, str]) -> Page:
        # Somebody who waits for a drawer for longer than the server keeps an idle connection would find it closed.
        self._connection.close()
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        text = answer.read().decode()
        return Page(status=answer.status, text=text, leads_to=answer.headers.get("Location", ""))


def units(amount: int) -> str:
    """Writes minor units as somebody types them."""
    return f"{amount // 100}.{amount % 100:02}"


def count_out(browser: Browser, amount: int, *, path: str = "/desk/hand-over") -> Form:
    """Counts a drawer and looks at it, and returns the form that hands it over. Raises NoForm without a drawer."""
    sheet = Form(path=path, fields={**browser.get(path).hidden, "amount": units(amount), "step": "review"})
    review = browser.send(sheet)
    if review.status != 200 or "once" not in review.hidden:
        raise NoForm(f"the review of a count: {review.status} {review.leads_to} {review.text[:2000]}")
    return Form(path=path, fields={**review.hidden, "step": "close"})


def count_in(browser: Browser, amount: int, *, station: int) -> Form:
    """Returns the form that opens a register, whether or not a drawer waits there. Raises NoForm for who has a drawer."""
    page = browser.get(f"/desk/open?station={station}")
    if page.status != 200 or "once" not in page.hidden:
        raise NoForm(f"the opening: {page.status} {page.leads_to} {page.text[:2000]}")
    return Form(path="/desk/open", fields={**page.hidden, "station": str(station), "amount": units(amount)})


def count_afterwards(session: int, amount: int) -> Form:
    """Returns the manager's form of the back office for a drawer that nobody counted in."""
    path = f"/admin/cashdesk/cashsession/{session}/count-afterwards/"
    return Form(path=path, fields={"amount": units(amount), "reason": "nobody came"})
