"""The browser of a storm: one connection of a signed-in person, and forms that can be sent again."""

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
    """An answer. `leads_to` is the target of a redirect, or empty for a page."""

    status: int
    text: str
    leads_to: str

    @property
    def hidden(self) -> dict[str, str]:
        """The hidden fields of the forms on the page."""
        found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', self.text)
        return {name: unescape(value) for name, value in found if name != "csrfmiddlewaretoken"}


class NoForm(Exception):
    """A page had no form. The message contains the text of the page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form with its fields, and with its one-time key if the page has one."""

    path: str
    fields: Mapping[str, str]


class Browser:
    """Opens pages and sends forms. Use it in one thread only."""

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
        """Sends a POST once, and never again, as `Till.ask` does. Raises OSError and HTTPException."""
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
    """Writes minor units as a person types them."""
    return f"{amount // 100}.{amount % 100:02}"


def count_out(browser: Browser, amount: int, *, path: str = "/desk/hand-over") -> Form:
    """Counts a drawer, reviews the count, and returns the form that hands the drawer over. Raises NoForm without a
    drawer.
    """
    sheet = Form(path=path, fields={**browser.get(path).hidden, "amount": units(amount), "step": "review"})
    review = browser.send(sheet)
    if review.status != 200 or "once" not in review.hidden:
        raise NoForm(f"the review of a count: {review.status} {review.leads_to} {review.text[:2000]}")
    return Form(path=path, fields={**review.hidden, "step": "close"})


def count_in(browser: Browser, amount: int, *, station: int) -> Form:
    """Returns the form that opens a register, empty or handed over. Raises NoForm if the person has a drawer."""
    page = browser.get(f"/desk/open?station={station}")
    if page.status != 200 or "once" not in page.hidden:
        raise NoForm(f"the opening: {page.status} {page.leads_to} {page.text[:2000]}")
    return Form(
        path="/desk/open", fields={**page.hidden, "station": str(station), "amount": units(amount), "step": "open"}
    )


def count_afterwards(session: int, amount: int) -> Form:
    """Returns the back-office form that counts a drawer afterwards."""
    path = f"/admin/cashdesk/cashsession/{session}/count-afterwards/"
    return Form(path=path, fields={"amount": units(amount), "reason": "nobody came"})
