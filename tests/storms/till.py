"""Who storms: tills with one kept-open connection each, that send and take whatever is answered."""

import http.client
import json
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Any, TypeVar

TIMEOUT_SECONDS = 60
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back, as it was sent."""

    status: int
    content: bytes
    is_replay: bool

    @property
    def body(self) -> Any:
        """The answer's JSON."""
        return json.loads(self.content)


class Till:
    """Speaks for one person or program. Not to be shared between threads."""

    def __init__(self, port: int, secret: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
        self._authorization = f"Bearer {secret}"

    def __enter__(self) -> "Till":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hangs up."""
        self._connection.close()

    def connect(self) -> None:
        """Connects now, so that the first request of a storm does not wait for it."""
        self._connection.connect()

    def get(self, path: str) -> Answer:
        """GET."""
        return self.ask("GET", path, None)

    def post(self, path: str, body: Any, *, key: str = "") -> Answer:
        """POST, with an Idempotency-Key if one is given."""
        return self.ask("POST", path, body, key=key)

    def patch(self, path: str, body: Any) -> Answer:
        """PATCH."""
        return self.ask("PATCH", path, body)

    def ask(self, method: str, path: str, body: Any, *, key: str = "") -> Answer:
        """Sends once and never again: whoever storms decides what a lost answer means. Raises OSError, HTTPException."""
        headers = {"Authorization": self._authorization, "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        self._connection.request(method, f"/api/v1{path}", None if body is None else json.dumps(body), headers)
        answer = self._connection.getresponse()
        content = answer.read()
        return Answer(
            status=answer.status, content=content, is_replay=answer.headers.get("Idempotent-Replayed") == "true"
        )


def all_at_once(acts: Sequence[Callable[[], T]]) -> list[T]:
    """Does every act in a thread of its own, all beginning at one moment, and returns what they returned, in order."""
    start = threading.Barrier(len(acts))

    def begin(act: Callable[[], T]) -> T:
        start.wait(TIMEOUT_SECONDS)
        return act()

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(begin, acts))


def send_at_once(port: int, secrets: Sequence[str], path: str, body: Any, *, key: str = "") -> list[Answer]:
    """Sends the same request once for each secret, from as many connections, all at one moment."""
    tills = [Till(port, secret) for secret in secrets]
    try:
        for till in tills:
            till.connect()
        return all_at_once([partial(till.post, path, body, key=key) for till in tills])
    finally:
        for till in tills:
            till.close()
