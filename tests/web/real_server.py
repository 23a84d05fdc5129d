"""A real gunicorn on the tests' database, for sockets, threads and outages, which Django's test client cannot show."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from django.db import connection

from tests.web.side_by_side import database_for_threads

PROJECT = Path(__file__).resolve().parents[2]
SECONDS_TO_START = 60
SECONDS_TO_STOP = 20


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer, as it came over a socket."""

    status: int
    headers: dict[str, str]
    body: str
    seconds: float


@dataclass(frozen=True, kw_only=True)
class RealServer:
    """A running gunicorn."""

    port: int
    log: Path

    def ask(self, method: str, path: str, *, headers: dict[str, str] | None = None, timeout: float = 60) -> Answer:
        """Sends a request without a body."""
        return self.send(head(method, path, **(headers or {})), timeout=timeout)

    def send(self, *pieces: bytes, timeout: float = 60) -> Answer:
        """Sends these bytes and reads the answer until the connection ends."""
        begun = time.monotonic()
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout) as connected:
            for piece in pieces:
                try:
                    connected.sendall(piece)
                except (BrokenPipeError, ConnectionResetError):
                    break  # answered already
            received = _read_all(connected)
        heading, _blank, body = received.partition(b"\r\n\r\n")
        first, *lines = heading.decode("latin-1").split("\r\n")
        named = [line.partition(": ")[::2] for line in lines]
        return Answer(
            status=int(first.split(" ")[1]) if first else 0,
            headers={name.lower(): value for name, value in named},
            body=body.decode(errors="replace"),
            seconds=time.monotonic() - begun,
        )


def head(method: str, path: str, **headers: str) -> bytes:
    """Returns the head of a request that asks to close the connection; `_` in a header's name stands for `-`."""
    named = {"Host": "localhost", "Connection": "close"}
    named |= {name.replace("_", "-").title(): value for name, value in headers.items()}
    return "\r\n".join(
        [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in named.items()), "", ""]
    ).encode()


def chunked(body: bytes, *, size: int = 7) -> bytes:
    """Returns a body in chunks of this size."""
    chunks = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"


def database_url() -> str:
    """Returns the URL of the database that the test uses."""
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{settings['NAME']}"
    password = f":{quote(settings['PASSWORD'], safe='')}" if settings["PASSWORD"] else ""
    return f"postgres://{settings['USER']}{password}@{settings['HOST']}:{settings['PORT']}/{settings['NAME']}"


@contextmanager
def serving(folder: Path, *, threads: int = 4, url: str = "", **environment: str) -> Iterator[RealServer]:
    """Runs a server on the committed data. On SQLite the tests' database is a file during the block."""
    with database_for_threads(folder):
        log = folder / "gunicorn.log"
        with socket.create_server(("127.0.0.1", 0), backlog=512) as listening, log.open("w") as output:
            server = RealServer(port=listening.getsockname()[1], log=log)
            process = subprocess.Popen(
                _command(listening.fileno(), threads),
                cwd=PROJECT,
                env={**os.environ, "DATABASE_URL": url or database_url(), **environment},
                stdout=output,
                stderr=output,
                pass_fds=[listening.fileno()],
            )
        try:
            assert server.ask("GET", "/livez", timeout=SECONDS_TO_START).status == 200, log.read_text()
            yield server
        finally:
            process.terminate()
            try:
                process.wait(SECONDS_TO_STOP)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _command(listening: int, threads: int) -> Sequence[str]:
    return [
        sys.executable, "-m", "gunicorn", "config.wsgi", f"--bind=fd://{listening}", "--workers=1",
        "--worker-class=config.worker.Worker", f"--threads={threads}", "--no-control-socket", "--graceful-timeout=1",
    ]  # fmt: skip


def _read_all(connected: socket.socket) -> bytes:
    pieces = []
    try:
        while piece := connected.recv(65_536):
            pieces.append(piece)
    except ConnectionResetError:
        pass
    return b"".join(pieces)
