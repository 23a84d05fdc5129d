"""Run a command with a PostgreSQL to talk to, and leave nothing behind.

    python tests/with_postgres.py [--durable] [--skip-status N] COMMAND...

A DATABASE_URL that names a PostgreSQL server is used as it is. Otherwise a temporary server is made from the newest
binaries on this machine, started on a free port of 127.0.0.1 and handed to the command as DATABASE_URL; it is stopped
and its folder removed however the command ends. The exit status is the command's own.

Where there is neither, one line says so and the status is 0 (or N), unless CI or CASHDESK_REQUIRE_POSTGRES is set:
there a suite that did not run must not look like one that passed, so the status is 1.
"""

import argparse
import contextlib
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

POSTGRES_SCHEMES = ("postgres://", "postgresql://", "psql://", "pgsql://")
BINARIES_NEEDED = ("initdb", "pg_ctl", "postgres", "createdb")
BINARIES_ELSEWHERE = (  # where packagers put servers without putting them on PATH
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/usr/local/pgsql/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)
SETTINGS = {
    "max_connections": "200",  # storms open a connection per thread, times the test workers
    "timezone": "'UTC'",
}
SETTINGS_WITHOUT_DURABILITY = {
    "fsync": "off",
    "synchronous_commit": "off",
    # Statistics that it collects at some moment of the run would change the plans that later tests look at.
    "autovacuum": "off",
    "full_page_writes": "off",
    # Without statistics the planner takes some queries of small tables for huge ones, and compiles them in vain.
    "jit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "256MB",
}
MEMORY = Path("/dev/shm")
MEMORY_NEEDED_BYTES = 2 * 1024**3
SECONDS_TO_END = 20


class Missing(Exception):
    """No PostgreSQL server or binaries were found. The message gives the reason and the remedy."""


class Broken(Exception):
    """PostgreSQL did not start. The message is its output."""


class Stopped(Exception):
    """Somebody stopped this script (Ctrl-C, SIGTERM)."""

    def __init__(self, signal_number: int) -> None:
        super().__init__(signal_number)
        self.signal_number = signal_number


def main() -> int:
    parser = argparse.ArgumentParser(description="Run a command with a PostgreSQL to talk to.")
    parser.add_argument("--durable", action="store_true", help="keep fsync on, as in production: for measuring")
    parser.add_argument("--skip-status", type=int, default=0, metavar="N", help="exit status when skipped (default 0)")
    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="COMMAND")
    options = parser.parse_args()
    if not options.command:
        parser.error("a COMMAND is needed")

    for signal_number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signal_number, raise_stopped)
    try:
        if os.environ.get("DATABASE_URL", "").startswith(POSTGRES_SCHEMES):
            announce("the server that DATABASE_URL names")
            return run(options.command, dict(os.environ))
        with temporary_server(durable=options.durable) as environment:
            return run(options.command, environment)
    except Missing as reason:
        if is_set("CI") or is_set("CASHDESK_REQUIRE_POSTGRES"):
            announce(f"MISSING, and required here - {reason}")
            return 1
        announce(f"SKIPPED - {reason}")
        return int(options.skip_status)
    except Broken as reason:
        announce(f"DID NOT START - {reason}")
        return 1
    except Stopped as stopped:
        return 128 + stopped.signal_number


def announce(sentence: str) -> None:
    print(f"PostgreSQL: {sentence}", flush=True)


def is_set(name: str) -> bool:
    return os.environ.get(name, "").lower() not in ("", "0", "false", "no")


def raise_stopped(signal_number: int, _frame: FrameType | None) -> NoReturn:
    raise Stopped(signal_number)


def run(command: Sequence[str], environment: dict[str, str]) -> int:
    """Run the command to its end and return its status the way a shell would."""
    try:
        process = subprocess.Popen(command, env=environment)
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr)
        return 127
    try:
        status = process.wait()
    except Stopped as stopped:
        # Ctrl-C has reached the command as well (same terminal), and a second one would cut its clean-up short. Any
        # other signal came to this process alone.
        if stopped.signal_number != signal.SIGINT:
            process.terminate()
        end(process)
        raise
    return status if status >= 0 else 128 - status


def end(process: subprocess.Popen[bytes]) -> None:
    for insist in (process.terminate, process.kill):
        try:
            process.wait(timeout=SECONDS_TO_END)
            return
        except subprocess.TimeoutExpired:
            insist()
    process.wait()


