"""A thin client of the published API: one open connection, exact decimals, and retries after a lost connection."""

import http.client
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import simplejson

TIMEOUT_SECONDS = 60
TRIES = 3


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer. Numbers with a decimal point in ``body`` are ``Decimal``, never floats."""

    status: int
    body: Any
    headers: http.client.HTTPMessage


class WrongAnswer(Exception):
    """The answer breaks the contract. The message holds the request and the answer."""


class Client:
    """The client of one person. Use it in one thread only."""

    def __init__(self, *, port: int, token: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
        self._authorization = f"Bearer {token}"
        self.requests = 0

    def close(self) -> None:
        self._connection.close()

    def get(self, path: str) -> Answer:
        return self._asked("GET", path, None, {})

    def post(self, path: str, body: Mapping[str, Any], *, key: str | None = None) -> Answer:
        """Sends a POST. Raises ``WrongAnswer`` unless the status is 2xx.

        Without ``key``, the body must be safe to send twice, like a batch of payments with ids.
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
        """Returns the first complete answer. A lost request is sent again, because each request has one effect."""
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
    """Decodes JSON. Returns the text of any other body, such as an error page, to show it."""
    try:
        return simplejson.loads(text, use_decimal=True)
    except simplejson.JSONDecodeError:
        return text.decode(errors="replace")
