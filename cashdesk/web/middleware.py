"""Middleware for request ids and API paths, and a function that finds the client's address."""

from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import unquote_plus

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

API_PREFIX = "/api/v1/"
USER_AGENT_LENGTH = 300


def address_of(request: HttpRequest) -> str:
    """Returns the client's address. Trusts only the part of X-Forwarded-For that our own proxies wrote (TRUSTED_PROXIES)."""
    forwarded = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    proxies = settings.TRUSTED_PROXIES
    if proxies and len(forwarded) >= proxies:
        return str(forwarded[-proxies])[:64]
    return str(request.META.get("REMOTE_ADDR", ""))[:64]


def user_agent_of(request: HttpRequest) -> str:
    """Returns what the browser or program calls itself, without signs that no page can show."""
    return "".join(sign for sign in request.META.get("HTTP_USER_AGENT", "") if sign.isprintable())[:USER_AGENT_LENGTH]


class RequestIdMiddleware:
    """Returns the request's log id to the caller in X-Request-ID."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Adds X-Request-ID to every answer, and the client's address to every log line."""
        structlog.contextvars.bind_contextvars(ip=address_of(request))
        request_id = str(structlog.contextvars.get_contextvars().get("request_id", ""))
        response = self.get_response(request)
        if request_id.isascii() and request_id.isprintable():
            response.headers.setdefault("X-Request-ID", request_id[:64])
        return response


def without_tool_parameters(query: str) -> str:
    """Removes the parameters that tools add to any URL: `_` (to avoid cached answers) and `utm_*` (of campaigns).

    Everything else stays as it was sent.
    """
    return "&".join(part for part in query.split("&") if not _is_of_a_tool(unquote_plus(part.partition("=")[0])))


def _is_of_a_tool(name: str) -> bool:
    return name == "_" or name.startswith("utm_")


class ApiPathMiddleware:
    """Accepts API paths with a trailing slash (docs/contracts.md). A redirect would lose the body of a POST.

    Also drops the query parameters that tools add. So no view, no filter and no fingerprint of an idempotency key sees
    them.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Corrects path and query before Django resolves them, and forbids caches to store API answers."""
        if request.path_info.startswith(API_PREFIX):
            if request.path_info.endswith("/"):
                request.path_info = request.path_info.rstrip("/")
            if query := request.META.get("QUERY_STRING"):
                request.META["QUERY_STRING"] = without_tool_parameters(query)
        response = self.get_response(request)
        if request.path_info.startswith(API_PREFIX):
            # A cache must never show one person's figures to another person. The browser must not show them after sign-out.
            response.headers.setdefault("Cache-Control", "no-store")
            patch_vary_headers(response, ("Authorization", "Cookie"))
            if response.status_code == HTTPStatus.NOT_MODIFIED:
                # Django sets the length of the empty body. In a 304 the header describes the body that the client has.
                del response.headers["Content-Length"]
        return response
