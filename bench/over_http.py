"""Measurements through a real server: tills and cashiers over HTTP."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from bench import table
from tests.storms.house import THREADS_A_WORKER, WORKERS, Server, Shop
from tests.storms.till import Till

TILLS = 16
PAYMENTS_EACH = 60
BATCHING_TILLS = 4
BATCHES_EACH = 4
BATCH_SIZE = 500
SESSIONS_EACH = 15


def measure(server: Server, shop: Shop) -> None:
    """Measures tills and cashiers over HTTP, and prints their lines of the benchmark table."""
    cashiers = [cashier.devices[0] for cashier in shop.cashiers]
    table.title(
        f"Over HTTP: gunicorn with {WORKERS} workers of {THREADS_A_WORKER} threads; its clients on the same machine"
    )
    per_second(
        f"open and close a drawer, {len(cashiers)} cashiers",
        SESSIONS_EACH * len(cashiers),
        [partial(open_and_close, server, device, station) for station, device in enumerate(cashiers, start=1)],
    )
    with Till(server.port, cashiers[0]) as till:
        expect(till.post("/cash/open", {"start_amount": 100, "station": 1}).status, 200)
    per_second(
        f"payments one by one, {TILLS} tills at one register",
        TILLS * PAYMENTS_EACH,
        [partial(report_singly, server, shop, f"one-{number}") for number in range(TILLS)],
    )
    per_second(
        f"payments in batches of {BATCH_SIZE}, {BATCHING_TILLS} tills at one register",
        BATCHING_TILLS * BATCHES_EACH * BATCH_SIZE,
        [partial(report_in_batches, server, shop, f"batch-{number}") for number in range(BATCHING_TILLS)],
    )


def per_second(what: str, count: int, acts: list[Callable[[], None]]) -> None:
    """Runs the actions in parallel and prints `count` divided by the seconds that they took."""
    begun = time.perf_counter()
    with ThreadPoolExecutor(len(acts)) as threads:
        for done in [threads.submit(act) for act in acts]:
            done.result()
    table.line(what, f"{count / (time.perf_counter() - begun):.0f}", "per s")


def open_and_close(server: Server, device: str, station: int) -> None:
    with Till(server.port, device) as till:
        for _ in range(SESSIONS_EACH):
            expect(till.post("/cash/open", {"start_amount": 100, "station": station}).status, 200)
            expect(till.post("/cash/close", {"final_cash_declared": 100}).status, 200)


def report_singly(server: Server, shop: Shop, name: str) -> None:
    with Till(server.port, shop.key) as till:
        for number in range(PAYMENTS_EACH):
            expect(till.post("/payments", payment(f"{name}-{number}")).status, 201)


def report_in_batches(server: Server, shop: Shop, name: str) -> None:
    with Till(server.port, shop.key) as till:
        for batch in range(BATCHES_EACH):
            payments = [payment(f"{name}-{batch}-{number}") for number in range(BATCH_SIZE)]
            expect(till.post("/payments/batch", {"payments": payments}).status, 200)


def payment(name: str) -> dict[str, object]:
    return {"id": name, "station": 1, "method": "CASH", "currency": "EUR", "amount": 500, "status": "APPROVED"}


def expect(status: int, wanted: int) -> None:
    """Raises RuntimeError if `status` is not `wanted`, so that refused requests are never measured."""
    if status != wanted:
        raise RuntimeError(f"answered {status} instead of {wanted}")
