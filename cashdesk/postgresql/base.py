"""A PostgreSQL backend that detects an outage, so that not every request waits for its full timeout.

With Django's pool each request waits for its full timeout, even if the server refuses every connection immediately. Then
all threads wait and the site hangs. With this backend a failed connection attempt ends the wait of all requests. Until a
connection succeeds, one request at a time waits, and the other requests fail quickly.
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
"""The pool's timeout. After it, a request fails if a connection attempt has failed meanwhile. If not, it waits again."""

PATIENCE_SECONDS: Final = 3
"""The maximum total wait of a request, unless the database setting POOL_PATIENCE has another value."""


class Watch:
    """The state of the server as this process knows it.

    - `failures`: the number of failed connection attempts.
    - `is_down`: whether the last connection attempt failed.
    - `trying`: the lock of the single request that waits during an outage.
    """

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
    """A pooled connection that tells `watch` whether its attempt to connect succeeded. The pool does not tell this."""

    @classmethod
    def connect(cls, *args: Any, **kwargs: Any) -> "WatchedConnection":
        """Connects as psycopg does, and records whether the attempt succeeded."""
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
        """Returns Django's pool, but with WatchedConnection as the class of its connections and SLICE as its timeout."""
        options = self.settings_dict["OPTIONS"].get("pool")
        if isinstance(options, dict):
            options |= {"connection_class": WatchedConnection, "timeout": SLICE.total_seconds()}
        return super().pool  # type: ignore[no-any-return]

    def get_new_connection(self, conn_params: Any) -> Any:
        """Returns a connection from the pool. Raises OperationalError if none is free in time.

        While the server is unreachable, only one request at a time waits. The other requests fail if they get no connection
        within SLICE. The pool can still hold free connections, for example if the server refuses only additional ones.
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
        """Waits for a connection in slices, and checks after each slice whether an attempt to connect has failed.

        The pool itself does not end the wait when the server refuses connections.
        """
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

    A server that shuts down sends a message. An idle connection receives nothing else. So a socket without data is fine,
    and only a socket with data needs a query to check the connection.
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
