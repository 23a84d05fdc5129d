"""Parts of pages that a script asks for again and again, so that the page shows what is true now (static/cashdesk/live.js).

A part has an ETag. It is a keyed digest of what makes the part change: marks of the rows that it shows, the minute, the
person, their role and their language. It is no digest of the figures, so a look that changes nothing costs a few
statements, and an ETag tells nothing about an amount (law 5).
"""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac
from django.utils.http import parse_etags
from django.utils.translation import get_language

from cashdesk.domain.caller.principal import Principal

PART_HEADER: Final = "Live-Part"
"""On each answer with a part. The script reloads the page if it gets something else, such as the sign-in page."""
DIGITS: Final = 32


def etag_of(*marks: object, by: Principal, at: datetime) -> str:
    """Returns the ETag of a part. `marks` tell which rows it shows; they hold no amount. It changes each minute too,
    because the part says for how long something lasts.
    """
    role = by.user.role if by.user is not None else ""
    told = (*marks, role, get_language(), int(at.timestamp()) // 60)
    return f'W/"{salted_hmac(f"cashdesk.live {by.label}", repr(told), algorithm="sha256").hexdigest()[:DIGITS]}"'


def answer_part(request: HttpRequest, *, etag: str, shown: Callable[[], HttpResponse]) -> HttpResponse:
    """Answers with the part, or without a body (304) if the script already has it."""
    if etag in parse_etags(request.META.get("HTTP_IF_NONE_MATCH", "")):
        response = HttpResponse(status=HTTPStatus.NOT_MODIFIED)
        del response.headers["Content-Type"]
    else:
        response = shown()
    response.headers["ETag"] = etag
    response.headers[PART_HEADER] = "1"
    return response
