"""System checks of the database that `manage.py check --database default` runs beside those of the triggers."""

from collections.abc import Iterable
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper


@register(Tags.database)
def check_encoding(databases: Iterable[str] | None = None, **_kwargs: Any) -> list[CheckMessage]:
    """Refuses a PostgreSQL database that is not in UTF-8."""
    return [fault for alias in databases or () for fault in faults_of_encoding(connections[alias])]


def faults_of_encoding(connection: BaseDatabaseWrapper) -> list[CheckMessage]:
    """Returns an error where the database stores text in another encoding than UTF-8.

    SQL_ASCII stores bytes unchecked, so names come back broken and compare wrong. Other encodings refuse some names.
    """
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_encoding")
        (encoding,) = cursor.fetchone()
    if encoding == "UTF8":
        return []
    return [
        Error(
            f"The database stores text as {encoding}; Cashdesk needs UTF8.",
            hint="Make a new one: createdb --encoding UTF8 --template template0. Then dump this one and restore it there.",
            id="cashdesk.E002",
        )
    ]
