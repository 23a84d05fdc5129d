"""Measures every page of a supervisor on a large chain, and fails if one is slow or reads a whole table.

    python -m bench.supervisor [--stores N] [--days N] [--looks N] [--limit MS] [--only TEXT]

The database in DATABASE_URL is a PostgreSQL that is empty, or has the chain of an earlier run. The time of a page is
the processor time of this process plus that of the database: the median of several looks, after one that is not counted.
Other programs on the machine do not change it. Looks are those of Django's test client, as the owner of the chain and as
the manager of one store.
"""

import argparse
import logging
import os
import platform
import statistics
import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import django

# Models can be imported only after django.setup().
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402

from bench.chain import Chain, build_large_chain, chain_that_is_there  # noqa: E402
from bench.plans import faults_of, large_tables  # noqa: E402
from bench.supervisor_pages import Look, filters_in, pages_of  # noqa: E402
from cashdesk.models import Account, User  # noqa: E402

STORES: Final = 1000
DAYS: Final = 100
LOOKS: Final = 5
LIMIT_MS: Final = 200
LARGE: Final = 10_000
"""No page may read all of a table that grows with the trade and has so many rows."""

FORBIDDEN: Final = 403
OPENED: Final = (200, 302)


@dataclass(slots=True, kw_only=True)
class Cost:
    """What one look cost, in seconds of processor time, and the statements that it ran."""

    cpu: float = 0
    database: float = 0
    statements: list[tuple[str, Any]] = field(default_factory=list)

    @property
    def total(self) -> float:
        """The processor time of this process and of the database."""
        return self.cpu + self.database


def main() -> int:
    """Builds the chain if it is not there, measures every page, and returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench.supervisor", description="Measures pages of supervisors.")
    parser.add_argument("--stores", type=int, default=STORES, metavar="N", help=f"default {STORES}")
    parser.add_argument("--days", type=int, default=DAYS, metavar="N", help=f"days of trade; default {DAYS}")
    parser.add_argument("--looks", type=int, default=LOOKS, metavar="N", help=f"looks at each page; default {LOOKS}")
    parser.add_argument("--limit", type=float, default=LIMIT_MS, metavar="MS", help=f"default {LIMIT_MS}")
    parser.add_argument("--only", default="", metavar="TEXT", help="only pages whose name or path has this text")
    options = parser.parse_args()
    if connection.vendor != "postgresql":
        parser.error("the chain is built in PostgreSQL: DATABASE_URL names another database")
    logging.disable()
    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        # Their time would not count, and other people want these processors too.
        cursor.execute("SET max_parallel_workers_per_gather = 0")
    chain = chain_that_is_there()
    if chain is None and Account.objects.exists():
        parser.error("the database has accounts already: name an empty one in DATABASE_URL")
    begun = time.perf_counter()
    chain = chain or build_large_chain(stores=options.stores, days=options.days)
    print(f"PostgreSQL {connection.pg_version}, Python {platform.python_version()}, {os.cpu_count()} processors")
    print(f"The chain was there after {time.perf_counter() - begun:.0f} s.\n")
    faults = 0
    for person in (chain.owner, chain.manager):
        faults += measure(chain, person, looks=options.looks, limit=options.limit / 1000, only=options.only)
    print(f"\n{faults} faults")
    return 1 if faults else 0


def measure(chain: Chain, person: User, *, looks: int, limit: float, only: str = "") -> int:
    """Measures the pages of one person, prints a line for each, and returns how many are slow or read too much."""
    large = large_tables(LARGE)
    client = Client(headers={"host": "localhost"})
    client.force_login(person)
    faults = 0
    print(f"\n{person}\n{'page':<60} {'answer':>6} {'SQL':>5} {'SQL ms':>8} {'CPU ms':>8} {'ms':>8}")
    waiting = deque(pages_of(chain, person))
    while waiting:
        look = waiting.popleft()
        if only not in f"{look.name} {look.path}":
            continue
        answer, costs = looked_at(client, look, looks)
        if answer.status_code == FORBIDDEN:
            continue
        problems = [
            f"{problem}\n      {sql[:300]}"
            for sql, params in costs[-1].statements
            for problem in faults_of(sql, params, large=large)
        ]
        took = statistics.median(cost.total for cost in costs)
        if answer.status_code not in OPENED:
            problems.append("did not open")
        if took > limit:
            problems.append(f"slower than {limit * 1000:.0f} ms")
        faults += bool(problems)
        database, cpu = (statistics.median(getattr(cost, name) for cost in costs) for name in ("database", "cpu"))
        figures = "".join(f"{one * 1000:>9.1f}" for one in (database, cpu, took))
        print(f"{look.name[:60]:<60} {answer.status_code:>6} {len(costs[-1].statements):>5}{figures}", flush=True)
        for problem in problems:
            print(f"    {problem}", flush=True)
        if person.store is None and "?" not in look.path and look.path.startswith("/admin/"):
            waiting.extendleft(filters_in(answer.content.decode(), look.path))
    return faults


def looked_at(client: Client, look: Look, looks: int) -> tuple[Any, list[Cost]]:
    """Opens a page several times and returns its last answer and what each look cost."""
    client.get(look.path)
    costs = []
    for _ in range(looks):
        cost = Cost()
        database, begun = database_seconds(), time.process_time()
        with connection.execute_wrapper(_counting(cost)):
            answer: Any = client.get(look.path)
        cost.cpu = time.process_time() - begun
        cost.database = database_seconds() - database
        costs.append(cost)
    return answer, costs


def _counting(cost: Cost) -> Callable[..., Any]:
    def counting(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001
        cost.statements.append((sql, params))
        return execute(sql, params, many, context)

    return counting


def database_seconds() -> float:
    """Returns the processor time of this connection's server process so far, as Linux counts it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (process,) = cursor.fetchone()
    nanoseconds, *_ = Path(f"/proc/{process}/schedstat").read_text().split()
    return int(nanoseconds) / 1e9


if __name__ == "__main__":
    sys.exit(main())
