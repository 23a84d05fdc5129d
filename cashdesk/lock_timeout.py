"""A context manager for an SQL statement that must not wait for a lock."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def without_waiting() -> Iterator[None]:
    """Lets the single statement in the `with` block fail with OperationalError instead of waiting for a lock.

    The statement fails at once on SQLite, and after 50 ms on PostgreSQL. SQLite gets no transaction, because BEGIN
    would wait for every other writer.
    """
    if connection.vendor == "postgresql":
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '50ms'")
            yield
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 0")
        try:
            yield
        finally:
            patience = int(connection.settings_dict["OPTIONS"].get("timeout", 5) * 1000)
            cursor.execute(f"PRAGMA busy_timeout = {patience}")
