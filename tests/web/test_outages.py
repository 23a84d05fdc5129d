"""The database is locked, read-only, restarted, stopped or hung: reads continue if possible, and all else fails fast
with 503.
"""

import json
import os
import signal
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection, connections, transaction
from django.test import Client
from django.utils import timezone

from cashdesk.domain.people import token_last_use as last_use
from cashdesk.models import AccessToken, BrowserSession, SignInAttempt, User
from tests.stories import caller, exact, make_cast
from tests.web.real_server import Answer, RealServer, database_url, head, serving
from tests.web.side_by_side import begun, database_for_threads
from tests.with_postgres import SETTINGS, SETTINGS_WITHOUT_DURABILITY, Server, newest_binaries, unprivileged_owner

OPEN = json.dumps({"start_amount": 1}).encode()


@pytest.fixture(autouse=True)
def _nothing_was_refused_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(last_use, "_not_before", 0.0)


def signed_in(user: User) -> Client:
    """A browser with an old session. Its next request would extend the session."""
    browser = Client(raise_request_exception=False)
    browser.force_login(user)
    BrowserSession.objects.update(expire_date=timezone.now() + timedelta(minutes=5))
    return browser


# --- A database that takes no writes -------------------------------------------------------------------------------------


@contextmanager
def read_only() -> Iterator[None]:
    """Makes the connection of the test read-only, as after a fail-over."""
    if connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL transaction_read_only = on")
            yield
            transaction.set_rollback(True)  # which makes it writable again
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA query_only = on")
        try:
            yield
        finally:
            cursor.execute("PRAGMA query_only = off")


@pytest.mark.django_db(transaction=True)
def test_a_read_goes_on_where_nothing_can_be_written() -> None:
    cast = make_cast()
    carla = caller(cast.carla)
    carla.client.raise_request_exception = False
    browser = signed_in(cast.carla)
    with read_only():
        assert browser.get("/desk").status_code == 200
        assert carla.get("/cash/sessions").status_code == 200
        refused = carla.post("/cash/open", {"start_amount": 1})
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
        assert exact(refused)["detail"].startswith("The database takes no changes right now.")
    assert AccessToken.objects.filter(user=cast.carla, last_used_at__isnull=True).exists()


@pytest.mark.django_db
def test_it_is_not_ready_where_nothing_can_be_written() -> None:
    with read_only():
        ready = Client().get("/readyz")
    assert ready.status_code == 503
    assert ready.json()["checks"] == {"database": True, "migrations": True, "triggers": True, "writable": False}


@pytest.mark.django_db
def test_asking_whether_it_may_write_leaves_nothing_behind() -> None:
    SignInAttempt.objects.create(identifier_digest="x", address="10.0.0.1", at="2026-03-01T00:00Z")
    assert Client().get("/readyz").json()["checks"]["writable"] is True
    assert SignInAttempt.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_last_use_that_could_not_be_noted_is_not_tried_again_at_once() -> None:
    carla = caller(make_cast().carla)
    with read_only():
        carla.get("/cash/sessions")
    assert last_use._not_before > time.monotonic() + 30


# --- SQLite that somebody else has locked -----------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("lock", ["IMMEDIATE", "EXCLUSIVE"])
def test_a_locked_file_holds_up_no_read(tmp_path: Path, lock: str) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("only SQLite has one lock for all writers")
    cast = make_cast()
    carla, client, browser = caller(cast.carla), Client(raise_request_exception=False), signed_in(cast.carla)
    with database_for_threads(tmp_path):
        connections["default"].ensure_connection()
        holder = sqlite3.connect(connections["default"].settings_dict["NAME"], isolation_level=None)
        holder.execute(f"BEGIN {lock}")
        begun_at = time.monotonic()
        read = begun(lambda: carla.get("/cash/sessions")).result(timeout=60)
        ready = begun(lambda: client.get("/readyz")).result(timeout=60)
        page = begun(lambda: browser.get("/desk")).result(timeout=60)
        seconds = time.monotonic() - begun_at
        holder.rollback()
        holder.close()
    assert (read.status_code, ready.status_code, page.status_code) == (200, 200, 200), ready.content
    assert seconds < 5


