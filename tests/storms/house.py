"""A temporary database with shops, and a real gunicorn for it, as the target of storms.

All Django code runs in other processes, so the process of the storm sees only HTTP and the exported rows.
"""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from tests import roles
from tests.real_retail.server import PROJECT, environment, migrate

WORKERS = 2
THREADS_A_WORKER = 8
SECONDS_TO_START = 60
SECONDS_TO_STOP = 20
COMPLAINTS = ("deadlock detected", "database is locked", "lock timeout", "LockNotAvailable", "Traceback")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cashier:
    """A person who works at drawers, signed in on several devices with one token each. `cookie` is for their browser."""

    user_id: int
    devices: tuple[str, ...]
    cookie: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """A store of the temporary database. `key` is an API key that can report its payments."""

    number: str
    manager: str
    manager_cookie: str
    key: str
    cashiers: tuple[Cashier, ...]


class World:
    """The Django side of the storms: `world.py` in a process that answers for all temporary databases."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.storms.world"],
            cwd=PROJECT,
            env=environment(os.environ.get("DATABASE_URL") or "sqlite://:memory:"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, *question: str) -> Any:
        """Returns the answer to a question. Raises RuntimeError if the process ends instead, with the reason in its log."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(question), file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"tests.storms.world ended without an answer to {question}")
        return json.loads(answer)

    def end(self) -> None:
        """Ends the process."""
        self._process.communicate(timeout=SECONDS_TO_STOP)


@contextmanager
def answering() -> Iterator[World]:
    """Runs a world, and ends it."""
    world = World()
    try:
        yield world
    finally:
        world.end()


class House:
    """A temporary, migrated database. Without a `world` it cannot be asked."""

    def __init__(self, *, url: str, folder: Path, world: World | None = None) -> None:
        self.url = url
        self._world = world
        self.folder = folder
        self.is_postgres = is_postgres(url)
        self.environment: Mapping[str, str] = environment(url)

    def make_shops(self, count: int) -> list[Shop]:
        """Creates stores with registers, people and tokens through domain functions."""
        shops = self._ask("shops", str(count))
        return [
            Shop(
                **{
                    **shop,
                    "cashiers": tuple(Cashier(**{**one, "devices": tuple(one["devices"])}) for one in shop["cashiers"]),
                }
            )
            for shop in shops
        ]

    def books(self, shop: Shop) -> dict[str, Any]:
        """Returns every row of a shop that a storm can write, and the result of the check of its seals."""
        rows: dict[str, Any] = self._ask("books", shop.number)
        return rows

    def deadlocks(self) -> int:
        """Returns the number of deadlocks that PostgreSQL has found. Call it after every connection has ended.

        The server counts each deadlock, even if a retry hid it from the caller.
        """
        if not self.is_postgres:
            return 0
        with self.connect() as connection:
            row = connection.execute(
                "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
            ).fetchone()
            return int(row[0]) if row else 0

    def connect(self) -> "psycopg.Connection[Any]":
        """Connects to the PostgreSQL database directly, as a role that can see locks of other connections."""
        return psycopg.connect(_libpq(self.url), options="-c role=none")

    def await_blocked(self, count: int) -> None:
        """Waits until this many connections of the database wait for a lock."""
        deadline = time.monotonic() + SECONDS_TO_START
        with self.connect() as connection:
            connection.autocommit = True
            while time.monotonic() < deadline:
                row = connection.execute(
                    "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
                ).fetchone()
                if row and row[0] >= count:
                    return
        raise AssertionError(f"never were {count} connections waiting for a lock")

    def _ask(self, *question: str) -> Any:
        """Returns the answer of `world.py` to a question."""
        assert self._world is not None
        return self._world.ask(self.url, *question)

    @property
    def copied_from(self) -> str:
        """The file or the database that `temporary_house` copies."""
        return name_in(self.url)


@contextmanager
def temporary_house(folder: Path, *, world: World, like: str = "") -> Iterator[House]:
    """Creates a temporary database: a file in `folder`, or another database on the PostgreSQL server in DATABASE_URL.

    It is migrated, or with `like` a copy of that file or database. Nobody may use it during the copy.
    """
    server = os.environ.get("DATABASE_URL", "")
    if not is_postgres(server):
        file = folder / "storm.sqlite3"
        if like:
            shutil.copyfile(like, file)
        house = House(url=f"sqlite:///{file}", folder=folder, world=world)
        if not like:
            migrate(house.environment)
        yield house
        return
    name = f"cashdesk_storm_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(_libpq(server), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{like or "template1"}"')
    try:
        house = House(url=urlsplit(server)._replace(path=f"/{name}").geturl(), folder=folder, world=world)
        if not like:
            migrate(house.environment)
        roles.hand_over(_libpq(house.url))
        yield house
    finally:
        with psycopg.connect(_libpq(server), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


class Server:
    """A gunicorn as in production, on a free port. `application` is the WSGI application."""

    def __init__(self, house: House, *, application: str = "config.wsgi") -> None:
        self.log = house.folder / f"gunicorn-{uuid.uuid4().hex[:8]}.log"
        # The socket listens before the server starts, which then inherits it: no port can be taken in between, and a
        # request sent at once waits for the first worker instead of being refused.
        with socket.create_server(("127.0.0.1", 0), backlog=512) as listening, self.log.open("w") as output:
            self.port: int = listening.getsockname()[1]
            command = [sys.executable, "-m", "gunicorn", application, f"--bind=fd://{listening.fileno()}"]
            command += [f"--workers={WORKERS}", "--worker-class=config.worker.Worker", f"--threads={THREADS_A_WORKER}"]
            self._process = subprocess.Popen(
                [*command, "--keep-alive=75", "--no-control-socket"],
                cwd=PROJECT,
                env=house.environment,
                stdout=output,
                stderr=output,
                pass_fds=[listening.fileno()],
                start_new_session=True,  # so that kill() reaches the workers with it
            )
        self._await_ready()

    def _await_ready(self) -> None:
        """Waits for the server. The request waits in the queue of the socket; if the server dies, it is refused."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS_TO_START)
        try:
            connection.request("GET", "/readyz")
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != 200:
                raise RuntimeError(f"/readyz: {answer.status} {body.decode()}")
        except (OSError, http.client.HTTPException, RuntimeError) as error:
            self.kill()
            raise RuntimeError(f"The server did not start: {error}\n{self.log.read_text()[-4000:]}") from error
        finally:
            connection.close()

    def complaints(self) -> list[str]:
        """Returns the lines of the server's log that no storm may cause."""
        lines = self.log.read_text(errors="replace").splitlines()
        return [line for line in lines if any(complaint in line for complaint in COMPLAINTS)]

    def stop(self) -> None:
        """Stops the server after its running requests end."""
        self._process.terminate()
        try:
            self._process.wait(SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """Ends master and workers at once, as a power cut does."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


@contextmanager
def serving(house: House, *, application: str = "config.wsgi") -> Iterator[Server]:
    """Runs a server, and stops it at the end."""
    server = Server(house, application=application)
    try:
        yield server
    finally:
        server.stop()


def name_in(url: str) -> str:
    """Returns the file of SQLite, or the database of PostgreSQL, that a DATABASE_URL names."""
    return urlsplit(url).path.removeprefix("/")


def is_postgres(url: str) -> bool:
    """Whether a DATABASE_URL names a PostgreSQL server."""
    return urlsplit(url).scheme in ("postgres", "postgresql", "psql", "pgsql")


def _libpq(url: str) -> str:
    """Returns the URL in the form that libpq accepts."""
    return urlsplit(url)._replace(scheme="postgresql").geturl()
