"""Runs actions at the same time, each on its own connection, like the threads of a server."""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from django.db import connection, connections

from cashdesk.errors import DomainError

T = TypeVar("T")


@contextmanager
def database_for_threads(folder: Path) -> Iterator[None]:
    """Makes the tests' database usable from several threads during the block.

    On SQLite the database is normally in the memory of one connection. Here it is a file. On PostgreSQL nothing is
    needed.
    """
    if connection.vendor != "sqlite":
        yield
        return
    settings = connections.settings["default"]
    name, settings["NAME"] = settings["NAME"], str(folder / "threads.sqlite3")
    connection.ensure_connection()
    with sqlite3.connect(settings["NAME"]) as copy:
        connection.connection.backup(copy)
    copy.close()
    memory = connections["default"]
    del connections["default"]
    try:
        yield
    finally:
        connections["default"].close()
        settings["NAME"] = name
        connections["default"] = memory


def begun(act: Callable[[], T]) -> "Future[T]":
    """Starts `act` in its own thread and returns its future."""
    pool = ThreadPoolExecutor(max_workers=1)
    try:
        return pool.submit(_closing, act)
    finally:
        pool.shutdown(wait=False)


def at_once(acts: Sequence[Callable[[], T]]) -> list[T]:
    """Starts all actions at the same moment and returns their results."""
    gate = threading.Barrier(len(acts))

    def through_the_gate(act: Callable[[], T]) -> T:
        gate.wait(timeout=30)
        return act()

    running = [begun(lambda act=act: through_the_gate(act)) for act in acts]  # type: ignore[misc]
    return [future.result(timeout=60) for future in running]


def outcome_of(act: Callable[[], Any]) -> str:
    """Runs an action and returns "done", or the name of its error."""
    try:
        act()
    except DomainError as refusal:
        return type(refusal).__name__
    return "done"


def waits_for_a_lock(pending: Any) -> None:
    """Returns when a connection waits for a lock, or when the pending action is done."""
    while not pending.done():
        with connection.cursor() as cursor:
            cursor.execute("SELECT COUNT(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return


def _closing(act: Callable[[], T]) -> T:
    try:
        return act()
    finally:
        connections.close_all()