@contextlib.contextmanager
def temporary_server(*, durable: bool) -> Iterator[dict[str, str]]:
    """Yield an environment whose DATABASE_URL names a new, empty database "cashdesk" in UTF-8 and the C collation."""
    binaries = newest_binaries()
    owner = unprivileged_owner()
    # Not TMPDIR: it may be too long for a socket's name (about 100 characters), or closed to the server's user.
    # Where durability is measured the folder has to be on a disk, and /tmp is often memory.
    folder = Path(tempfile.mkdtemp(prefix="cashdesk-postgres-", dir="/var/tmp" if durable else quickest_folder()))
    server = Server(binaries=binaries, folder=folder, owner=owner)
    try:
        if owner:
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        server.create(SETTINGS if durable else SETTINGS | SETTINGS_WITHOUT_DURABILITY)
        port = server.start()
        announce(f"{version_of(binaries)}, a temporary server on 127.0.0.1:{port}{' (durable)' if durable else ''}")
        url = f"postgres://cashdesk@127.0.0.1:{port}/cashdesk"
        # Tests may leave databases behind here (tests/database_template.py).
        yield {**server.environment, "DATABASE_URL": url, "CASHDESK_TEST_SERVER_IS_TEMPORARY": "1"}
    finally:
        # A second Ctrl-C must not leave a server running that nobody knows of.
        for signal_number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(signal_number, signal.SIG_IGN)
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def quickest_folder() -> str:
    """Return the folder for a server without durability: in memory if there is enough of it (a container has 64 MB)."""
    is_roomy = os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > MEMORY_NEEDED_BYTES
    return str(MEMORY) if is_roomy else "/tmp"


class Server:
    """One cluster in one folder: data, socket and log."""

    def __init__(self, *, binaries: Path, folder: Path, owner: pwd.struct_passwd | None) -> None:
        self.binaries = binaries
        self.folder = folder
        self.owner = owner
        # A PGSERVICE, PGOPTIONS or PGSSLMODE meant for another server would bend connections to this one.
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}

    def create(self, settings: dict[str, str]) -> None:
        self.call("initdb", "-D", "data", "-U", "cashdesk", "--auth=trust", "-E", "UTF8", "--no-locale", "--no-sync")
        with (self.folder / "data" / "postgresql.conf").open("a") as configuration:
            configuration.writelines(f"{name} = {value}\n" for name, value in settings.items())

    def start(self) -> int:
        """Start on a free port and return it. If another program takes the port first, try again."""
        for attempts_left in (2, 1, 0):
            port = free_port()
            addresses = f"-c listen_addresses=127.0.0.1 -p {port} -k {self.folder}"
            try:
                self.call("pg_ctl", "start", "-D", "data", "-l", "log", "-w", "-t", "60", "-o", addresses)
                break
            except Broken as reason:
                log = self.folder / "log"
                said = log.read_text(errors="replace")[-2000:] if log.exists() else ""
                if not attempts_left or "could not bind" not in said:
                    raise Broken(f"{reason}\n{said}") from None
        self.call("createdb", "-h", "127.0.0.1", "-p", str(port), "-U", "cashdesk", "cashdesk")
        return port

    def stop(self) -> None:
        """Stop at once, because this cluster needs no checkpoint."""
        if not (self.folder / "data" / "postmaster.pid").exists():
            return
        try:
            self.call("pg_ctl", "stop", "-D", "data", "-m", "immediate", "-w", "-t", str(SECONDS_TO_END))
        except Broken as reason:
            announce(f"did not stop - {reason}")

    def call(self, binary: str, *arguments: str) -> None:
        process = subprocess.Popen(
            [self.binaries / binary, *arguments],
            cwd=self.folder,  # the project folder may be closed to the server's user
            env=self.environment,
            user=self.owner.pw_uid if self.owner else None,
            group=self.owner.pw_gid if self.owner else None,
            extra_groups=[] if self.owner else None,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,  # Ctrl-C ends the command first, and only then, through stop(), the server
        )
        try:
            said, _ = process.communicate()
        except Stopped:
            process.communicate()  # a cluster still being written can be neither stopped nor removed
            raise
        if process.returncode != 0:
            raise Broken(f"{binary} failed: {said.strip()}")


def newest_binaries() -> Path:
    """Return the folder of the newest complete set of server binaries."""
    folders = {Path(path).resolve().parent for binary in ("initdb", "postgres") if (path := shutil.which(binary))}
    if pg_config := shutil.which("pg_config"):
        answer = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)
        folders.add(Path(answer.stdout.strip() or "/nonexistent"))
    for pattern in BINARIES_ELSEWHERE:
        folders.update(Path("/").glob(pattern.removeprefix("/")))
    complete = [folder for folder in folders if all(os.access(folder / name, os.X_OK) for name in BINARIES_NEEDED)]
    newest = max(complete, key=lambda folder: major_of(version_of(folder)), default=None)
    if newest is None or not major_of(version_of(newest)):
        raise Missing(
            "no server binaries on this machine, and DATABASE_URL names no PostgreSQL; install the package "
            "(Debian: apt-get install postgresql; macOS: brew install postgresql) or set DATABASE_URL=postgres://..."
        )
    return newest


def version_of(folder: Path) -> str:
    """Return the version of the binaries in this folder, such as "15.8", or "" if they do not run."""
    try:
        answer = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return ""
    stated = re.search(r"\d+(\.\d+)?", answer.stdout)
    return stated.group() if stated else ""


def major_of(version: str) -> int:
    return int(version.partition(".")[0] or 0)


def unprivileged_owner() -> pwd.struct_passwd | None:
    """Return the user that must run the server, or None for the current user. PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise Missing("it refuses to run as root, and there is no user postgres or nobody; run this as another user")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
