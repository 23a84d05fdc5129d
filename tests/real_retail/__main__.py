"""Plays the chain's year, or a part of it, against a server started for the run, and compares to the cent.

    python -m tests.real_retail                            the whole year (optional group ``real-retail``)
    python -m tests.real_retail --stores 3 --days 10       the busiest three stores, their first ten trading days
    python -m tests.real_retail --extract FILE             the baskets of this file instead of the package's

The exit code is 0 when every figure agrees, 1 when one does not, and 2 when the run could not be finished.
"""

import argparse
import hashlib
import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from http.client import HTTPException
from pathlib import Path
from subprocess import CalledProcessError
from typing import Any

from tests.real_retail import server
from tests.real_retail.client import Client, WrongAnswer
from tests.real_retail.compare import Answers, Books, mismatches
from tests.real_retail.journal import Closing, Journal
from tests.real_retail.plan import DayPlan, plan_day
from tests.real_retail.play import listed_closings, play_day
from tests.real_retail.progress import Progress
from tests.real_retail.source import days_by_store, read_baskets

MISMATCHES_SHOWN = 20
WORKDIR = Path("var", "real-retail")
DATABASE = "real-retail.sqlite3"
JOURNAL = "journal"
SERVER_LOG = "server.log"

# By store, in the order in which the stores are begun.
Plans = Mapping[str, Sequence[DayPlan]]


def main() -> int:
    wanted = _arguments()
    # A run that is told to stop ends as one that is interrupted: its server too, and what is finished stays noted.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return _proof(wanted)
    except (WrongAnswer, OSError, HTTPException, CalledProcessError, KeyboardInterrupt) as broken_off:
        print(f"real-retail: broken off. {type(broken_off).__name__}: {broken_off}", file=sys.stderr)
        print(f"What the server said is in {wanted.workdir / SERVER_LOG}; run it again to go on.", file=sys.stderr)
        return 2


def _proof(wanted: argparse.Namespace) -> int:
    workdir: Path = wanted.workdir.resolve()
    workdir.mkdir(parents=True, exist_ok=True)
    if wanted.fresh:
        _forget(workdir)
    plans = _plans(wanted, workdir)
    env = server.environment(os.environ.get("DATABASE_URL") or f"sqlite:///{workdir / DATABASE}")
    with closing(Journal(_journal_of(workdir, os.environ.get("DATABASE_URL", "")))) as journal:
        _refuse_other_days(plans, journal)
        answers, progress = _run(plans, env, journal, clients=wanted.clients, log=workdir / SERVER_LOG)
    return _report(plans, answers, progress)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="real-retail", description="A real shop's year as proof.")
    parser.add_argument("--stores", type=_at_least_one, help="only the busiest so many stores")
    parser.add_argument("--days", type=_at_least_one, help="only the first so many trading days of each store")
    parser.add_argument("--clients", type=_at_least_one, default=8, help="stores played at once (8)")
    parser.add_argument("--extract", type=Path, help="a CSV file of baskets instead of the package's")
    parser.add_argument("--workdir", type=Path, default=WORKDIR, help=f"of journal and database ({WORKDIR})")
    parser.add_argument("--fresh", action="store_true", help="forget an earlier run instead of going on with it")
    return parser.parse_args()


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _journal_of(workdir: Path, database_url: str) -> Path:
    """Returns the path of the journal. Each database has its own journal, because it has its own played days."""
    if not database_url:
        return workdir / f"{JOURNAL}.sqlite3"
    return workdir / f"{JOURNAL}-{hashlib.sha256(database_url.encode()).hexdigest()[:8]}.sqlite3"


def _forget(workdir: Path) -> None:
    """Removes the journals and our own SQLite file. In another database, the next run begins with a new account."""
    for name in (JOURNAL, DATABASE):
        for left in workdir.glob(f"{name}*"):
            left.unlink()


