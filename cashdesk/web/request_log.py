"""Logs one line when a request starts and one when it ends, without secrets."""

import re
from typing import Final
from urllib.parse import parse_qsl

import structlog
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject
from django_structlog.middlewares import request as django_structlog

from cashdesk.models import User
from cashdesk.web.outages import is_outage

logger = structlog.get_logger(__name__)

SHOWN_PARAMETERS: Final = frozenset(
    {
        "account", "businessDate", "cashier", "currency", "date", "file", "format", "from", "fromDate", "kind", "limit",
        "offset", "operator", "page", "pageSize", "page_size", "register", "seen", "signed-out", "size", "state", "station",
        "status", "store", "storeId", "table", "to", "toDate", "type", "vendor", "year",
    }
)  # fmt: skip
"""Query parameters whose values are logged. All others are masked, because people put API keys into URLs."""
PLAIN: Final = re.compile(r"[\w.:+-]{0,40}", re.ASCII)
SECRET_SHAPE: Final = re.compile(r"c[klrt]_[\w-]{6,}", re.ASCII)
MASK: Final = "***"
PATH_LENGTH_MAX: Final = 500
USER_AGENT_LENGTH_MAX: Final = 300


def without_secrets(text: str) -> str:
    """Masks every part of the text that looks like one of our tokens, API keys or one-time links."""
    return SECRET_SHAPE.sub(MASK, text)


def request_line(request: HttpRequest) -> str:
    """Returns method, path and query for the log. Masks unknown parameters, and values that are long or unusual."""
    line = f"{request.method} {request.path[:PATH_LENGTH_MAX]}"
    query = str(request.META.get("QUERY_STRING", ""))
    if query:
        line += "?" + "&".join(_shown(name, value) for name, value in parse_qsl(query[:2000], keep_blank_values=True))
    return without_secrets(line)


def _shown(name: str, value: str) -> str:
    if name not in SHOWN_PARAMETERS:
        return MASK
    return f"{name}={value if PLAIN.fullmatch(value) else MASK}"


class RequestLogMiddleware(django_structlog.RequestMiddleware):
    """Changes django-structlog's middleware, so that every request ends with exactly one `request_finished`.

    A failure also logs `request_failed` before that. A database outage is logged in one line without a traceback, because
    the traceback would be the same for every request.
    """

    def prepare(self, request: HttpRequest) -> None:
        """Masks secrets in the user agent and gives the request its id."""
        if agent := request.META.get("HTTP_USER_AGENT"):
            request.META["HTTP_USER_AGENT"] = without_secrets(str(agent))[:USER_AGENT_LENGTH_MAX]
        super().prepare(request)

    def handle_response(self, request: HttpRequest, response: HttpResponse) -> None:
        """Logs `request_finished`, also after a failure."""
        request.__dict__.pop("_raised_exception", None)
        super().handle_response(request, response)

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        return request_line(request)

    @staticmethod
    def bind_user_id(request: HttpRequest) -> None:
        """Adds the person's id to the log lines if the view already loaded them.

        Never loads the person for the log, because the database may be away.
        """
        user = request.__dict__.get("user")
        if type(user) is SimpleLazyObject:
            user = user._wrapped  # the loaded person, or an empty marker. Reading it does not load the person.
        if isinstance(user, User | AnonymousUser):
            structlog.contextvars.bind_contextvars(user_id=user.pk)

    def _process_exception(self, request: HttpRequest, exception: Exception) -> None:
        if not is_outage(exception):
            super()._process_exception(request, exception)
            return
        request._raised_exception = exception  # type: ignore[attr-defined]  # django-structlog then does not log it again
        logger.error("request_failed", request=request_line(request), error=without_secrets(str(exception))[:300])
