"""A cashier's browser without a script, in few words, for the tests of the pages."""

import re
from html import unescape
from typing import Any

from django.http import HttpResponse
from django.test import Client

from cashdesk.models import CashSession, User


class Browser:
    """Opens pages and sends their forms with all that the page has hidden in them, as a browser does."""

    def __init__(self, user: User | None = None) -> None:
        self.client = Client()
        if user is not None:
            self.client.force_login(user)
        self.page: Any = HttpResponse()

    def get(self, path: str) -> Any:
        """Opens a page."""
        self.page = self.client.get(path)
        return self.page

    def follow(self) -> Any:
        """Opens the page that the last answer leads to."""
        return self.get(self.page.headers["Location"])

    def hidden(self) -> dict[str, str]:
        """What the form of the page carries beside what is typed."""
        found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', self.page.content.decode())
        return {name: unescape(value) for name, value in found if name != "csrfmiddlewaretoken"}

    def send(self, path: str, typed: dict[str, Any] | None = None) -> Any:
        """Sends the form of the page that is open."""
        self.page = self.client.post(path, {**self.hidden(), **(typed or {})})
        return self.page

    def fill(self, path: str, typed: dict[str, Any] | None = None) -> Any:
        """Opens a page and sends its form."""
        self.get(path)
        return self.send(path, typed)

    def leave(self, typed: dict[str, Any]) -> Any:
        """Presses the button beside the way back, which a browser without a script shows."""
        found = re.search(
            r'<button class="button unscripted" [^>]*name="next" value="([^"]+)" formaction="([^"]+)"',
            self.page.content.decode(),
        )
        assert found, self.text
        return self.send(found[2], {**typed, "next": unescape(found[1])})

    def count(self, typed: dict[str, Any]) -> Any:
        """Counts, looks at it, and closes."""
        self.fill("/desk/count", {**typed, "step": "review"})
        assert self.page.status_code == 200, self.text
        return self.send("/desk/count", {"step": "close"})

    @property
    def text(self) -> str:
        """What a person reads on the page, in one line."""
        return text_of(self.page)

    def value(self, name: str) -> str:
        """What stands in a field."""
        found = re.search(rf'<input [^>]*name="{name}"[^>]*>', self.page.content.decode())
        assert found, name
        value = re.search(r' value="([^"]*)"', found[0])
        return value[1] if value else ""


def text_of(page: HttpResponse) -> str:
    """Returns what a person reads on a page, in one line."""
    words = re.sub(r"<[^>]+>", " ", re.sub(r"<(title|script)\b.*?</\1>", " ", page.content.decode(), flags=re.DOTALL))
    return " ".join(words.replace("&quot;", '"').replace("&#x27;", "'").split())


def open_of(user: User) -> CashSession:
    """Returns the person's open session."""
    return CashSession.objects.get(user=user, status="OPEN")
