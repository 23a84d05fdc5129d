"""docs/postgresql-roles.sql gives the application exactly the rights that it needs.

The test runs the file on its own database with other role names. The owner migrates the database, and the application
uses it.
"""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from psycopg import sql
from psycopg.errors import InsufficientPrivilege

from cashdesk import triggers

PROJECT = Path(__file__).resolve().parents[2]
GRANTS = PROJECT / "docs" / "postgresql-roles.sql"

pytestmark = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="Roles and grants are PostgreSQL's; SQLite has none."
)


@dataclass(frozen=True, kw_only=True)
class Database:
    """A migrated database with its two roles."""

    name: str
    owner: str
    application: str
    password: str

    def connect(self, role: str) -> psycopg.Connection:
        """Opens a new connection. Its changes are lost without a commit."""
        return psycopg.connect(self.url(role))

    def url(self, role: str) -> str:
        """Returns the URL of the database for a role."""
        server = settings.DATABASES["default"]
        return f"postgresql://{role}:{self.password}@{server['HOST']}:{server['PORT'] or 5432}/{self.name}"

    def run(self, role: str, *arguments: str) -> str:
        """Runs Python in the project as a role, and returns its output."""
        env = {**os.environ, "DATABASE_URL": self.url(role), "LOG_LEVEL": "ERROR"}
        env["DJANGO_SETTINGS_MODULE"] = "config.settings"
        done = subprocess.run(
            [sys.executable, *arguments], cwd=PROJECT, env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    """Creates the database as README describes, with names that no server has, and removes it at the end."""
    tag = secrets.token_hex(4)
    made = Database(
        name=f"cashdesk_roles_{tag}",
        owner=f"cashdesk_owner_{tag}",
        application=f"cashdesk_app_{tag}",
        password=secrets.token_hex(16),
    )
    server = settings.DATABASES["default"]
    administrator = psycopg.connect(
        host=server["HOST"],
        port=server["PORT"] or 5432,
        user=server["USER"],
        password=server["PASSWORD"],
        dbname=server["NAME"],
        options="-c role=none",  # the suite's own role makes neither roles nor databases
        autocommit=True,
    )
    name = sql.Identifier(made.name)
    with closing(administrator):
        for role in (made.owner, made.application):
            statement = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
            administrator.execute(statement.format(sql.Identifier(role), sql.Literal(made.password)))
        administrator.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, sql.Identifier(made.owner)))
        try:
            made.run(made.owner, "manage.py", "migrate", "--verbosity", "0")
            grant(made)
            yield made
        finally:
            administrator.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))
            for role in (made.application, made.owner):
                administrator.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


def grant(database: Database) -> None:
    """Runs the file in one transaction, as the owner does."""
    with database.connect(database.owner) as owner:
        owner.execute(GRANTS.read_text().replace("cashdesk_app", database.application).encode())


def test_the_application_role_can_do_a_whole_day(database: Database) -> None:
    grant(database)  # once more, as after every migration

    told = json.loads(database.run(database.application, "-m", "tests.docs.application_role_day"))

    assert told == {
        "wrong password": 401,
        "sign in": 200,
        "open": 200,
        "open, sent again": 200,
        "open at a register that the store gets for it": 200,
        "pay": 201,
        "pay later": 201,
        "approve": 200,
        "drop": 201,
        "reverse the drop": 201,
        "close": 200,
        "pay after the close": 201,
        "force-close and open again": 200,
        "sign out": 200,
        "sign in to the back office": 302,
        "add a brand there": 302,
        "rename it": 302,
        "sign out of it": 200,
        "ready": 200,
    }


LAWS = [triggers.laws_of(app) for app in ("cashdesk", "settlements", "reconciliations")]
STAYING = [f"{laws.app}_{table}" for laws in LAWS for table in laws.never_deleted]
CHANGES = [f"UPDATE {laws.app}_{table} SET id = id" for laws in LAWS for table in laws.never_changed]
DELETIONS = [f"DELETE FROM {table}" for table in STAYING]
EMPTYINGS = [f"TRUNCATE {table} CASCADE" for table in STAYING]
ROADS_AROUND = [
    "UPDATE cashdesk_cashsession SET start_amount = 0",
    "UPDATE cashdesk_payment SET amount = 0",
    "UPDATE cashdesk_place SET number = 7",
    "UPDATE cashdesk_idempotentanswer SET status_code = 200",
    "DELETE FROM cashdesk_user",
    "DELETE FROM cashdesk_accesstoken",
    "DELETE FROM django_admin_log",
    "DELETE FROM django_migrations",
    "ALTER TABLE cashdesk_movement DISABLE TRIGGER ALL",
    "DROP TRIGGER movement_never_changed ON cashdesk_movement",
    "CREATE OR REPLACE FUNCTION cashdesk_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "SET session_replication_role = replica",
    "SELECT setval('cashdesk_movement_id_seq', 1)",
    "CREATE TABLE elsewhere (id bigint)",
    "ALTER TABLE cashdesk_movement OWNER TO CURRENT_USER",
]


@pytest.mark.parametrize("statement", [*CHANGES, *DELETIONS, *EMPTYINGS, *ROADS_AROUND])
def test_what_would_rewrite_the_books_is_refused_for_lack_of_permission(database: Database, statement: str) -> None:
    # A trigger refuses with another error (restrict_violation), so this shows that none was asked.
    with database.connect(database.application) as application, pytest.raises(InsufficientPrivilege):
        application.execute(statement.encode())


@pytest.mark.parametrize(
    ("table", "frozen"),
    [(f"{laws.app}_{table}", columns) for laws in LAWS for table, (columns, _words) in laws.frozen.items()],
)
def test_the_columns_that_may_change_are_those_that_no_trigger_freezes(
    database: Database, table: str, frozen: tuple[str, ...]
) -> None:
    with database.connect(database.owner) as owner:
        columns = owner.execute(
            "SELECT column_name, has_column_privilege(%s, %s, column_name, 'UPDATE') "
            "FROM information_schema.columns WHERE table_name = %s",
            [database.application, table, table],
        ).fetchall()

    may_change = {column for column, is_granted in columns if is_granted}
    assert may_change == {column for column, _is_granted in columns} - {"id", *frozen}


def test_every_table_has_its_line_in_the_file(database: Database) -> None:
    with database.connect(database.owner) as owner:
        tables = {row[0] for row in owner.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}

    assert "cashdesk_movement" in tables
    words = set(GRANTS.read_text().replace(",", " ").replace(".", " ").split())
    assert tables - words == set()
