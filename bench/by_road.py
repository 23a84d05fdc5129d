"""Measures the statements and the processor time of each busy call, through Django's own handler.

`python -m bench` runs `python -m bench.by_road` with DATABASE_URL set. With `--statements` it prints each statement too.
Nothing is sent over a network, so the figures are the
costs of Cashdesk alone. The processor time of a PostgreSQL server is not in them.
"""

import io
import json
import statistics
import sys
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any, Final

import django

# Models can be imported only after django.setup().
django.setup()

from django.core.handlers.wsgi import WSGIHandler  # noqa: E402
from django.db import connection  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils import timezone  # noqa: E402

from bench import table  # noqa: E402
from cashdesk.domain.caller.principal import SYSTEM  # noqa: E402
from cashdesk.domain.people.access_token import issue_token  # noqa: E402
from cashdesk.domain.people.api_key import issue_api_key  # noqa: E402
from cashdesk.domain.people.person import create_person  # noqa: E402
from cashdesk.domain.store.organisation import create_account, create_store  # noqa: E402
from cashdesk.enums import Role, Scope  # noqa: E402
from cashdesk.models import Store, User  # noqa: E402

TURNS: Final = 60
WARM_UP: Final = 3
PASSWORD: Final = "measured-8-times"
SHOWN_LENGTH: Final = 150
SELDOM: Final = 4
"""The turns of the calls that check a password, which is slow on purpose."""


class Caller:
    """Sends requests of one token or key straight to Django's handler."""

    def __init__(self, secret: str) -> None:
        self._handler = WSGIHandler()
        self._secret = secret

    def __call__(self, method: str, path: str, body: Any = None, *, key: str = "") -> int:
        """Sends a request and returns the status of its answer. `key` is the idempotency key."""
        sent = json.dumps(body).encode() if body is not None else b""
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": f"/api/v1{path}",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_AUTHORIZATION": f"Bearer {self._secret}",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(sent)),
            "wsgi.input": io.BytesIO(sent),
            "wsgi.url_scheme": "http",
        }
        if key:
            environ["HTTP_IDEMPOTENCY_KEY"] = key
        told: list[str] = []
        answer = self._handler(environ, lambda status, _headers, *_error: told.append(status))
        b"".join(answer)
        answer.close()
        return int(told[0][:3])


def main() -> None:
    """Prints one line for each road."""
    table.title("Each call alone, in one process: statements, and processor time of Cashdesk")
    store, cashier = _people()
    _token, secret = issue_token(user=cashier, at=timezone.now(), lifetime=timedelta(hours=1), store=store)
    _key, key_secret = issue_api_key(
        name="till", scopes=(Scope.PAYMENTS_WRITE,), by=SYSTEM, at=timezone.now(), account=store.account, store=store
    )
    person, program = Caller(secret), Caller(key_secret)
    _measure("open a drawer", partial(_opened, person), before=lambda: _closed(person))
    _measure("close a drawer with one sale", partial(_closed, person), before=lambda: _sold(person))
    _opened(person)
    for path in ("/cash/status", "/shifts/active"):
        _measure(f"GET {path}", partial(person, "GET", path))
    _measure("payment of a person", lambda: person("POST", "/payments", _payment()))
    _measure("payment of a person, idempotency key", lambda: person("POST", "/payments", _payment(), key=_new_id()))
    _measure("payment of a key, idempotency key", lambda: program("POST", "/payments", _payment(1), key=_new_id()))
    again = _payment()
    _measure("payment that is known", lambda: person("POST", "/payments", again))
    _measure("payment whose answer is kept", lambda: person("POST", "/payments", again, key="again"))
    _measure("batch of 100 payments", lambda: person("POST", "/payments/batch", [_payment() for _ in range(100)]))
    _measure("drop by POST /movements", lambda: person("POST", "/movements", _drop(), key=_new_id()))
    _measure("start a shift", partial(_started, person), before=lambda: _closed(person), turns=SELDOM)
    _measure("end a shift", partial(_ended, person), before=lambda: _opened(person), turns=SELDOM)


def _people() -> tuple[Store, User]:
    account = create_account(name="Bench of roads")
    store = create_store(
        account=account, number="R1", name="Roads", currency="EUR", time_zone="Europe/Berlin", registers=2
    )
    cashier = create_person(
        account=account,
        store=store,
        username="roads",
        email="roads@example.com",
        name="Roads",
        role=Role.CASHIER,
        password=PASSWORD,
    )
    return store, cashier


def _measure(what: str, act: Callable[[], int], *, before: Callable[[], Any] | None = None, turns: int = TURNS) -> None:
    """Runs `act` many times, and `before` ahead of each. Prints the statements of a run and its processor time.

    The time is the lower quartile, because other load on the machine only makes a run slower.
    """
    took = []
    for turn in range(turns + WARM_UP):
        if before is not None:
            before()
        begun = time.process_time()
        status = act()
        ended = time.process_time()
        if status >= 300:
            raise RuntimeError(f"{what} answered {status}")
        if turn >= WARM_UP:
            took.append(ended - begun)
    if before is not None:
        before()
    with CaptureQueriesContext(connection) as queries:
        act()
    if "--statements" in sys.argv:
        for query in queries:
            print(f"      {' '.join(query['sql'].split())[:SHOWN_LENGTH]}")
    table.milliseconds(what, statistics.quantiles(took, n=4)[0], f"{len(queries)} statements")


def _opened(caller: Caller) -> int:
    return caller("POST", "/cash/open", {"start_amount": 100, "station": 1}, key=_new_id())


def _closed(caller: Caller) -> int:
    return caller("POST", "/cash/close", {"final_cash_declared": 100}, key=_new_id())


def _sold(caller: Caller) -> None:
    _opened(caller)
    caller("POST", "/payments", _payment())


def _started(caller: Caller) -> int:
    return caller("POST", "/shifts/start", {"start_cash": 10_000, "password": PASSWORD}, key=_new_id())


def _ended(caller: Caller) -> int:
    return caller("POST", "/shifts/end", {"actual_cash_end": 10_000, "password": PASSWORD}, key=_new_id())


def _payment(station: int | None = None) -> dict[str, Any]:
    named = {"station": station} if station is not None else {}
    return {"id": _new_id(), "method": "CASH", "currency": "EUR", "amount": 500, "status": "APPROVED", **named}


def _drop() -> dict[str, Any]:
    return {"kind": "DROP", "amount": 100, "currency": "EUR"}


def _new_id() -> str:
    return uuid.uuid4().hex


if __name__ == "__main__":
    main()
