"""The Django side of a run, in separate processes: the migrations, the world, and a gunicorn on a free port."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
WORKERS = 2
THREADS_A_WORKER = 4
SECONDS_TO_STOP = 20


def environment(database_url: str) -> Mapping[str, str]:
    """Returns the environment of the run's processes: the caller's environment with the database of the run.

    Switches request logs off, because the run would measure their cost too.
    """
    return {
        "LOG_LEVEL": "WARNING",
        **os.environ,
        "DATABASE_URL": database_url,
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }


def migrate(env: Mapping[str, str]) -> None:
    _run(["manage.py", "migrate", "--verbosity", "0"], env)


def ask_world(env: Mapping[str, str], *question: str) -> Any:
    """Returns the output of ``world.py`` for a question, read as JSON."""
    return json.loads(_run(["-m", "tests.real_retail.world", *question], env))


def make_extract(path: Path) -> None:
    """Writes every basket of the package to ``path``. Needs the optional group ``real-retail``."""
    _run(["-m", "tests.real_retail.make_extract", str(path)], os.environ)


@contextmanager
def serving(env: Mapping[str, str], *, log: Path) -> Iterator[int]:
    """Runs a server and yields its port.

    The socket listens before the server starts, and the server inherits it. So no other program can take the port, and
    an early request waits for the first worker.
    """
    with socket.create_server(("127.0.0.1", 0)) as listening, log.open("a") as output:
        port: int = listening.getsockname()[1]
        command = [sys.executable, "-m", "gunicorn", "config.wsgi", f"--bind=fd://{listening.fileno()}"]
        command += [f"--workers={WORKERS}", "--worker-class=config.worker.Worker", f"--threads={THREADS_A_WORKER}"]
        server = subprocess.Popen(
            [*command, "--keep-alive=75", "--no-control-socket"],
            cwd=PROJECT,
            env=env,
            stdout=output,
            stderr=output,
            pass_fds=[listening.fileno()],
            # Ctrl-C is for the player: the server must still answer what is on its way, and is stopped below.
            start_new_session=True,
        )
        listening.close()
        try:
            yield port
        finally:
            server.terminate()
            try:
                server.wait(SECONDS_TO_STOP)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _run(arguments: Sequence[str], env: Mapping[str, str]) -> str:
    """Runs a Python process and returns its standard output. Its errors go to our standard error."""
    return subprocess.run(
        [sys.executable, *arguments], cwd=PROJECT, env=env, check=True, stdout=subprocess.PIPE, text=True
    ).stdout
