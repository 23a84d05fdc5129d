"""On PostgreSQL the suite runs as the application role, so a missing grant makes a test fail."""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest
from django.conf import settings
from django.db import ProgrammingError, connection, transaction
from psycopg import sql

from cashdesk.checks import check_encoding
from cashdesk.models import Movement
from tests import roles
from tests.cashdesk.desk import execute, open_drawer
from tests.stories import Cast

pytestmark = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="Roles and encodings are PostgreSQL's")


def test_a_test_runs_as_the_application_and_the_owner_only_where_it_says_so(cast: Cast) -> None:
    open_drawer(cast.carla, 100)
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        Movement.objects.update(note="tampered")
    with roles.owning(connection), connection.cursor() as cursor:
        cursor.execute("SELECT current_user, (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)")
        assert cursor.fetchone() == (roles.OWNER, False)
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == (roles.APPLICATION,)


def test_lifted_laws_return_with_the_end_of_the_transaction(cast: Cast) -> None:
    open_drawer(cast.carla, 100)
    with transaction.atomic():
        roles.lift_laws(connection)
        assert execute("UPDATE cashdesk_movement SET note = 'tampered'") == 1
        transaction.set_rollback(True)
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        Movement.objects.update(note="tampered")


@pytest.fixture
def ascii_database(db: None) -> Iterator[str]:
    """The URL of a database that an administrator made without an encoding."""
    server = settings.DATABASES["default"]
    login = f"{server['USER']}:{server['PASSWORD']}@{server['HOST']}:{server['PORT'] or 5432}"
    name = f"cashdesk_ascii_{secrets.token_hex(4)}"
    made = "CREATE DATABASE {} ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
    url = f"postgresql://{login}/{server['NAME']}"
    with closing(psycopg.connect(url, options="-c role=none", autocommit=True)) as administrator:
        administrator.execute(sql.SQL(made).format(sql.Identifier(name)))
        try:
            yield f"postgres://{login}/{name}"
        finally:
            administrator.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.mark.parametrize("arguments", [("check", "--database", "default"), ("migrate",)])
def test_a_database_without_an_encoding_is_refused(ascii_database: str, arguments: tuple[str, ...]) -> None:
    environment = {**os.environ, "DATABASE_URL": ascii_database}
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "The database stores text as SQL_ASCII; Cashdesk needs UTF8." in done.stderr
    assert "Traceback" not in done.stderr
    with closing(psycopg.connect(ascii_database)) as database:
        assert database.execute("SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)


def test_a_database_in_utf8_passes(db: None) -> None:
    assert check_encoding(databases=["default"]) == []
