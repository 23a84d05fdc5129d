"""How much of a request's body is read, and when: sized or chunked, before anything parses it.

Django reads a body only as far as `Content-Length` says, so it would take a chunked one for an empty one.
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
    """The most bytes that a body may have, and how an error writes that."""

    size: int
    text: str


ORDINARY: Final = BodyLimit(size=64 * 1024, text="64 KB")
"""A body of the API, also before signing in: four times the largest count sheet."""

BATCH: Final = BodyLimit(size=8 * 1024 * 1024, text="8 MB")
"""A batch of 5,000 payments is about 2 MB. Read only after the caller was signed in."""

FORM: Final = BodyLimit(size=512 * 1024, text="512 KB")
"""A form of a page: the largest draft, percent-encoded. Django takes at most 1,000 fields of it."""

BODILESS: Final = ("GET", "HEAD", "OPTIONS")
DIGITS_MAX: Final = 15


class TooLarge(exceptions.APIException):
    """The body is larger than the path takes."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"

    def __init__(self, limit: BodyLimit) -> None:
        super().__init__(f"The body is larger than {limit.text}. Send less at a time.")


class LengthRequired(exceptions.APIException):
    """The server cannot tell where a body without a length ends, or it comes in another coding than chunks."""

    status_code = status.HTTP_411_LENGTH_REQUIRED
    default_code = "length_required"
    default_detail = "This Transfer-Encoding is not supported. Send the body with a Content-Length header."


class LengthUnclear(exceptions.APIException):
    """The headers do not say how long the body is."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_code = "bad_request"
    default_detail = "Send one length only, a whole number in the Content-Length header."


class BodyBroken(exceptions.APIException):
    """A chunked body is not written as chunks, or the connection ended before its last one."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_code = "bad_request"
    default_detail = "The chunked body cannot be read to its end. Send it again."


def refuse_unclear_length(request: HttpRequest) -> None:
    """Raises LengthUnclear for a length that is no number, and for one beside a chunked body, which contradicts it."""
    length = request.META.get("CONTENT_LENGTH") or ""
    if length and not (length.isascii() and length.isdecimal() and len(length) <= DIGITS_MAX):
        raise LengthUnclear
    if length and request.META.get("HTTP_TRANSFER_ENCODING"):
        raise LengthUnclear


def read_body(request: HttpRequest, *, limit: BodyLimit) -> None:
    """Checks the size of the body; a chunked one is read, and told on with the length that it turned out to have.

    A body that is too large is never read further than one byte past `limit`. Raises TooLarge, BodyBroken where the chunks
    cannot be read, and LengthRequired where the body has another coding than chunks, or the server does not say that a
    chunked body ends by itself (`wsgi.input_terminated`).
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
    request._stream = BytesIO(body)  # where Django reads a body from


def _read_up_to(request: HttpRequest, size: int) -> bytes:
    """A server may give less at a time than it is asked for. What it raises at a broken body is its own class of error."""
    pieces: list[bytes] = []
    try:
        while size > 0 and (piece := request.META["wsgi.input"].read(size)):
            pieces.append(piece)
            size -= len(piece)
    except Exception as error:
        raise BodyBroken from error
    return b"".join(pieces)


class BodyMiddleware:
    """Refuses unclear lengths everywhere, and reads the forms of pages. Views of the API read theirs after signing in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answers 400, 411 or 413 before anything looks at the body."""
        try:
            refuse_unclear_length(request)
            if not request.path_info.startswith(API_PREFIX) and request.method not in BODILESS:
                read_body(request, limit=FORM)
        except exceptions.APIException as error:
            return refusal(request, error)
        return self.get_response(request)
