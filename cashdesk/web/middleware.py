"""What is true of every path of the API."""

from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

API_PREFIX = "/api/v1/"


def address_of(request: HttpRequest) -> str:
    """Returns the client's address. X-Forwarded-For counts only as far as our own proxies wrote it."""
    forwarded = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    proxies = settings.TRUSTED_PROXIES
    if proxies and len(forwarded) >= proxies:
        return str(forwarded[-proxies])[:64]
    return str(request.META.get("REMOTE_ADDR", ""))[:64]


class RequestIdMiddleware:
    """Tells the caller the id under which the request stands in the log."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Adds X-Request-ID to every answer, and the caller's address to every line of the log."""
        structlog.contextvars.bind_contextvars(ip=address_of(request))
        request_id = str(structlog.contextvars.get_contextvars().get("request_id", ""))
        response = self.get_response(request)
        if request_id.isascii() and request_id.isprintable():
            response.headers.setdefault("X-Request-ID", request_id[:64])
        return response


class ApiPathMiddleware:
    """No path of the API ends in a slash; with one it works too (docs/contracts.md): a redirect would lose a POST's body."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Drops trailing slashes before the path is resolved, and keeps answers of the API out of every cache."""
        if request.path_info.startswith(API_PREFIX) and request.path_info.endswith("/"):
            request.path_info = request.path_info.rstrip("/")
        response = self.get_response(request)
        if request.path_info.startswith(API_PREFIX):
            # Figures of one person must never be answered to another from a cache, nor from the browser's after sign-out.
            response.headers.setdefault("Cache-Control", "no-store")
            patch_vary_headers(response, ("Authorization", "Cookie"))
        return response
