"""Statements that fail rather than wait for a lock."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def without_waiting() -> Iterator[None]:
    """Has a single statement fail at once where it would wait for somebody else's lock. Raises OperationalError then.

    No transaction is begun on SQLite, because that would take its turn behind every writer.
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
