"""Measures the speed targets in a temporary database and prints one table.

    python -m bench [--rows N] [--roads]

The database is on the server in DATABASE_URL, or is an SQLite file in a temporary folder. It is removed at the end.
Compare figures only within one run, never between machines. The exit status is 1 only after an error, whatever the
figures are.
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

from bench import over_http
from tests.storms.house import House, answering, serving, temporary_house

ROWS = 200_000
ROWS_MIN = 1000


def main() -> int:
    """Runs all parts and returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measures the promises about speed.")
    parser.add_argument(
        "--rows", type=int, default=ROWS, metavar="N", help=f"movements in the long ledger (default {ROWS})"
    )
    parser.add_argument("--roads", action="store_true", help="only the cost of each busy call, and its statements")
    told = parser.parse_args()
    rows = told.rows
    if rows < ROWS_MIN:
        parser.error(f"--rows is at least {ROWS_MIN}")
    with (
        tempfile.TemporaryDirectory(prefix="cashdesk-bench-") as folder,
        answering() as world,
        temporary_house(Path(folder), world=world) as house,
    ):
        print(f"Cashdesk on {database_of(house)}, Python {platform.python_version()}, {os.cpu_count()} processors")
        # The log of each request is a part of its cost, and nobody reads it here.
        logged = {**house.environment, "LOG_LEVEL": "INFO"}
        statements = ["--statements"] if told.roads else []
        roads = subprocess.run(
            [sys.executable, "-m", "bench.by_road", *statements], env=logged, stderr=None, check=False
        )
        if told.roads:
            return roads.returncode
        with serving(house) as server:
            over_http.measure(server, house.make_shops(1)[0])
            complaints = server.complaints()
        inside = subprocess.run([sys.executable, "-m", "bench.inside", str(rows)], env=house.environment, check=False)
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    return 1 if complaints or roads.returncode or inside.returncode else 0


def database_of(house: House) -> str:
    """Returns the name and version of the measured database."""
    if not house.is_postgres:
        return "SQLite"
    with house.connect() as connection:
        row = connection.execute("SHOW server_version").fetchone()
        synchronous = connection.execute("SHOW fsync").fetchone()
    return f"PostgreSQL {row[0] if row else ''} (fsync {synchronous[0] if synchronous else ''})"


if __name__ == "__main__":
    sys.exit(main())
