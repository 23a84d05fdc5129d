"""Empties the PostgreSQL database after each test.

A flush of all tables takes ten times as long: it makes new files for each table and index, and then the content types and
permissions anew. Most tables are empty, and stay so.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pytest
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import TransactionTestCase
from psycopg import sql

# What `migrate` writes, and no test.
KEPT: Final = ["django_migrations", "django_content_type", "auth_permission"]
FILLED: Final = """
    SELECT relname FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0 AND relname <> ALL (%s)
"""
DELETE: Final = sql.SQL("DELETE FROM {}")
# The server's own user may do without foreign keys and triggers, in one statement for all tables.
WITHOUT_LAWS: Final = "SET LOCAL ROLE none; SET LOCAL session_replication_role = replica"


@contextmanager
def only_filled_tables_are_emptied(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Replaces the flush after each test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _case: _empty(connection))
        yield


def _empty(connection: BaseDatabaseWrapper) -> None:
    connection.ensure_connection()
    raw = connection.connection
    filled = [sql.Identifier(name) for (name,) in raw.execute(FILLED, [KEPT])]
    with raw.transaction():
        raw.execute(WITHOUT_LAWS, prepare=False)
        deletes = sql.SQL("; ").join(DELETE.format(name) for name in filled)
        raw.execute(deletes, prepare=False)
