"""An SQLite backend whose writers wait in a queue.

SQLite allows one writer at a time. A writer that finds the database busy polls at growing intervals. Under load,
newer writers overtake older ones, until the oldest passes its timeout ("database is locked"). So each transaction
first waits for its turn. Threads of one process wait for a shared lock, with a timeout. The thread that has this lock then
locks a file beside the database. The kernel gives the file lock to processes in order, and releases it if a process dies.

A connection is kept for several requests. It notices if somebody has put another file in its place, such as a backup.
"""

import fcntl
import os
import threading
from typing import Any

from django.db import OperationalError
from django.db.backends.sqlite3 import base

_turns: dict[str, threading.Lock] = {}


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that waits for its turn at each BEGIN IMMEDIATE. It releases the turn when the transaction ends."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._turn: threading.Lock | None = None
        self._queue: int | None = None
        self._file: tuple[int, int] | None = None

    def get_new_connection(self, conn_params: Any) -> Any:
        """Opens the file, and remembers which one it is."""
        self._file = self._file_now()
        made = super().get_new_connection(conn_params)
        self._file = self._file or self._file_now()
        return made

    def is_usable(self) -> bool:
        """Whether the connection is to the file that now has its name. Django asks before the first use in a request."""
        return self._file == self._file_now() and super().is_usable()

    def _file_now(self) -> tuple[int, int] | None:
        try:
            told = os.stat(self.settings_dict["NAME"])
        except OSError:
            return None
        return told.st_dev, told.st_ino

    def _start_transaction_under_autocommit(self) -> None:
        if not self.is_in_memory_db():
            self._take_turn()
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]  # Django has it, its stubs do not
        except BaseException:
            self._give_turn()
            raise

    def _set_autocommit(self, autocommit: bool) -> None:  # noqa: FBT001 (Django's signature)
        # Django calls this at the end of every outermost atomic block, after a success and after a failure.
        try:
            super()._set_autocommit(autocommit)  # type: ignore[misc]  # Django has it, its stubs do not
        finally:
            if autocommit:
                self._give_turn()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]  # Django has it, its stubs do not
        finally:
            self._give_turn()

    def _take_turn(self) -> None:
        name = str(self.settings_dict["NAME"])
        turn = _turns.setdefault(name, threading.Lock())
        if not turn.acquire(timeout=self.settings_dict["OPTIONS"].get("timeout", 5)):
            raise OperationalError("database is locked: too many writers are waiting for their turn")
        self._turn = turn
        try:
            self._queue = os.open(f"{name}-queue", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._queue, fcntl.LOCK_EX)
        except BaseException:
            self._give_turn()
            raise

    def _give_turn(self) -> None:
        if self._queue is not None:
            os.close(self._queue)  # closing the file also releases the lock
            self._queue = None
        if self._turn is not None:
            self._turn.release()
            self._turn = None
