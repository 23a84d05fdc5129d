"""A migrated, empty database that is built once and copied from then on.

The migrations take 8 CPU-seconds, and each test process needs a database of its own. The first process migrates and saves
the result; the others copy it. The template is named after a digest of the product's source, so a change builds a new one.

SQLite's template is a file in pytest's cache. PostgreSQL's is one more database, on a temporary server only.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

PROJECT: Final = Path(__file__).resolve().parents[1]
APPS: Final = ("cashdesk", "config", "reconciliations", "settlements")
SERVER_IS_TEMPORARY: Final = "CASHDESK_TEST_SERVER_IS_TEMPORARY"
"""tests/with_postgres.py sets this: the server is removed at the end, with all its databases."""


def digest() -> str:
    """Returns a digest of all files that migrations and triggers depend on."""
    told = sha256()
    for path in (PROJECT / "uv.lock", *sorted(file for app in APPS for file in (PROJECT / app).rglob("*.py"))):
        told.update(str(path.relative_to(PROJECT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return told.hexdigest()[:16]


class Template:
    """The template of this source on the database that the suite runs on. `folder` is for files of all test processes."""

    def __init__(self, folder: Path) -> None:
        self.connection = connections["default"]
        self.is_sqlite = self.connection.vendor == "sqlite"
        self.name = f"template_{digest()}"
        self.file = folder / f"{self.name}.sqlite3"
        self._lock = folder / ("sqlite.lock" if self.is_sqlite else "postgresql.lock")

    @property
    def is_possible(self) -> bool:
        """Whether a template may stay on the server: only in SQLite or on a temporary server."""
        return self.is_sqlite or SERVER_IS_TEMPORARY in os.environ

    @property
    def is_there(self) -> bool:
        """Whether a process has saved the template."""
        if self.is_sqlite:
            return self.file.exists()
        with self.connection._nodb_cursor() as cursor:  # type: ignore[attr-defined]
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [self.name])
            return cursor.fetchone() is not None

    def to_copy(self) -> str:
        """Returns the file or the name of the template, or an empty text if there is none."""
        if not (self.is_possible and self.is_there):
            return ""
        return str(self.file) if self.is_sqlite else self.name

    @contextmanager
    def used_or_made(self) -> Iterator[None]:
        """Lets the block create the test database as a copy of the template.

        If there is no template yet, the block migrates the database, and this saves it as the template.
        """
        if not self.is_possible:
            yield
            return
        with self._lock.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not self.is_there:
                yield
                self._save()
                return
        test: dict[str, Any] = self.connection.settings_dict["TEST"]
        test |= {"MIGRATE": False} if self.is_sqlite else {"MIGRATE": False, "TEMPLATE": self.name}
        if self.is_sqlite:
            connection_created.connect(self._fill)
        try:
            yield
        finally:
            connection_created.disconnect(self._fill)

    def _save(self) -> None:
        if self.is_sqlite:
            for older in self.file.parent.glob("template_*.sqlite3"):
                older.unlink()
            unfinished = self.file.with_suffix(".unfinished")
            with closing(sqlite3.connect(unfinished)) as file:
                self.connection.ensure_connection()
                self.connection.connection.backup(file)
            unfinished.rename(self.file)
            return
        # PostgreSQL copies a database only while nobody is connected to it.
        self.connection.close()
        self.connection.close_pool()  # type: ignore[attr-defined]
        with self.connection._nodb_cursor() as cursor:  # type: ignore[attr-defined]
            cursor.execute(f'CREATE DATABASE "{self.name}" TEMPLATE "{self.connection.settings_dict["NAME"]}"')

    def _fill(self, connection: BaseDatabaseWrapper, **_kwargs: Any) -> None:
        connection_created.disconnect(self._fill)
        with closing(sqlite3.connect(self.file)) as file:
            file.backup(connection.connection)


class EmptyDatabase:
    """Keeps a copy of the empty SQLite database in memory, and puts it back after a test that committed.

    A flush costs far more: SQLite cannot disable a trigger, so 100 triggers must be dropped and created again.
    """

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self._connection = connection
        self._copy = sqlite3.connect(":memory:")
        connection.ensure_connection()
        connection.connection.backup(self._copy)

    def put_back(self) -> None:
        """Replaces the database. Ids go on as after a flush, so that no two tests share one."""
        self._connection.ensure_connection()
        raw = self._connection.connection
        last_ids = raw.execute("SELECT name, seq FROM sqlite_sequence").fetchall()
        self._copy.backup(raw)
        raw.execute("BEGIN IMMEDIATE")
        raw.execute("DELETE FROM sqlite_sequence")
        raw.executemany("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", last_ids)
        raw.execute("COMMIT")

    def close(self) -> None:
        self._copy.close()
