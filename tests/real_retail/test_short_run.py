"""A few days of the extract, played through a real server exactly like the whole year.

The test runs the program as a person does and judges its output. It plays the days once. Each test then continues from
a copy of the journal and the database, because the continuation must be tested too.
"""

import csv
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from django.db import connection

from tests.real_retail.__main__ import DATABASE
from tests.real_retail.plan import method_of
from tests.real_retail.server import PROJECT
from tests.real_retail.source import COLUMNS, dollars_of, read_baskets

# The program has a SQLite database of its own, whatever the suite runs on. Once is enough.
pytestmark = pytest.mark.skipif(connection.vendor != "sqlite", reason="The program does the same in every suite")

EXTRACT = Path(__file__).parent / "extract" / "store-367-2017-06.csv"
DAYS = 5
PAYMENTS = 62


def played(workdir: Path, *, days: int = DAYS, extract: Path = EXTRACT) -> subprocess.CompletedProcess[str]:
    """The finished program. It has its own database, whatever database the suite uses."""
    asked = [f"--extract={extract}", f"--days={days}", f"--workdir={workdir}"]
    env = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return subprocess.run(
        [sys.executable, "-m", "tests.real_retail", *asked],
        cwd=PROJECT,
        env=env,
        check=False,
        capture_output=True,
        text=True,
    )


def changed(workdir: Path, statement: str) -> None:
    with closing(sqlite3.connect(workdir / "journal.sqlite3")) as journal, journal:
        assert journal.execute(statement).rowcount == 1


def falsified(extract: Path, copy: Path) -> Path:
    """The extract with its first cash basket one cent above the reported amount."""
    baskets = read_baskets(extract)
    false = next(basket for basket in baskets if method_of(basket) == "CASH")
    with extract.open(newline="") as source, copy.open("w", newline="") as target:
        rows = csv.DictWriter(target, COLUMNS)
        rows.writeheader()
        for row in csv.DictReader(source):
            if row["basket_id"] == false.basket_id:
                row["total"] = str(dollars_of(false.total_cents + 1))
            rows.writerow(row)
    return copy


@pytest.fixture(scope="module")
def first_run(
    migrated_database: str, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """The workdir and the output of a run, which migrates its database unless there is one to copy."""
    workdir = tmp_path_factory.mktemp("real-retail")
    if migrated_database:
        shutil.copyfile(migrated_database, workdir / DATABASE)
    return workdir, played(workdir)


@pytest.fixture
def workdir(first_run: tuple[Path, subprocess.CompletedProcess[str]], tmp_path: Path) -> Path:
    """A copy of the files of the first run, to continue from."""
    return shutil.copytree(first_run[0], tmp_path / "real-retail")


def test_every_figure_agrees(first_run: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    _, run = first_run

    assert run.returncode == 0, run.stdout + run.stderr
    assert re.fullmatch(
        rf"real-retail: {DAYS} store-days, {PAYMENTS} payments, 0 mismatches, \d+ s, \d+ payments/s, \d+ requests/s\n",
        run.stdout,
    )


def test_going_on_books_nothing_twice_and_finds_what_was_falsified(workdir: Path, tmp_path: Path) -> None:
    """One day was closed but is not in the journal, as after a kill. It is played again, and no difference is reported for it."""
    changed(workdir, "DELETE FROM finished WHERE day = '2017-06-03'")
    changed(workdir, "UPDATE finished SET declared_cents = declared_cents + 1 WHERE day = '2017-06-04'")

    run = played(workdir, extract=falsified(EXTRACT, tmp_path / "false.csv"))

    assert run.returncode == 1, run.stdout + run.stderr
    assert f"{DAYS}/{DAYS} store-days" in run.stderr
    found = [line.partition(" is ")[0] for line in run.stdout.splitlines()[:-1]]
    assert found == [
        "store 367 on 2017-06-01, at its close: expected",
        "store 367 on 2017-06-01, at its close: declared",
        "store 367 on 2017-06-01, in the list: expected",
        "store 367 on 2017-06-01, in the list: declared",
        "store 367 on 2017-06-04, at its close: declared",
        "store 367: CUSTOMERS CASH",
        "store 367: VAULT CASH",
    ]


def test_fewer_days_than_were_played_are_refused(workdir: Path) -> None:
    run = played(workdir, days=DAYS - 1)

    assert run.returncode == 1
    assert "add --fresh" in run.stderr
