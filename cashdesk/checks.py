"""Database checks for `manage.py check --database default`: the encoding, and stores in withdrawn currencies."""

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

from cashdesk.currencies import EXPONENTS, is_current


@register(Tags.database)
def check_encoding(databases: Iterable[str] | None = None, **_kwargs: Any) -> list[CheckMessage]:
    """Reports PostgreSQL databases that do not use UTF-8."""
    return [fault for alias in databases or () for fault in faults_of_encoding(connections[alias])]


def faults_of_encoding(connection: BaseDatabaseWrapper) -> list[CheckMessage]:
    """Returns an error if the database stores text in an encoding other than UTF-8.

    SQL_ASCII stores unchecked bytes, so names come back broken and compare wrongly. Other encodings refuse some
    names.
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


@register(Tags.database)
def check_currencies(databases: Iterable[str] | None = None, **_kwargs: Any) -> list[CheckMessage]:
    """Warns of stores in withdrawn currencies, in `manage.py check --database default`."""
    return [warning for alias in databases or () for warning in stores_in_withdrawn_currencies(alias)]


def stores_in_withdrawn_currencies(alias: str) -> list[CheckMessage]:
    """Returns a warning for each store in a withdrawn currency, or no warning if the table does not exist yet."""
    store = apps.get_model("cashdesk", "Store")  # this module is imported before the models
    if store._meta.db_table not in connections[alias].introspection.table_names():
        return []
    current = [code for code in EXPONENTS if is_current(code, on=timezone.now().date())]
    rows = store.objects.using(alias).exclude(currency__in=current).order_by("number", "pk")
    return [
        checks.Warning(
            f"Store {number} ({uuid}) is kept in {currency}, which ISO 4217 has withdrawn.",
            hint="It trades on and can be counted and closed. Open a store in the new currency to replace it.",
            id="cashdesk.W010",
        )
        for number, uuid, currency in rows.values_list("number", "uuid", "currency")
    ]
