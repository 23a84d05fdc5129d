"""What the run has finished, so that a killed run goes on where it was.

It is a file of its own and not a table of the database under test: it is the player's memory of what it was told, to be
held against what the ledger says at the end. A day is noted only once its session is closed; one that was under way
is played again from its start, with the same keys and payment ids.
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
    """A closed session as the API tells it, in cents."""

    session_id: int
    expected_cents: int
    declared_cents: int
    difference_cents: int


class Journal:
    """Shared by the threads of a run; each note is on disk before the next day of its store begins."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._file = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        # A killed process loses nothing this way, and the disk is left to the database that is measured.
        self._file.execute("PRAGMA synchronous=OFF")
        self._file.executescript(TABLES)

    def close(self) -> None:
        self._file.close()

    def run_name(self) -> str:
        """Names the run's account and people, so that a fresh run may share a database with an earlier one."""
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
        """Every finished store-day and what the API answered at its close."""
        with self._lock:
            rows = self._file.execute("SELECT * FROM finished").fetchall()
        return {(store, date.fromisoformat(day)): Closing(*figures) for store, day, *figures in rows}
