"""Measurements inside one process, through domain functions.

`python -m bench` runs `python -m bench.inside ROWS` with DATABASE_URL set.
"""

import statistics
import sys
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import django

# Models can be imported only after django.setup().
django.setup()

from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from bench import history, table  # noqa: E402
from cashdesk.domain.caller.principal import SYSTEM, Principal  # noqa: E402
from cashdesk.domain.counting.count import CountedAmount  # noqa: E402
from cashdesk.domain.ledger import ledger  # noqa: E402
from cashdesk.domain.ledger.entry import Entry  # noqa: E402
from cashdesk.domain.ledger.expected import book_of  # noqa: E402
from cashdesk.domain.payment.payment_report import PaymentReport  # noqa: E402
from cashdesk.domain.payment.recording import record_payment  # noqa: E402
from cashdesk.domain.people.access_token import issue_token  # noqa: E402
from cashdesk.domain.people.person import create_person  # noqa: E402
from cashdesk.domain.session.closing import close_session  # noqa: E402
from cashdesk.domain.session.opening import open_session  # noqa: E402
from cashdesk.domain.store.organisation import create_account, create_store  # noqa: E402
from cashdesk.domain.store.place_lock import lock_places  # noqa: E402
from cashdesk.enums import CASH, MovementKind, PaymentStatus, PlaceKind, Role  # noqa: E402
from cashdesk.models import CashSession, Place, Store, User  # noqa: E402
from settlements.domain.closing import close_settlement  # noqa: E402
from settlements.domain.counting import start_counting  # noqa: E402
from settlements.domain.opening import open_settlement  # noqa: E402
from settlements.enums import SettlementType  # noqa: E402

