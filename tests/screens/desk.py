"""Short helpers for the page tests: a cashier's browser without scripts."""

import re
from html import unescape
from typing import Any

from django.http import HttpResponse
from django.test import Client

from cashdesk.models import CashSession, User


class Browser:
    """Opens pages and sends their forms with all hidden fields, as a browser does."""

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
        """Follows the redirect of the last answer."""
        return self.get(self.page.headers["Location"])

    def hidden(self) -> dict[str, str]:
        """The hidden fields of the form on the page."""
        form = self.page.content.decode().partition("<main")[2]  # the bars around it have forms too
        found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
        return {name: unescape(value) for name, value in found if name != "csrfmiddlewaretoken"}

    def send(self, path: str, typed: dict[str, Any] | None = None) -> Any:
        """Sends the form of the open page."""
        self.page = self.client.post(path, {**self.hidden(), **(typed or {})})
        return self.page

    def fill(self, path: str, typed: dict[str, Any] | None = None) -> Any:
        """Opens a page and sends its form."""
        self.get(path)
        return self.send(path, typed)

    def leave(self, typed: dict[str, Any]) -> Any:
        """Presses the button to leave the form. Browsers without scripts show it."""
        found = re.search(
            r'<button class="button unscripted" [^>]*name="next" value="([^"]+)" formaction="([^"]+)"',
            self.page.content.decode(),
        )
        assert found, self.text
        return self.send(found[2], {**typed, "next": unescape(found[1])})

    def count(self, typed: dict[str, Any]) -> Any:
        """Counts, reviews the count, and closes."""
        self.fill("/desk/count", {**typed, "step": "review"})
        assert self.page.status_code == 200, self.text
        return self.send("/desk/count", {"step": "close"})

    def open(self, typed: dict[str, Any]) -> Any:
        """Counts the float, reviews the count, and opens the drawer."""
        self.fill("/desk/open", {**typed, "step": "review"})
        assert self.page.status_code == 200, self.text
        return self.send("/desk/open", {"step": "open"})

    @property
    def text(self) -> str:
        """The visible text of the page in one line."""
        return text_of(self.page)

    def value(self, name: str) -> str:
        """Returns the value of a field."""
        found = re.search(rf'<input [^>]*name="{name}"[^>]*>', self.page.content.decode())
        assert found, name
        value = re.search(r' value="([^"]*)"', found[0])
        return value[1] if value else ""


def text_of(page: HttpResponse) -> str:
    """Returns the visible text of a page in one line."""
    content = re.sub(r"</?bdi\b[^>]*>", "", page.content.decode())
    words = re.sub(r"<[^>]+>", " ", re.sub(r"<(title|script)\b.*?</\1>", " ", content, flags=re.DOTALL))
    return " ".join(words.replace("&quot;", '"').replace("&#x27;", "'").split())


def open_of(user: User) -> CashSession:
    """Returns the person's open session."""
    return CashSession.objects.get(user=user, status="OPEN")
