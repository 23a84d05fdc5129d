"""Browser sessions that began with a PIN: they open the desk and nothing else (docs/decisions/0042-pin.md).

Two rules hold for such a session. The person has the rights of a cashier, whatever their role is (`User.has_role`). And
only views that say so answer: all others lead to the page that asks for the password. The API refuses such a session.
"""

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from cashdesk.domain.people.trusted_till import people_at, trusted_till
from cashdesk.models import TrustedTill, User
from cashdesk.web.browser_sessions import DESK_ONLY
from cashdesk.web.devices import device_of
from cashdesk.web.middleware import API_PREFIX

View = TypeVar("View", bound=Callable[..., Any])


def answers_pin(view: View) -> View:
    """Decorates a view that also answers people who signed in with a PIN. Put it first."""
    view.answers_pin = True  # type: ignore[attr-defined]
    return view


class DeskOnlyMiddleware:
    """Leads every other page of a session that began with a PIN to the page that asks for the password."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Lets every request pass. `process_view` decides."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], _arguments: Any, _named: Any
    ) -> HttpResponse | None:
        """Returns the redirect, or None for a page that answers. The API checks its callers itself."""
        if getattr(view, "answers_pin", False) or request.path_info.startswith(API_PREFIX):
            return None
        if not request.session.get(DESK_ONLY):
            return None
        wanted = request.get_full_path() if request.method in ("GET", "HEAD") else request.path
        return HttpResponseRedirect(f"{reverse('confirm')}?{urlencode({'next': wanted})}", status=303)


def till_of(request: HttpRequest) -> TrustedTill | None:
    """Returns the trusted till on which this request comes, or None. A browser without a device cookie costs no query."""
    device = device_of(request)
    return trusted_till(device=device.id, at=timezone.now()) if device is not None else None


def people_at_till(request: HttpRequest) -> list[User]:
    """Returns the people who may sign in with a PIN in this browser."""
    till = till_of(request)
    return people_at(till) if till is not None else []
