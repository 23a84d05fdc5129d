"""The finished days of a run, so that a killed run can continue.

It is a file and not a table of the tested database, because it holds what the player was told. At the end it is
compared with the ledger. A day is noted after its session is closed. An unfinished day is played again from its start,
with the same keys and payment ids.
"""

import secrets
import sqlite3
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tests.real_retail.plan import DayPlan

DayKey = tuple[str, date]

TABLES = """
CREATE TABLE IF NOT EXISTS run (name TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS finished (
    store TEXT NOT NULL,
    day TEXT NOT NULL,
    session_id INTEGER NOT NULL,
    expected_cents INTEGER NOT NULL,
    declared_cents INTEGER NOT NULL,
    difference_cents INTEGER NOT NULL,
    PRIMARY KEY (store, day)
);
"""


@dataclass(frozen=True, slots=True)
class Closing:
    """A closed session as the API returns it, in cents."""

    session_id: int
    expected_cents: int
    declared_cents: int
    difference_cents: int


class Journal:
    """The journal of a run, shared by its threads. Each note is on disk before the next day of its store begins."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._file = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        # A killed process loses nothing this way, and the disk is left to the database that is measured.
        self._file.execute("PRAGMA synchronous=OFF")
        self._file.executescript(TABLES)

    def close(self) -> None:
        self._file.close()

    def run_name(self) -> str:
        """Returns the name of the run's account and people. A new name lets a new run use a database with an earlier
        run.
        """
        with self._lock:
            row = self._file.execute("SELECT name FROM run").fetchone()
            if row is not None:
                return str(row[0])
            name = secrets.token_hex(4)
            self._file.execute("INSERT INTO run VALUES (?)", (name,))
            return name

    def note(self, plan: DayPlan, closing: Closing) -> None:
        with self._lock:
            self._file.execute(
                "INSERT INTO finished VALUES (?, ?, ?, ?, ?, ?)",
                (
                    plan.store,
                    plan.day.isoformat(),
                    closing.session_id,
                    closing.expected_cents,
                    closing.declared_cents,
                    closing.difference_cents,
                ),
            )

    def closings(self) -> Mapping[DayKey, Closing]:
        """Returns every finished day of a store, with the answer at its close."""
        with self._lock:
            rows = self._file.execute("SELECT * FROM finished").fetchall()
        return {(store, date.fromisoformat(day)): Closing(*figures) for store, day, *figures in rows}
