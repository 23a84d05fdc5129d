"""PostgreSQL whose outages are noticed once, and not waited for by every request.

Django's pool lets each request wait its whole timeout, also where the server refuses every connection at once: then all
threads wait, request after request. Here a failed attempt to connect ends the waiting of all, and until a connection is
there again one request at a time waits for it while the others fail within a moment.
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
"""The timeout of the pool: after it a request looks whether an attempt to connect failed meanwhile, and waits on."""

PATIENCE_SECONDS: Final = 3
"""How long a request waits in all, unless the setting says otherwise."""


class Watch:
    """What a process knows of its server: whether the last attempt to connect failed, and who is trying now."""

    def __init__(self) -> None:
        self.failures = 0
        self.is_down = False
        self.trying = threading.Lock()

    def failed(self) -> None:
        """Notes that no connection could be made."""
        self.failures += 1
        self.is_down = True

    def connected(self) -> None:
        """Notes that there is a connection."""
        self.is_down = False


watch: Final = Watch()


class WatchedConnection(psycopg.Connection[Any]):
    """A connection of the pool, which tells how the attempt to make it went: the pool itself tells nobody."""

    @classmethod
    def connect(cls, *args: Any, **kwargs: Any) -> "WatchedConnection":
        """Connects, as psycopg does."""
        try:
            made = super().connect(*args, **kwargs)
        except psycopg.Error:
            watch.failed()
            raise
        watch.connected()
        return made


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection out of a pool that is waited for only as long as there is hope."""

    @property
    def pool(self) -> ConnectionPool[Any] | None:
        """Returns Django's pool, of connections that are watched."""
        options = self.settings_dict["OPTIONS"].get("pool")
        if isinstance(options, dict):
            options |= {"connection_class": WatchedConnection, "timeout": SLICE.total_seconds()}
        return super().pool  # type: ignore[no-any-return]

    def get_new_connection(self, conn_params: Any) -> Any:
        """Returns a connection. While the server is known to be away only one request at a time waits for one.

        The others take what is free within a slice: after a refusal for want of connections the pool may hold some.
        Raises OperationalError.
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
        """Waits in slices: a request whose pool is empty cannot tell by itself that the server refuses connections."""
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
    """Whether the server has ended a connection while it lay in the pool.

    A server that ends says so, and the socket of a connection that waits has nothing else to read. So a look at the socket
    is enough, and only one that can be read costs a round trip.
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