def _plans(wanted: argparse.Namespace, workdir: Path) -> Plans:
    path: Path = wanted.extract or workdir / "baskets.csv"
    if wanted.extract is None and not path.exists():
        server.make_extract(path)
    trade = days_by_store(read_baskets(path), stores=wanted.stores, days=wanted.days)
    return {store: [plan_day(day) for day in days] for store, days in trade.items()}


def _refuse_other_days(plans: Plans, journal: Journal) -> None:
    """Refuses a run without days that were played before, because the books of the store contain them."""
    asked = {(store, plan.day) for store, days in plans.items() for plan in days}
    if any(store in plans and (store, day) not in asked for store, day in journal.closings()):
        raise SystemExit("real-retail: an earlier run went further; ask for as many days, or add --fresh.")


def _run(
    plans: Plans, env: Mapping[str, str], journal: Journal, *, clients: int, log: Path
) -> tuple[Answers, Progress]:
    """Plays the days that are not played yet, and then reads all three sides of the answer."""
    server.migrate(env)
    cashiers = server.ask_world(env, "people", journal.run_name(), *plans)
    with server.serving(env, log=log) as port:
        progress = _play(plans, cashiers, journal, port=port, clients=clients)
        listed = {store: _listed(cashiers[store], port) for store in plans}
    balances = server.ask_world(env, "books", journal.run_name(), *plans)
    books = {store: _books(of_store) for store, of_store in balances.items()}
    return Answers(closed=journal.closings(), listed=listed, books=books), progress


def _play(plans: Plans, cashiers: Mapping[str, Any], journal: Journal, *, port: int, clients: int) -> Progress:
    """Plays stores in parallel, and the days of each store in order. The first wrong answer stops all stores."""
    finished = journal.closings()
    waiting = {store: [plan for plan in days if (store, plan.day) not in finished] for store, days in plans.items()}
    days = sum(map(len, plans.values()))
    progress = Progress(days=days, days_before=days - sum(map(len, waiting.values())))
    stopped = threading.Event()

    def play_store(store: str) -> None:
        cashier = cashiers[store]
        for plan in waiting[store]:
            if stopped.is_set():
                return
            # A connection a day: kept for a whole year, all of them would stay with the worker that was up first.
            with closing(Client(port=port, token=cashier["token"])) as client:
                journal.note(plan, play_day(client, plan, user_id=cashier["user_id"]))
                progress.day_played(payments=plan.payments, requests=client.requests)

    with ThreadPoolExecutor(max_workers=clients) as pool:
        try:
            for played in as_completed([pool.submit(play_store, store) for store in waiting]):
                played.result()
        finally:
            stopped.set()
            pool.shutdown(cancel_futures=True)
            progress.finish()
    return progress


def _listed(cashier: Mapping[str, Any], port: int) -> Sequence[Closing]:
    with closing(Client(port=port, token=cashier["token"])) as client:
        return listed_closings(client, user_id=cashier["user_id"])


def _books(balances: Sequence[Mapping[str, Any]]) -> Books:
    totals: Counter[tuple[str, str]] = Counter()
    for balance in balances:
        totals[balance["place"], balance["method"]] += balance["minor_units"]
    return totals


def _report(plans: Plans, answers: Answers, progress: Progress) -> int:
    wrong = mismatches(plans, answers)
    for mismatch in wrong[:MISMATCHES_SHOWN]:
        print(mismatch)
    if len(wrong) > MISMATCHES_SHOWN:
        print(f"and {len(wrong) - MISMATCHES_SHOWN} more")
    days = sum(map(len, plans.values()))
    payments = sum(plan.payments for of_store in plans.values() for plan in of_store)
    print(
        f"real-retail: {days} store-days, {payments} payments, {len(wrong)} mismatches, {progress.seconds:.0f} s,"
        f" {progress.payments / progress.seconds:.0f} payments/s, {progress.requests / progress.seconds:.0f} requests/s"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
