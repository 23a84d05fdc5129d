"""Middleware for request ids and API paths, and a function that finds the client's address."""

from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

API_PREFIX = "/api/v1/"


def address_of(request: HttpRequest) -> str:
    """Returns the client's address. Trusts only the part of X-Forwarded-For that our own proxies wrote (TRUSTED_PROXIES)."""
    forwarded = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    proxies = settings.TRUSTED_PROXIES
    if proxies and len(forwarded) >= proxies:
        return str(forwarded[-proxies])[:64]
    return str(request.META.get("REMOTE_ADDR", ""))[:64]


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


class ApiPathMiddleware:
    """Accepts API paths with a trailing slash (docs/contracts.md). A redirect would lose the body of a POST."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Removes trailing slashes before Django resolves the path, and forbids caches to store API answers."""
        if request.path_info.startswith(API_PREFIX) and request.path_info.endswith("/"):
            request.path_info = request.path_info.rstrip("/")
        response = self.get_response(request)
        if request.path_info.startswith(API_PREFIX):
            # A cache must never show one person's figures to another person. The browser must not show them after sign-out.
            response.headers.setdefault("Cache-Control", "no-store")
            patch_vary_headers(response, ("Authorization", "Cookie"))
        return response
