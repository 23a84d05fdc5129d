"""Limits the size of request bodies, and decodes chunked ones before anything parses them.

A chunked body has no `Content-Length`. Django reads only as many bytes as that header says, so it would read nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from django.http import HttpRequest, HttpResponse
from rest_framework import exceptions, status

from cashdesk.web.errors import refusal
from cashdesk.web.middleware import API_PREFIX


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyLimit:
    """The maximum size of a body in bytes, and the text that an error shows for it."""

    size: int
    text: str


ORDINARY: Final = BodyLimit(size=64 * 1024, text="64 KB")
"""The limit for API requests, also before sign-in. It is four times the size of the largest count sheet."""

BATCH: Final = BodyLimit(size=8 * 1024 * 1024, text="8 MB")
"""The limit for batches of payments (5,000 payments are about 2 MB). Such a body is read only after authentication."""

FORM: Final = BodyLimit(size=512 * 1024, text="512 KB")
"""The limit for forms of pages, enough for the largest draft in percent-encoding. Django accepts at most 1,000 fields."""

BODILESS: Final = ("GET", "HEAD", "OPTIONS")
DIGITS_MAX: Final = 15


class TooLarge(exceptions.APIException):
    """The body is larger than the path allows."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"

    def __init__(self, limit: BodyLimit) -> None:
        super().__init__(f"The body is larger than {limit.text}. Send less at a time.")


class LengthRequired(exceptions.APIException):
    """The end of the body is unknown, because its transfer coding is not `chunked` or the server does not mark the end."""

    status_code = status.HTTP_411_LENGTH_REQUIRED
    default_code = "length_required"
    default_detail = "This Transfer-Encoding is not supported. Send the body with a Content-Length header."


class LengthUnclear(exceptions.APIException):
    """The Content-Length header is not a number, or contradicts the Transfer-Encoding header."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_code = "bad_request"
    default_detail = "Send one length only, a whole number in the Content-Length header."


class BodyBroken(exceptions.APIException):
    """A chunked body is malformed, or the connection ended before the last chunk."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_code = "bad_request"
    default_detail = "The chunked body cannot be read to its end. Send it again."


def refuse_unclear_length(request: HttpRequest) -> None:
    """Raises LengthUnclear if Content-Length is not a number, or if the body is also chunked."""
    length = request.META.get("CONTENT_LENGTH") or ""
    if length and not (length.isascii() and length.isdecimal() and len(length) <= DIGITS_MAX):
        raise LengthUnclear
    if length and request.META.get("HTTP_TRANSFER_ENCODING"):
        raise LengthUnclear


def read_body(request: HttpRequest, *, limit: BodyLimit) -> None:
    """Checks the size of the body. Reads a chunked body into memory and sets its Content-Length.

    Never reads more than one byte beyond `limit`. Raises TooLarge, and BodyBroken if the chunks are malformed. Raises
    LengthRequired for another transfer coding, and if the server does not mark the end of a chunked body
    (`wsgi.input_terminated`).
    """
    if request.META.get("CONTENT_LENGTH"):
        if int(request.META["CONTENT_LENGTH"]) > limit.size:
            raise TooLarge(limit)
        return
    coding = request.META.get("HTTP_TRANSFER_ENCODING")
    if not coding:
        return
    if coding.strip().lower() != "chunked" or not request.META.get("wsgi.input_terminated"):
        raise LengthRequired
    body = _read_up_to(request, limit.size + 1)
    if len(body) > limit.size:
        raise TooLarge(limit)
    request.META["CONTENT_LENGTH"] = str(len(body))
    request._stream = BytesIO(body)  # Django reads the body from here


def _read_up_to(request: HttpRequest, size: int) -> bytes:
    """Reads at most `size` bytes. It loops, because one call may return fewer bytes than requested.

    Raises BodyBroken for any exception while reading, because each server has its own exception for a broken body.
    """
    pieces: list[bytes] = []
    try:
        while size > 0 and (piece := request.META["wsgi.input"].read(size)):
            pieces.append(piece)
            size -= len(piece)
    except Exception as error:
        raise BodyBroken from error
    return b"".join(pieces)


class BodyMiddleware:
    """Refuses unclear lengths on every path, and checks the size of bodies that pages receive.

    API views check the size of their bodies themselves, after authentication.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answers 400, 411 or 413 before anything reads the body."""
        try:
            refuse_unclear_length(request)
            if not request.path_info.startswith(API_PREFIX) and request.method not in BODILESS:
                read_body(request, limit=FORM)
        except exceptions.APIException as error:
            return refusal(request, error)
        return self.get_response(request)
