"""Turns exceptions into answers. Every error of the APIs and of the pages is built here, with its HTTP status."""

import sys
from typing import Any, Final

import structlog
from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.core.signals import got_request_exception
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.template import loader
from django.utils import translation
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.response import Response

from cashdesk import errors
from cashdesk.web.dialects import Dialect, ExactJSONRenderer, Fault, dialect_of
from cashdesk.web.middleware import API_PREFIX
from cashdesk.web.outages import fault_of_outage, is_outage

STATUS_OF: Final[tuple[tuple[type[errors.DomainError], int], ...]] = (
    (errors.NotSignedIn, status.HTTP_401_UNAUTHORIZED),
    (errors.Forbidden, status.HTTP_403_FORBIDDEN),
    (errors.NotFound, status.HTTP_404_NOT_FOUND),
    (errors.Gone, status.HTTP_410_GONE),
    (errors.Conflict, status.HTTP_409_CONFLICT),
    (errors.KeyReused, status.HTTP_422_UNPROCESSABLE_ENTITY),
    (errors.TooManyRequests, status.HTTP_429_TOO_MANY_REQUESTS),
    (errors.GatewayUnavailable, status.HTTP_503_SERVICE_UNAVAILABLE),
    (errors.InvalidInput, status.HTTP_400_BAD_REQUEST),
    (errors.InvalidMovement, status.HTTP_400_BAD_REQUEST),
    (errors.DomainError, status.HTTP_400_BAD_REQUEST),
)
"""Maps each DomainError to an HTTP status. The first match counts, so a subclass must come before its base class."""


RETRY_AFTER_SECONDS: Final = "1"


def status_of(error: errors.DomainError) -> int:
    """Returns the HTTP status of a domain error."""
    return next(code for kind, code in STATUS_OF if isinstance(error, kind))


def exception_handler(exc: Exception, context: dict[str, Any]) -> HttpResponseBase | None:
    """Answers every exception of an API view in the dialect of the view's path. DRF calls this."""
    request = context["request"]
    fault = fault_of(exc, request_id=request_id())
    if fault.status >= status.HTTP_500_INTERNAL_SERVER_ERROR and not isinstance(exc, errors.DomainError):
        # The signal tells the log, error trackers and the test client, as Django does for any unhandled exception.
        got_request_exception.send(sender=None, request=getattr(request, "_request", request))
    # The API description's views render YAML, but their errors are JSON like all others.
    request.accepted_renderer, request.accepted_media_type = ExactJSONRenderer(), ExactJSONRenderer.media_type
    return error_response(
        fault, dialect=getattr(context["view"], "dialect", None) or dialect_of(request.path_info), exc=exc
    )


def error_response(fault: Fault, *, dialect: type[Dialect], exc: Exception | None = None) -> Response:
    """Builds the error answer, with Retry-After or WWW-Authenticate if the error needs it."""
    headers = {}
    if isinstance(exc, errors.TooManyRequests):
        headers["Retry-After"] = str(exc.retry_after_seconds)
    elif fault.status == status.HTTP_503_SERVICE_UNAVAILABLE:
        headers["Retry-After"] = RETRY_AFTER_SECONDS
    if fault.status == status.HTTP_401_UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="cashdesk"'
    return Response(dialect.error_body(fault), status=fault.status, headers=headers, content_type=dialect.media_type)