ROWS_SMALL = 1000
REGISTERS = 4
POSTINGS = 300
READINGS = 100
SESSIONS = 60
SETTLEMENTS = 40
THREADS = 8
SECONDS_OF_CONTENTION = 2.0
ROUNDS_OF_CONTENTION = 3
PERIODS = (100, 1000, 10_000)
FLOAT = CountedAmount(currency="EUR", amount=10_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """A store with one cashier."""

    store: Store
    cashier: User
    by: Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class Durations:
    """The durations of the measured actions in seconds: the lower quartile of many runs.

    Other load on the machine only makes a run slower, so the fast runs show the true cost.
    """

    post: float
    open: float
    close: float
    expected: float
    settle: float


def main(rows: int) -> None:
    """Runs the measurements that need no HTTP server, and prints their lines of the benchmark table."""
    by_history(rows)
    by_lock()
    by_period()


def by_history(rows: int) -> None:
    """Compares posting, opening, closing and the expected sum between a short and a long ledger."""
    table.title(f"One connection: a ledger of {rows:,} movements against one of {ROWS_SMALL:,} (promised: near 1)")
    small = measured(make_shop("small", rows=ROWS_SMALL))
    begun = time.perf_counter()
    big_shop = make_shop("big", rows=rows)
    table.line("writing the long history took", f"{time.perf_counter() - begun:.1f}", "s")
    big = measured(big_shop)
    for name, short, long in (
        ("post a payment", small.post, big.post),
        ("open a drawer", small.open, big.open),
        ("close a drawer with 5 sales", small.close, big.close),
        ("expected cash of a session", small.expected, big.expected),
        ("count and close a settlement with 5 sales", small.settle, big.settle),
    ):
        table.ratio(name, long / short, f"{short * 1000:.2f} ms -> {long * 1000:.2f} ms")


def make_shop(number: str, *, rows: int) -> Shop:
    """Creates a store with `rows` movements of history."""
    account = create_account(name=f"Bench {number}")
    store = create_store(
        account=account, number=number, name=number, currency="EUR", time_zone="Europe/Berlin", registers=REGISTERS
    )
    cashier = create_person(
        account=account, store=store, username=number, email=f"{number}@example.com", name=number, role=Role.CASHIER
    )
    history.write_history(store=store, user=cashier, rows=rows)
    history.tidy_tables()
    token, _secret = issue_token(user=cashier, at=timezone.now(), lifetime=timedelta(hours=1))
    return Shop(store=store, cashier=cashier, by=Principal(user=cashier, token=token))


def measured(shop: Shop) -> Durations:
    """Measures sessions on the first register: several sessions with five sales each, then one session with many sales."""
    opens, closes = [], []
    for _ in range(SESSIONS):
        took, session = timed(partial(open_drawer, shop))
        opens.append(took)
        for _ in range(5):
            post(shop)
        closes.append(timed(partial(close_drawer, shop, session))[0])
    session = open_drawer(shop)
    posts = [timed(partial(post, shop))[0] for _ in range(POSTINGS)]
    sums = [timed(partial(book_of, session.register))[0] for _ in range(POSTINGS)]
    close_drawer(shop, session)
    vault = [CountedAmount(currency="EUR", amount=0)]
    open_settlement(type=SettlementType.VAULT, store=shop.store, initial=vault, by=SYSTEM, at=timezone.now())
    return Durations(
        post=quickly(posts),
        open=quickly(opens),
        close=quickly(closes),
        expected=quickly(sums),
        settle=quickly([settle(shop) for _ in range(SETTLEMENTS)]),
    )


def settle(shop: Shop) -> float:
    """Opens a register settlement and sells five times. Returns the seconds for counting and closing the settlement."""
    at = timezone.now()
    settlement = open_settlement(
        type=SettlementType.CASHREGISTER, store=shop.store, initial=[FLOAT], by=shop.by, at=at, station=2
    )
    for _ in range(5):
        post(shop, station=2)

    def count() -> None:
        start_counting(settlement=settlement, by=shop.by, at=timezone.now())
        close_settlement(settlement=settlement, counted=[FLOAT], by=shop.by, at=timezone.now())

    return timed(count)[0]


def quickly(durations: list[float]) -> float:
    """Returns the lower quartile of several durations."""
    return statistics.quantiles(durations, n=4)[0]


def timed(act: Callable[[], Any]) -> tuple[float, Any]:
    """Runs `act`. Returns its duration in seconds, and its result."""
    begun = time.perf_counter()
    made = act()
    return time.perf_counter() - begun, made


def open_drawer(shop: Shop, *, station: int = 1) -> CashSession:
    return open_session(user=shop.cashier, counted=FLOAT, by=shop.by, at=timezone.now(), station=station)


def close_drawer(shop: Shop, session: CashSession) -> None:
    """Closes the session with the float as the count, whatever was sold."""
    close_session(session=session, counted=FLOAT, by=shop.by, at=timezone.now())


def post(shop: Shop, *, station: int | None = None) -> None:
    """Reports one cash sale."""
    report = PaymentReport(
        id=uuid.uuid4().hex, method=CASH, currency="EUR", amount=500, status=PaymentStatus.APPROVED, station=station
    )
    record_payment(report=report, by=shop.by, at=timezone.now())


def by_lock() -> None:
    """Compares two ways to post from several threads to one register.

    The guarded INSERT is the way of the domain. The other way takes an exclusive lock on the register first.
    """
    if connection.vendor != "postgresql":
        return
    table.title(f"{THREADS} threads posting to one register")
    shop = make_shop("contention", rows=ROWS_SMALL)
    session = open_drawer(shop)
    guarded, exclusive = [], []
    for _ in range(ROUNDS_OF_CONTENTION):
        guarded.append(rate_of(partial(post_guarded, shop, session)))
        exclusive.append(rate_of(partial(post_exclusive, shop, session)))
    shared_rate, exclusive_rate = statistics.median(guarded), statistics.median(exclusive)
    table.line("guarded INSERT, register taken FOR SHARE", f"{shared_rate:.0f}", "per s")
    table.line("register taken for oneself first", f"{exclusive_rate:.0f}", "per s")
    table.ratio("the guarded INSERT is faster", shared_rate / exclusive_rate)


def rate_of(act: Callable[[], None]) -> float:
    """Runs `act` in several threads and returns the number of runs per second."""
    start = threading.Barrier(THREADS + 1)
    done = [0] * THREADS
    end = threading.Event()

    def repeat(number: int) -> None:
        act()  # connects and prepares the statements
        start.wait()
        while not end.is_set():
            act()
            done[number] += 1
        connection.close()

    threads = [threading.Thread(target=repeat, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    start.wait()
    begun = time.perf_counter()
    end.wait(SECONDS_OF_CONTENTION)
    end.set()
    for thread in threads:
        thread.join()
    return sum(done) / (time.perf_counter() - begun)


def post_guarded(shop: Shop, session: CashSession) -> None:
    """Records one movement as `domain.payment.recording` does."""
    with transaction.atomic():
        register = Place.objects.get(pk=session.register_id)
        ledger.record(store=shop.store, entries=[sale(session)], by=shop.by, at=timezone.now(), guard=register)


def post_exclusive(shop: Shop, session: CashSession) -> None:
    """Records one movement under an exclusive lock on the register."""
    with transaction.atomic():
        lock_places(exclusive=[session.register])
        ledger.record(store=shop.store, entries=[sale(session)], by=shop.by, at=timezone.now())


def sale(session: CashSession) -> Entry:
    """Builds the ledger entry of a cash sale in a session. The sale has no payment."""
    return Entry(
        source=CUSTOMERS_OF[session.store_id],
        destination=session.register,
        amount=500,
        currency="EUR",
        method=CASH,
        kind=MovementKind.SALE,
        occurred_at=timezone.now(),
        session=session,
    )


class _CustomersOfStores(dict[int, Place]):
    """Caches the customers place of each store."""

    def __missing__(self, store_id: int) -> Place:
        self[store_id] = Place.objects.get(store_id=store_id, kind=PlaceKind.CUSTOMERS)
        return self[store_id]


CUSTOMERS_OF = _CustomersOfStores()


def by_period() -> None:
    """Measures the expected sum for periods of different lengths."""
    table.title("The expected sum follows its own period, from the indexes alone")
    for number, rows in enumerate(PERIODS, start=1):
        shop = make_shop(f"period-{number}", rows=ROWS_SMALL)
        session = open_drawer(shop)
        history.write_running_sales(session=session, rows=rows)
        history.tidy_tables()
        took = quickly([timed(partial(book_of, session.register))[0] for _ in range(READINGS)])
        table.milliseconds(f"period of {rows:,} movements", took, plan_of_expected(session.register))


def plan_of_expected(register: Place) -> str:
    """Returns how many of the reads for the sum use only an index."""
    statements: list[tuple[str, Any]] = []

    def noting(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001
        if "UNION ALL" in sql:
            statements.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(noting):
        book_of(register)
    ((sql, params),) = statements
    explain = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
    with connection.cursor() as cursor:
        cursor.execute(f"{explain} {sql}", params)
        lines = [str(row[-1]) for row in cursor.fetchall()]
    reads = [line for line in lines if "Scan" in line or line.startswith("SEARCH")]
    covered = [line for line in reads if "Index Only Scan" in line or "COVERING INDEX" in line]
    return f"{len(covered)} of {len(reads)} reads from an index alone"


if __name__ == "__main__":
    main(int(sys.argv[1]))