@pytest.mark.django_db(transaction=True)
def test_it_lives_while_every_thread_waits_for_a_locked_file(tmp_path: Path) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("only SQLite has one lock for all writers")
    cast = make_cast()
    token = caller(cast.carla).secret
    with serving(tmp_path, threads=2, LOG_LEVEL="WARNING") as server, ThreadPoolExecutor(6) as tills:
        assert server.ask("GET", "/readyz").status == 200  # which puts the file into WAL mode
        holder = sqlite3.connect(tmp_path / "threads.sqlite3", isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        waiting = [tills.submit(opened, server, token) for _ in range(6)]
        assert not wait(waiting, timeout=1).done
        alive = server.ask("GET", "/livez", timeout=15)
        holder.rollback()
        holder.close()
        assert (alive.status, alive.seconds < 2) == (200, True)
        assert sorted(one.result().status for one in waiting)[0] == 200


def opened(server: RealServer, token: str) -> Answer:
    headers = {"authorization": f"Bearer {token}", "content_type": "application/json", "content_length": str(len(OPEN))}
    return server.send(head("POST", "/api/v1/cash/open", **headers), OPEN)


# --- A PostgreSQL that is restarted, stopped, hung and read-only ------------------------------------------------------------


class OwnPostgres:
    """A PostgreSQL server of the test with a copy of its committed data. The test may stop it."""

    def __init__(self, folder: Path) -> None:
        self.server = Server(binaries=newest_binaries(), folder=folder, owner=unprivileged_owner())
        self.server.create(SETTINGS | SETTINGS_WITHOUT_DURABILITY)
        self.port = self.server.start()
        self.url = f"postgres://cashdesk@127.0.0.1:{self.port}/cashdesk"
        binaries = self.server.binaries
        dump = [
            binaries / "pg_dump",
            "--no-owner",
            "--no-privileges",
            # The tests' own role may not read the sequences.
            f"--role={connection.settings_dict['USER']}",
            database_url().replace("postgres://", "postgresql://"),
        ]
        copy = subprocess.run(dump, check=True, capture_output=True).stdout
        target = [
            binaries / "psql",
            "--quiet",
            "--set=ON_ERROR_STOP=1",
            self.url.replace("postgres://", "postgresql://"),
        ]
        subprocess.run(target, input=copy, check=True, capture_output=True)

    def call(self, what: str, *more: str) -> None:
        self.server.call("pg_ctl", what, "-D", "data", "-w", "-t", "30", *more)

    def processes(self) -> list[int]:
        """The postmaster and all its child processes."""
        postmaster = int((self.server.folder / "data" / "postmaster.pid").read_text().split("\n")[0])
        children = subprocess.run(
            ["ps", "--ppid", str(postmaster), "-o", "pid="], capture_output=True, text=True, check=False
        )
        return [postmaster, *(int(pid) for pid in children.stdout.split())]

    @contextmanager
    def hung(self) -> Iterator[None]:
        """Stops every process of the server, as a disk without answers does."""
        stopped = self.processes()
        for process in stopped:
            os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            for process in stopped:
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGCONT)

    def make_read_only(self) -> None:
        with psycopg.connect(self.url.replace("postgres://", "postgresql://"), autocommit=True) as administrator:
            administrator.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        self.call("restart", "-m", "fast", "-l", "log")


@pytest.fixture
def own_postgres(transactional_db: None) -> Iterator[Callable[[], OwnPostgres]]:
    if connection.vendor != "postgresql":
        pytest.skip("only PostgreSQL is a server")
    made: list[OwnPostgres] = []
    with tempfile.TemporaryDirectory(prefix="cashdesk-outage-", dir="/tmp") as folder:
        owner = unprivileged_owner()
        if owner:
            os.chown(folder, owner.pw_uid, owner.pw_gid)

        def make() -> OwnPostgres:
            made.append(OwnPostgres(Path(folder)))
            return made[0]

        yield make
        for one in made:
            one.server.stop()