def fault_of(exc: Exception, *, request_id: str = "") -> Fault:
    """Returns the Fault for an exception. An unexpected exception gets a general message with the request id."""
    if isinstance(exc, errors.DomainError):
        return Fault(
            status=status_of(exc), code=exc.code, message=exc.message, errors=exc.errors, request_id=request_id
        )
    if isinstance(exc, exceptions.ValidationError):
        return Fault(
            status=exc.status_code,
            code="invalid",
            message="",
            errors=flatten(exc.detail),
            request_id=request_id,
            is_as_sent=True,
        )
    if isinstance(exc, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        return Fault(
            status=status.HTTP_401_UNAUTHORIZED, code="not_signed_in", message=str(exc.detail), request_id=request_id
        )
    if isinstance(exc, exceptions.APIException):
        code = exc.default_code if isinstance(exc.default_code, str) else "error"
        return Fault(status=exc.status_code, code=code, message=str(exc.detail), request_id=request_id)
    if isinstance(exc, Http404):
        return Fault(status=status.HTTP_404_NOT_FOUND, code="not_found", message="Not found.", request_id=request_id)
    if isinstance(exc, PermissionDenied):
        return Fault(
            status=status.HTTP_403_FORBIDDEN,
            code="forbidden",
            message="You do not have permission to do this.",
            request_id=request_id,
        )
    if isinstance(exc, RequestDataTooBig):
        message = "The body is too large. Send less at a time."
        return Fault(
            status=status.HTTP_413_REQUEST_ENTITY_TOO_LARGE, code="too_large", message=message, request_id=request_id
        )
    if is_outage(exc):
        return fault_of_outage(exc, request_id=request_id)
    message = "Something went wrong on our side. The error was logged."
    if request_id:
        message += f" Its request id is {request_id}."
    return Fault(
        status=status.HTTP_500_INTERNAL_SERVER_ERROR, code="internal_error", message=message, request_id=request_id
    )


def flatten(detail: Any, prefix: str = "") -> dict[str, str]:
    """Turns DRF's nested errors into {"count.0.pieces": "text"}. Errors without a field get the name `body`."""
    if isinstance(detail, dict):
        named: dict[str, str] = {}
        for name, inner in detail.items():
            own = prefix if name == "non_field_errors" else f"{prefix}.{name}" if prefix else str(name)
            named |= flatten(inner, own)
        return named
    if isinstance(detail, list):
        if any(isinstance(inner, dict | list) for inner in detail):
            named = {}
            for number, inner in enumerate(detail):
                named |= flatten(inner, f"{prefix}.{number}" if prefix else str(number))
            return named
        return {prefix or "body": " ".join(str(text) for text in detail)} if detail else {}
    return {prefix or "body": str(detail)}


def request_id() -> str:
    """Returns the id of the running request, as the log shows it."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answers requests for unknown paths. Django calls this as handler404."""
    fault = Fault(
        status=404, code="not_found", message=f"There is nothing at {request.path_info[:200]}.", request_id=request_id()
    )
    return _page_or_body(request, fault, title=_("Page not found"))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answers requests that Django refuses before a view runs. Django calls this as handler400."""
    fault = Fault(
        status=400, code="bad_request", message="The request could not be understood.", request_id=request_id()
    )
    return _page_or_body(request, fault, title=_("We could not understand this request"))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answers requests without permission. Django calls this as handler403."""
    return _page_or_body(
        request, fault_of(PermissionDenied(), request_id=request_id()), title=_("You do not have access to this page")
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """Answers exceptions outside API views, with 503 if the database cannot serve now. Django calls this as handler500.

    Django does not pass the exception, so this function reads it from `sys.exc_info()`.
    """
    exc = sys.exc_info()[1]
    if isinstance(exc, Exception) and is_outage(exc):
        return refusal(request, exc)
    return _page_or_body(
        request, fault_of(Exception(), request_id=request_id()), title=_("Something went wrong on our side")
    )


def refusal(request: HttpRequest, exc: Exception) -> HttpResponse:
    """Answers an exception outside API views: in the path's dialect under /api/v1/, elsewhere with an HTML page."""
    fault = fault_of(exc, request_id=request_id())
    if fault.status == status.HTTP_503_SERVICE_UNAVAILABLE:
        with translation.override(_language_in_an_outage(request)):
            answer = _page_or_body(request, fault, title=_("Cashdesk is not available right now"))
        answer.headers["Retry-After"] = RETRY_AFTER_SECONDS
        return answer
    if fault.status == status.HTTP_413_REQUEST_ENTITY_TOO_LARGE:
        return _page_or_body(request, fault, title=_("This form is too large"))
    return _page_or_body(request, fault, title=_("We could not understand this request"))


def _language_in_an_outage(request: HttpRequest) -> str:
    """Returns the active language, or the browser's language if the default is active.

    During an outage the language of the person cannot be read from the database.
    """
    language = translation.get_language() or settings.LANGUAGE_CODE
    return translation.get_language_from_request(request) if language == settings.LANGUAGE_CODE else language


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answers a browser form whose CSRF token is missing or stale."""
    return _page_or_body(
        request, fault_of(PermissionDenied(), request_id=request_id()), title=_("Reload the page and try again")
    )


def _page_or_body(request: HttpRequest, fault: Fault, *, title: str) -> HttpResponse:
    """Answers with a body in the path's dialect under /api/v1/, and with an HTML page elsewhere."""
    if request.path_info.startswith(API_PREFIX) or request.path_info == API_PREFIX.rstrip("/"):
        dialect = dialect_of(request.path_info)
        return HttpResponse(
            ExactJSONRenderer().render(dialect.error_body(fault)), status=fault.status, content_type=dialect.media_type
        )
    context = {"title": title, "request_id": fault.request_id, "is_outage": fault.status == 503}
    # In an outage the shell would ask the database, and wait.
    page = loader.render_to_string("cashdesk/error.html", context, request=None if context["is_outage"] else request)
    answer = HttpResponse(page, status=fault.status)
    add_never_cache_headers(answer)
    return answer
