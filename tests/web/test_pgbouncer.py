"""Behind PgBouncer in transaction mode: each transaction may run on another connection of the server."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from cashdesk.enums import PlaceKind, Role
from cashdesk.models import CashSession, Payment, Place
from tests.factories import UserFactory
from tests.stories import caller, make_cast
from tests.web.real_server import PROJECT, RealServer, database_url, head, serving
from tests.with_postgres import free_port, is_set, unprivileged_owner

BINARIES = ("/usr/sbin/pgbouncer", "/usr/local/sbin/pgbouncer", "/usr/bin/pgbouncer")
THREADS = 8
ROUNDS = 5
PAYMENTS_A_ROUND = 5
SERVER_CONNECTIONS = 3
"""Fewer than threads, so that each transaction gets whatever connection is free."""


def binary() -> str:
    """Returns PgBouncer's program. Without it, skips the test, unless every test must run."""
    found = shutil.which("pgbouncer") or next((path for path in BINARIES if Path(path).exists()), "")
    if not found:
        if is_set("CI"):
            pytest.fail("PgBouncer is missing, and required here (Debian: apt-get install pgbouncer).")
        pytest.skip("SKIPPED: there is no PgBouncer here (Debian: apt-get install pgbouncer)")
    return found


@contextmanager
def pgbouncer() -> Iterator[str]:
    """Yields the URL of the tests' database behind a PgBouncer on a free port. It refuses to run as root."""
    program, owner, port = binary(), unprivileged_owner(), free_port()
    settings = connection.settings_dict
    with tempfile.TemporaryDirectory(prefix="cashdesk-pgbouncer-", dir="/tmp") as name:
        folder = Path(name)
        (folder / "users").write_text(f'"{settings["USER"]}" "{settings["PASSWORD"]}"\n')
        (folder / "pgbouncer.ini").write_text(
            f"[databases]\n* = host={settings['HOST']} port={settings['PORT']}\n"
            f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
            f"auth_type = trust\nauth_file = {folder / 'users'}\npool_mode = transaction\n"
            f"default_pool_size = {SERVER_CONNECTIONS}\nmax_client_conn = 100\nlogfile = {folder / 'log'}\n"
        )
        if owner:
            for path in (folder, *folder.iterdir()):
                os.chown(path, owner.pw_uid, owner.pw_gid)
        running = subprocess.Popen(
            [program, "-q", folder / "pgbouncer.ini"],
            user=owner.pw_uid if owner else None,
            group=owner.pw_gid if owner else None,
            extra_groups=[] if owner else None,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
        )
        try:
            _await(port, running, folder / "log")
            yield database_url().replace(f":{settings['PORT']}/", f":{port}/").replace(settings["HOST"], "127.0.0.1")
        finally:
            running.terminate()
            running.wait(20)


def _await(port: int, running: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 20
    while running.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            with suppress(subprocess.TimeoutExpired):
                running.wait(timeout=0.05)
        else:
            return
    raise AssertionError(log.read_text() if log.exists() else "PgBouncer did not start")


def trade(server: RealServer, token: str, station: int) -> list[int]:
    """Opens and closes a drawer again and again, and sells in between. Returns every status."""
    statuses = []

    def post(path: str, body: dict[str, object]) -> None:
        content = json.dumps(body).encode()
        named = {
            "authorization": f"Bearer {token}",
            "content_type": "application/json",
            "content_length": str(len(content)),
        }
        statuses.append(server.send(head("POST", f"/api/v1{path}", **named), content).status)

    for number in range(ROUNDS):
        post("/cash/open", {"start_amount": 10, "station": station})
        for sale in range(PAYMENTS_A_ROUND):
            name = f"{station}-{number}-{sale}"
            post("/payments", {"id": name, "method": "CASH", "currency": "EUR", "amount": 100, "status": "APPROVED"})
        post("/cash/close", {"final_cash_declared": 15})
    return statuses


@pytest.mark.timeout(300)
@pytest.mark.django_db(transaction=True)
def test_trading_behind_a_pooler_of_transactions(tmp_path: Path) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("PgBouncer stands before PostgreSQL")
    cast = make_cast()
    for number in range(3, THREADS + 1):
        Place.objects.create(store=cast.store, kind=PlaceKind.REGISTER, number=number)
    tokens = [caller(UserFactory(store=cast.store, username=f"till{number}")).secret for number in range(THREADS)]
    manager = {"authorization": f"Bearer {caller(UserFactory(store=cast.store, role=Role.MANAGER)).secret}"}
    environment = {"DATABASE_TRANSACTION_POOLING": "true", "LOG_LEVEL": "WARNING"}
    with pgbouncer() as url, serving(tmp_path, threads=THREADS, url=url, **environment) as server:
        with ThreadPoolExecutor(THREADS) as tills:
            running = [tills.submit(trade, server, token, number) for number, token in enumerate(tokens, start=1)]
            statuses = [one.result() for one in running]
        assert statuses == [([200] + [201] * PAYMENTS_A_ROUND + [200]) * ROUNDS] * THREADS, server.log.read_text()[
            -3000:
        ]
        # What is read row by row: a cursor on the server would be lost between two of its fetches.
        today = timezone.now().date().isoformat()
        for path in (
            f"/reports/shift-summary?start_date={today}&end_date={today}&export=csv",
            f"/exports/movements?from={today}&to={today}",
        ):
            assert server.ask("GET", f"/api/v1{path}", headers=manager).status == 200, path
        assert server.ask("GET", "/readyz").status == 200
        proof = subprocess.run(
            [sys.executable, "manage.py", "verify"],
            cwd=PROJECT,
            env={**os.environ, **environment, "DATABASE_URL": url},
            capture_output=True,
            text=True,
            check=False,
        )
    assert (proof.returncode, "correct" in proof.stdout) == (0, True), proof.stderr
    assert Payment.objects.count() == THREADS * ROUNDS * PAYMENTS_A_ROUND == 200
    assert CashSession.objects.filter(difference=0).count() == THREADS * ROUNDS == 40
