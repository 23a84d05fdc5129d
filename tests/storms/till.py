"""The clients of a storm: tills with one open connection each."""

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
    """An answer, as the server sent it."""

    status: int
    content: bytes
    is_replay: bool

    @property
    def body(self) -> Any:
        """The answer's JSON."""
        return json.loads(self.content)


class Till:
    """The client of one person or program. Use it in one thread only."""

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
        """Closes the connection."""
        self._connection.close()

    def connect(self) -> None:
        """Connects now, so that the first request of the storm does not wait for the connection."""
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
        """Sends a request once and never again, because the storm decides about lost answers. Raises OSError and
        HTTPException.
        """
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
    """Runs every action in its own thread, all at the same moment. Returns their results in order."""
    start = threading.Barrier(len(acts))

    def begin(act: Callable[[], T]) -> T:
        start.wait(TIMEOUT_SECONDS)
        return act()

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(begin, acts))


def send_at_once(port: int, secrets: Sequence[str], path: str, body: Any, *, key: str = "") -> list[Answer]:
    """Sends the same request once per secret, from as many connections, all at the same moment."""
    tills = [Till(port, secret) for secret in secrets]
    try:
        for till in tills:
            till.connect()
        return all_at_once([partial(till.post, path, body, key=key) for till in tills])
    finally:
        for till in tills:
            till.close()
