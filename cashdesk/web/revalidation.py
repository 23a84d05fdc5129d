"""Answers a repeated read without a body (304) if the client already has the same answer (docs/decisions/0030).

The ETag is a keyed digest of the answer that this caller gets. So it changes only with something that the caller may
see, and nobody can test guesses of an amount against an ETag from a log.
"""

from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any, Final, cast

from django.utils.cache import patch_vary_headers
from django.utils.crypto import salted_hmac
from django.utils.http import parse_etags
from rest_framework.request import Request
from rest_framework.response import Response

from cashdesk.domain.caller.principal import Principal
from cashdesk.web.dialects import ExactJSONRenderer

DIGITS: Final = 32
REVALIDATED: Final = "private, no-cache"
"""The caller's own cache may keep the answer, and must ask whether it is still right before it uses it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """Declares that programs and dashboards poll a call, so that its answers have an ETag.

    `may_be_kept`: whether a browser may keep the answer. False for an answer that can show an expected amount before the
    count, because several people use the browser of a till (law 5). `moments`: fields of the answer, or of each row,
    that only say when it was made. They do not count as a change.
    """

    may_be_kept: bool = False
    moments: tuple[str, ...] = ()


POLLED: Final = Polled()
KEPT: Final = Polled(may_be_kept=True)


def offer_revalidation(response: Any, *, request: Request, polled: Polled) -> None:
    """Adds an ETag to a successful answer once it is rendered, or replaces its body by a 304.

    The view has done all its work by then. So an audit entry of a look is written for a 304 too (law 5). Streamed
    answers and downloads have no ETag.
    """
    if isinstance(response, Response) and response.status_code == HTTPStatus.OK:
        response.add_post_render_callback(partial(_revalidate, request=request, polled=polled))


def _revalidate(response: Response, *, request: Request, polled: Polled) -> None:
    etag = f'W/"{_digest(response, by=cast(Principal, request.auth), moments=polled.moments)}"'
    response.headers["ETag"] = etag
    if polled.may_be_kept:
        response.headers["Cache-Control"] = REVALIDATED
        patch_vary_headers(response, ("x-api-key", "X-Tenant-ID"))
    known = parse_etags(request.META.get("HTTP_IF_NONE_MATCH", ""))
    if "*" in known or etag in {one if one.startswith("W/") else f"W/{one}" for one in known}:
        response.status_code = HTTPStatus.NOT_MODIFIED
        response.content = b""
        del response.headers["Content-Type"]


def _digest(response: Response, *, by: Principal, moments: tuple[str, ...]) -> str:
    body = response.content
    if moments:
        rows = response.data if isinstance(response.data, list) else [response.data]
        body = ExactJSONRenderer().render([{name: row[name] for name in row if name not in moments} for row in rows])
    # The Link header belongs to the answer: the same rows can get a next page.
    key = f"cashdesk.etag {by.label} {response.headers.get('Link', '')}"
    return salted_hmac(key, body, algorithm="sha256").hexdigest()[:DIGITS]
