"""A server that answers late and in pieces, to find tests that use a page before it is complete.

`make test-browser-slow` runs every browser test on it.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

SLOW_MS: Final = int(os.environ.get("CASHDESK_TEST_SLOW_MS", "0"))
# The browser treats a page as answered when its head has arrived, before the rest.
FIRST_PIECE_BYTES: Final = 600


class SlowMiddleware:
    """Answers after `SLOW_MS`, and sends the body of a page in two pieces with the same pause between them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        time.sleep(SLOW_MS / 1000)
        if isinstance(response, HttpResponse) and response.get("Content-Type", "").startswith("text/html"):
            return _in_pieces(response)
        return response


def _in_pieces(whole: HttpResponse) -> StreamingHttpResponse:
    pieces = StreamingHttpResponse(_pieces(whole.content), status=whole.status_code, headers=dict(whole.headers))
    pieces.cookies = whole.cookies
    return pieces


def _pieces(body: bytes) -> Iterator[bytes]:
    yield body[:FIRST_PIECE_BYTES]
    time.sleep(SLOW_MS / 1000)
    yield body[FIRST_PIECE_BYTES:]


def slowed(middleware: Iterable[str]) -> list[str]:
    """Returns the middleware of the server, with SlowMiddleware as the outermost if SLOW_MS is set."""
    return [*(["tests.browser.slow.SlowMiddleware"] if SLOW_MS else []), *middleware]
