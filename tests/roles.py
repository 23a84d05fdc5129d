"""The database roles of the suite on PostgreSQL: the owner migrates, and everything else runs as the application.

README, "Going to production", describes two roles, and docs/postgresql-roles.sql has the grants. The suite uses the
same file, so a missing grant makes a test fail.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest
from django.core.management import call_command
from django.db import DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from psycopg import sql

from cashdesk import triggers

GRANTS: Final = Path(__file__).resolve().parents[1] / "docs" / "postgresql-roles.sql"
OWNER: Final = "cashdesk_test_owner"
APPLICATION: Final = "cashdesk_test_app"


def grants_for(application: str) -> bytes:
    """Returns the file of grants for a role of this name."""
    return GRANTS.read_text().replace("cashdesk_app", application).encode()


@contextmanager
def owning(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Runs the block as the owner of the tables, to lift the triggers or to show that they refuse the owner too."""
    if connection.vendor != "postgresql":
        yield
        return
    connection.ensure_connection()
    (before,) = connection.connection.execute("SELECT current_user").fetchone()
    _become(connection, OWNER)
    try:
        yield
    finally:
        # A failed transaction takes no statement. Its end takes the role back too.
        with suppress(DatabaseError):
            _become(connection, before)


def migrate(*arguments: str) -> None:
    """Runs `manage.py migrate` as the owner, and then grants as README describes."""
    connection = connections["default"]
    with owning(connection):
        call_command("migrate", *arguments, verbosity=0)
        if connection.vendor == "postgresql" and not arguments:
            connection.connection.execute(grants_for(APPLICATION))


def lift_laws(connection: BaseDatabaseWrapper) -> None:
    """Becomes the owner and lifts every trigger until the rollback of the test, for tests of tampering."""
    if connection.vendor == "postgresql":
        _become(connection, OWNER)
    triggers.remove(connection)


def begin_as_owner() -> None:
    """Creates the two roles. From now on, each connection to a test database runs as the owner."""
    connection = connections["default"]
    if connection.vendor == "postgresql":
        with connection._nodb_cursor() as cursor:  # type: ignore[attr-defined]
            _make_roles(cursor.connection)
        connection_created.connect(_own)


def hand_to_application() -> None:
    """Grants as README describes. Every later connection to the test database runs as the application.

    This includes the connections of servers in other processes.
    """
    connection = connections["default"]
    if connection.vendor != "postgresql":
        return
    connection_created.disconnect(_own)
    connection.ensure_connection()
    raw = connection.connection
    raw.execute(grants_for(APPLICATION))
    raw.execute("RESET ROLE")
    _begin_as_application(raw)
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]


def _own(connection: BaseDatabaseWrapper, **_kwargs: Any) -> None:
    name = str(connection.settings_dict["NAME"])
    if name.startswith("test_"):
        owner = sql.Identifier(OWNER)
        connection.connection.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(sql.Identifier(name), owner))
        _become(connection, OWNER)


def _become(connection: BaseDatabaseWrapper, role: str) -> None:
    # Past Django's cursor: tests count the statements that go through it.
    connection.ensure_connection()
    try:
        connection.connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
    except psycopg.Error as error:
        raise DatabaseError(str(error)) from error


def hand_over(url: str) -> None:
    """Grants in another migrated database. Every later connection of this login runs as the application."""
    with closing(psycopg.connect(url, options="-c role=none", autocommit=True)) as database:
        _make_roles(database)
        database.execute(grants_for(APPLICATION))
        _begin_as_application(database)


def _begin_as_application(database: "psycopg.Connection[Any]") -> None:
    login, name, role = (sql.Identifier(word) for word in (database.info.user, database.info.dbname, APPLICATION))
    database.execute(sql.SQL("ALTER ROLE {} IN DATABASE {} SET role = {}").format(login, name, role))


def _make_roles(database: "psycopg.Connection[Any]") -> None:
    for role in (OWNER, APPLICATION):
        try:
            database.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(role)))
        except (psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
            continue  # another test process, or an earlier run, made it
        except psycopg.Error as error:
            pytest.exit(
                f"The suite makes the roles {OWNER} and {APPLICATION}, and this login may not: {error}. "
                "Name a superuser of a server for tests in DATABASE_URL, or none at all.",
                returncode=1,
            )