def ask_at_once(server: RealServer, count: int, ask: Callable[[], Answer]) -> list[Answer]:
    """Sends requests from eight threads, and asks for the health of the server meanwhile."""
    answers: list[Answer] = []
    with ThreadPoolExecutor(8) as threads:
        running = [threads.submit(ask) for _ in range(count)]
        alive = server.ask("GET", "/livez", timeout=15)
        answers = [one.result() for one in running]
    assert (alive.status, alive.seconds < 2) == (200, True), alive
    return answers


@pytest.mark.timeout(240)
def test_outages_of_postgresql(tmp_path: Path, own_postgres: Callable[[], OwnPostgres]) -> None:
    cast = make_cast()
    token = {"authorization": f"Bearer {caller(cast.carla).secret}"}
    database = own_postgres()
    with serving(tmp_path, threads=8, url=database.url) as server:

        def read() -> Answer:
            return server.ask("GET", "/api/v1/cash/sessions", headers=token)

        assert {one.status for one in ask_at_once(server, 32, read)} == {200}

        database.call("restart", "-m", "fast", "-l", "log")
        after_restart = [server.ask("GET", "/readyz"), *ask_at_once(server, 32, read)]
        assert [one.status for one in after_restart] == [200] * 33

        database.call("stop", "-m", "fast")
        _it_fails_fast(server, read)
        database.call("restart", "-l", "log")  # with the options that it was started with
        _it_recovers(read)

        with database.hung(), ThreadPoolExecutor(16) as threads:
            waiting = [threads.submit(read) for _ in range(16)]
            assert not wait(waiting, timeout=1).done
            alive = server.ask("GET", "/livez", timeout=15)
            assert (alive.status, alive.seconds < 2) == (200, True), alive
            for process in database.processes():
                os.kill(process, signal.SIGCONT)
            assert {one.result().status for one in waiting} <= {200, 503}
        _it_recovers(read)

        database.make_read_only()
        assert {one.status for one in ask_at_once(server, 16, read)} == {200}
        refused = opened(server, token["authorization"].split()[1])
        assert (refused.status, refused.headers["retry-after"]) == (503, "1")
        ready = server.ask("GET", "/readyz")
        assert (ready.status, json.loads(ready.body)["checks"]["writable"]) == (503, False)
        log = server.log.read_text()
    _each_request_ended_once(log)


def _it_fails_fast(server: RealServer, read: Callable[[], Answer]) -> None:
    refused = ask_at_once(server, 48, read)
    assert {one.status for one in refused} == {503}
    assert {one.headers["retry-after"] for one in refused} == {"1"}
    assert {tuple(json.loads(one.body)) for one in refused} == {("detail",)}
    # Under load a thread of the tests may wait for its turn; each of 48 used to wait 20 s in the server.
    assert max(one.seconds for one in refused) < 8
    assert sorted(one.seconds for one in refused)[24] < 3
    for path in ("/desk", "/sign-in"):
        page = server.ask("GET", path, headers={"cookie": "sessionid=abcdefghijklmnopqrstuvwxyz012345"})
        assert (path, page.status, page.headers.get("retry-after")) == (path, 503, "1")
        assert page.headers["content-type"].startswith("text/html")
    ready = server.ask("GET", "/readyz")
    assert (ready.status, set(json.loads(ready.body)["checks"].values())) == (503, {False})


def _it_recovers(read: Callable[[], Answer]) -> None:
    deadline = time.monotonic() + 10
    while read().status != 200:
        assert time.monotonic() < deadline, "it did not come back"
    assert [read().status for _ in range(8)] == [200] * 8


def _each_request_ended_once(log: str) -> None:
    assert "Service Unavailable" not in log  # Django's own words for what the lines say already
    lines: list[dict[str, Any]] = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    started = [line["request_id"] for line in lines if line["event"] == "request_started"]
    ended = [line["request_id"] for line in lines if line["event"] == "request_finished"]
    assert len(started) > 150
    assert sorted(started) == sorted(ended)
