"""Tells the service worker which pages it may keep, for whom and for how long (docs/decisions/0045-without-a-connection.md).

A page that may be kept shows no expected amount, no difference and nobody else's figures. Its form waits for a connection
and is sent once. All other pages need the server.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, Final, TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

from cashdesk.models import User

OWNER_HEADER: Final = "Page-Owner"
"""Names the browser session of the person on each HTML page, as a digest. Visitors have none."""
KEPT_HEADER: Final = "Page-Kept"
"""The number of seconds for which the worker may keep the page."""
KEPT_FOR_MAX: Final = timedelta(days=1)
"""As long as the key of a form is good."""

View = TypeVar("View", bound=Callable[..., Any])


def kept_without_connection(view: View) -> View:
    """Decorates a page with a form that the worker may keep. Put it below `page_for`.

    A page with a query or a refusal is not kept, because its content belongs to one moment.
    """

    @wraps(view)
    def page(request: HttpRequest, **named: Any) -> Any:
        response = view(request, **named)
        if request.method == "GET" and response.status_code == 200 and not request.META.get("QUERY_STRING"):
            response.headers[KEPT_HEADER] = str(int(_kept_for(request).total_seconds()))
        return response

    return page  # type: ignore[return-value]  # the same arguments


class PageOwnerMiddleware:
    """Writes OWNER_HEADER, so that the worker deletes kept pages when the person or the sign-in changes."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Adds the header to HTML pages of signed-in people. The worker ignores errors of the server."""
        response = self.get_response(request)
        is_page = response.headers.get("Content-Type", "").startswith("text/html") and response.status_code < 500
        if is_page and isinstance(request.user, User) and request.session.session_key:
            response.headers[OWNER_HEADER] = _owner(request.session.session_key)
        return response


def _owner(session_key: str) -> str:
    return salted_hmac("cashdesk.page_owner", session_key).hexdigest()[:32]


def _kept_for(request: HttpRequest) -> timedelta:
    """Returns how long the sign-in lasts if nobody uses it. The server would not show the page for longer either."""
    lifetime = timedelta(seconds=request.session.get_expiry_age())
    return min(lifetime, timedelta(minutes=settings.SESSION_IDLE_MINUTES), KEPT_FOR_MAX)
