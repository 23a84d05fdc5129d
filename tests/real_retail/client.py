"""A thin client of the published API: one kept-open connection, exact decimals, lost connections tried again."""

import http.client
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import simplejson

TIMEOUT_SECONDS = 60
TRIES = 3


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; numbers with a decimal point in ``body`` are ``Decimal``, never floats."""

    status: int
    body: Any
    headers: http.client.HTTPMessage


class WrongAnswer(Exception):
    """The server answered otherwise than its contract says; the message holds the request and the answer."""


class Client:
    """Speaks for one person. Not to be shared between threads."""

    def __init__(self, *, port: int, token: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
        self._authorization = f"Bearer {token}"
        self.requests = 0

    def close(self) -> None:
        self._connection.close()

    def get(self, path: str) -> Answer:
        return self._asked("GET", path, None, {})

    def post(self, path: str, body: Mapping[str, Any], *, key: str | None = None) -> Answer:
        """Raises ``WrongAnswer`` for anything but a 2xx.

        Without ``key`` the body itself must be safe to send twice, as a batch is, whose payments carry ids.
        """
        headers = {"Content-Type": "application/json"}
        if key is not None:
            headers["Idempotency-Key"] = key
        return self._asked("POST", path, simplejson.dumps(body, use_decimal=True), headers)

    def _asked(self, verb: str, path: str, body: str | None, headers: dict[str, str]) -> Answer:
        answer = self._sent(verb, path, body, {**headers, "Authorization": self._authorization})
        if not 200 <= answer.status < 300:
            raise WrongAnswer(f"{verb} {path} {headers} {body}\nanswered {answer.status} {answer.body}")
        return answer

    def _sent(self, verb: str, path: str, body: str | None, headers: Mapping[str, str]) -> Answer:
        """The first whole answer. Each request has one effect however often it arrives, so a lost one is sent again."""
        for left in reversed(range(TRIES)):
            self.requests += 1
            try:
                self._connection.request(verb, path, body, dict(headers))
                response = self._connection.getresponse()
                text = response.read()
            except (OSError, http.client.HTTPException):
                # The next request opens a new connection; a half-read one would answer it with the wrong body.
                self._connection.close()
                if not left:
                    raise
            else:
                return Answer(response.status, _decoded(text), response.headers)
        raise AssertionError("the last try either answers or raises")


def _decoded(text: bytes) -> Any:
    """JSON where it is JSON; an error page of a broken server is kept as text, to be shown."""
    try:
        return simplejson.loads(text, use_decimal=True)
    except simplejson.JSONDecodeError:
        return text.decode(errors="replace")
