"""Requests that run at the same time, each on a connection of its own, as the threads of a server do."""

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
    """On SQLite the tests' database lives in the memory of one connection, which threads cannot share as they do a file:
    for the time of the block it is a file. On PostgreSQL nothing needs to be done."""
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
    """Lets `act` run in a thread of its own and returns what will come of it."""
    pool = ThreadPoolExecutor(max_workers=1)
    try:
        return pool.submit(_closing, act)
    finally:
        pool.shutdown(wait=False)


def at_once(acts: Sequence[Callable[[], T]]) -> list[T]:
    """Lets all of them start at the same moment and returns what came of each."""
    gate = threading.Barrier(len(acts))

    def through_the_gate(act: Callable[[], T]) -> T:
        gate.wait(timeout=30)
        return act()

    running = [begun(lambda act=act: through_the_gate(act)) for act in acts]  # type: ignore[misc]
    return [future.result(timeout=60) for future in running]


def outcome_of(act: Callable[[], Any]) -> str:
    """Does it and returns what became of it: done, or the name of the refusal."""
    try:
        act()
    except DomainError as refusal:
        return type(refusal).__name__
    return "done"


def waits_for_a_lock(pending: Any) -> None:
    """Returns once somebody waits for a lock, or what is pending is over."""
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
