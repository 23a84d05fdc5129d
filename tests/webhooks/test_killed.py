"""Workers and the receiver are killed at random: every event arrives, in the order of its place.

The processes are real and get SIGKILL. Then the receiver's own notes are compared with what happened.
"""

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

import pytest
from django.db import connection
from django.utils import timezone

from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import DeliveryState
from cashdesk.models import Event, WebhookDelivery
from cashdesk.web.webhooks.endpoint import add_endpoint
from tests.lengths import length
from tests.stories import Cast, make_cast
from tests.web.real_server import PROJECT, database_url
from tests.web.side_by_side import database_for_threads
from tests.webhooks.sending import happened, ids

KILLS = length(short=2, long=150)
EVENTS_BETWEEN = 6
PLACES = (1, 2, None)
SECONDS_TO_ARRIVE = 60


class Mortal:
    """A process that is killed and started again."""

    def __init__(self, *arguments: str, complaints: IO[bytes], **environment: str) -> None:
        self._arguments, self._environment, self._complaints = arguments, environment, complaints
        self._process = self._start()

    def _start(self) -> "subprocess.Popen[bytes]":
        env = {**os.environ, **self._environment}
        return subprocess.Popen([sys.executable, "-m", *self._arguments], cwd=PROJECT, env=env, stderr=self._complaints)

    def kill(self) -> None:
        """Kills it with SIGKILL and starts it again."""
        self.tell(signal.SIGKILL)
        self.status()
        self._process = self._start()

    def tell(self, number: signal.Signals) -> None:
        """Sends a signal."""
        self._process.send_signal(number)

    def status(self) -> int:
        """Waits for its end and returns the exit status."""
        return self._process.wait(timeout=60)


@contextmanager
def mortal(folder: Path, *arguments: str, **environment: str) -> Iterator[Mortal]:
    """Runs a process until the end of the block. The file `complaints` in the folder has its errors."""
    with (folder / "complaints").open("ab") as complaints:
        process = Mortal(*arguments, complaints=complaints, **environment)
        try:
            yield process
        finally:
            process.tell(signal.SIGKILL)
            process.status()


def until(number: Callable[[], int], wanted: int) -> None:
    """Waits until a number has grown to `wanted`. Fails if it does not grow for SECONDS_TO_ARRIVE."""
    pause, reached, ends = threading.Event(), number(), time.monotonic() + SECONDS_TO_ARRIVE
    while reached < wanted:
        pause.wait(0.02)
        if (now := number()) > reached:
            reached, ends = now, time.monotonic() + SECONDS_TO_ARRIVE
        assert time.monotonic() < ends, f"nothing arrives any more after {reached} of {wanted}"


def free_port() -> int:
    """Returns a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@pytest.fixture
def shop(transactional_db: None, settings: object) -> Cast:
    """A shop whose rows other processes see."""
    settings.WEBHOOK_ALLOW_HTTP = settings.WEBHOOK_ALLOW_PRIVATE_ADDRESSES = True
    return make_cast()


ALLOWED = {"WEBHOOK_ALLOW_HTTP": "true", "WEBHOOK_ALLOW_PRIVATE_ADDRESSES": "true", "LOG_LEVEL": "ERROR"}


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_every_event_arrives_in_order_whoever_is_killed(shop: Cast, tmp_path: Path) -> None:
    chance = random.Random(20260310)
    port, notes = free_port(), tmp_path / "notes"
    notes.touch()
    with database_for_threads(tmp_path), ExitStack() as stack:
        for path in ("/a", "/b"):
            add_endpoint(
                account=shop.store.account,
                url=f"http://127.0.0.1:{port}{path}",
                by=Principal(user=shop.anna),
                at=timezone.now(),
            )
        receiver = stack.enter_context(mortal(tmp_path, "tests.webhooks.mortal_receiver", str(port), str(notes)))
        workers = [
            stack.enter_context(mortal(tmp_path, "tests.webhooks.quick_worker", DATABASE_URL=database_url(), **ALLOWED))
            for _worker in range(2)
        ]
        events: list[tuple[int | None, Event]] = []
        for kill in range(KILLS):
            stations = chance.choices(PLACES, k=EVENTS_BETWEEN)
            events.extend((station, happened(shop.store, station=station)) for station in stations)
            until(lambda: notes.stat().st_size, notes.stat().st_size + 1)
            (workers[0], receiver, chance.choice([receiver, *workers]))[min(kill, 2)].kill()
        arrived = WebhookDelivery.objects.filter(state=DeliveryState.DELIVERED)
        until(arrived.count, 2 * len(events))
        connection.close()
    assert "Traceback" not in (tmp_path / "complaints").read_text()
    lines = [tuple(line.split(" ")) for line in notes.read_text().splitlines()]
    for path in ("/a", "/b"):
        for station in PLACES:
            got = list(dict.fromkeys(uid for where, at, uid in lines if (where, at) == (path, str(station))))
            assert got == ids(*(event for place, event in events if place == station)), (path, station)


def test_a_worker_that_is_told_to_stop_ends_what_it_began(shop: Cast, tmp_path: Path) -> None:
    arrived, may_answer = threading.Event(), threading.Event()

    def serve(listening: socket.socket) -> None:
        with listening, listening.accept()[0] as line:
            line.recv(65_536)
            arrived.set()
            may_answer.wait(30)
            line.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    listening = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
    with database_for_threads(tmp_path):
        add_endpoint(account=shop.store.account, url=url, by=Principal(user=shop.anna), at=timezone.now())
        happened(shop.store)
        thread = threading.Thread(target=serve, args=[listening], daemon=True)
        thread.start()
        with mortal(tmp_path, "tests.webhooks.quick_worker", DATABASE_URL=database_url(), **ALLOWED) as worker:
            assert arrived.wait(60)
            worker.tell(signal.SIGTERM)
            may_answer.set()
            assert worker.status() == 0
        thread.join()
        assert WebhookDelivery.objects.get().state == DeliveryState.DELIVERED
        connection.close()
