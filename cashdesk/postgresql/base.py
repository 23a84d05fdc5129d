"""A PostgreSQL backend that notices an outage once instead of waiting for it in every request.

With Django's pool each request waits for its full timeout, even if the server refuses every connection immediately.
Then all threads are blocked, request after request. Here a failed connection attempt ends the wait of all requests.
Until a connection succeeds, one request at a time waits and the others fail quickly.
"""

import select
import threading
import time
from datetime import timedelta
from typing import Any, Final

import psycopg
from django.db.backends.postgresql import base
from psycopg_pool import ConnectionPool, PoolTimeout

SLICE: Final = timedelta(milliseconds=250)
"""The pool's timeout. After it a request checks whether a connection attempt has failed, and otherwise waits again."""

PATIENCE_SECONDS: Final = 3
"""The total wait of a request, unless the setting POOL_PATIENCE differs."""


class Watch:
    """This process's knowledge of the server: did the last attempt to connect fail, and is a request trying now?"""

    def __init__(self) -> None:
        self.failures = 0
        self.is_down = False
        self.trying = threading.Lock()

    def failed(self) -> None:
        """Records a failed connection attempt."""
        self.failures += 1
        self.is_down = True

    def connected(self) -> None:
        """Records a successful connection."""
        self.is_down = False


watch: Final = Watch()


class WatchedConnection(psycopg.Connection[Any]):
    """A pooled connection that reports whether its connection attempt succeeded. The pool itself does not report it."""

    @classmethod
    def connect(cls, *args: Any, **kwargs: Any) -> "WatchedConnection":
        """Connects like psycopg and records the outcome."""
        try:
            made = super().connect(*args, **kwargs)
        except psycopg.Error:
            watch.failed()
            raise
        watch.connected()
        return made


class DatabaseWrapper(base.DatabaseWrapper):
    """A backend that stops waiting for a pooled connection when an attempt to connect has failed."""

    @property
    def pool(self) -> ConnectionPool[Any] | None:
        """Returns Django's pool, with connections that report their outcome."""
        options = self.settings_dict["OPTIONS"].get("pool")
        if isinstance(options, dict):
            options |= {"connection_class": WatchedConnection, "timeout": SLICE.total_seconds()}
        return super().pool  # type: ignore[no-any-return]

    def get_new_connection(self, conn_params: Any) -> Any:
        """Returns a connection from the pool. Raises OperationalError.

        While the server is unreachable, only one request at a time waits for a connection. The others take a free
        one within SLICE or fail: the pool may hold some, for example after the server refused more connections than
        it allows.
        """
        pool = self.pool
        if not pool:
            return super().get_new_connection(conn_params)
        patience = self.settings_dict.get("POOL_PATIENCE", PATIENCE_SECONDS)
        if not watch.is_down:
            return self._connection_within(pool, patience, conn_params)
        is_trying = watch.trying.acquire(blocking=False)
        try:
            return self._connection_within(pool, patience if is_trying else 0, conn_params)
        finally:
            if is_trying:
                watch.trying.release()

    def _connection_within(self, pool: ConnectionPool[Any], seconds: float, conn_params: Any) -> Any:
        """Waits in slices, because a request with an empty pool cannot see that the server refuses connections."""
        deadline, failures = time.monotonic() + seconds, watch.failures
        while True:
            try:
                connection = super().get_new_connection(conn_params)
            except PoolTimeout:
                if watch.failures != failures:
                    raise psycopg.OperationalError("the database cannot be reached") from None
                if time.monotonic() >= deadline:
                    raise psycopg.OperationalError("no connection to the database was free in time") from None
            else:
                watch.connected()
                if not _is_gone(connection):
                    return connection
                connection.close()
                pool.putconn(connection)


def _is_gone(connection: "psycopg.Connection[Any]") -> bool:
    """Whether the server closed the connection while it was in the pool.

    A server that shuts down sends a message, and an idle connection receives nothing else. So polling the socket is
    enough, and only a readable socket costs a round trip.
    """
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    if not waiting.poll(0):
        return False
    try:
        ConnectionPool.check_connection(connection)
    except psycopg.Error:
        return True
    return False
