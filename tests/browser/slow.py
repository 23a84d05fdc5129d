"""A server that answers late and in pieces, to find out what a test does or reads before its page is there.

`make test-browser-slow` runs every browser test on it: each must hold however late an answer comes.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

SLOW_MS: Final = int(os.environ.get("CASHDESK_TEST_SLOW_MS", "0"))
# The browser takes a page as answered when its head has come, and the rest of it is not there yet.
FIRST_PIECE_BYTES: Final = 600


class SlowMiddleware:
    """Answers `SLOW_MS` later, and sends the body of a page in two pieces, as long apart."""

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
    """Returns the middleware of the server, with the slowness outside of all of it where it is asked for."""
    return [*(["tests.browser.slow.SlowMiddleware"] if SLOW_MS else []), *middleware]
