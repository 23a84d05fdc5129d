"""Plans the actions of a cashier for a store's day, from its baskets alone.

A digest of the basket, or of store and day, decides everything that the source does not contain: payment in cash, the
float, the drops, and the error of the count. So a killed run makes the same requests again, and the comparison knows
the figures without the server.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from tests.real_retail.source import Basket, StoreDay

Method = Literal["CASH", "CARD"]

FLOATS_CENTS = (100_00, 150_00, 200_00)
NOTE_TENDERED_CENTS = 5_00
DROP_ABOVE_CENTS = 100_00
NOTE_DROPPED_CENTS = 20_00
DIFFERENCE_AT_MOST_CENTS = 5_00
BATCH_AT_MOST = 10
ONE_BATCH_REPEATED_IN = 20


@dataclass(frozen=True, slots=True)
class Payment:
    """A basket as the till reports it. Only cash has ``tendered`` and ``change``."""

    basket_id: str
    method: Method
    amount_cents: int
    tendered_cents: int
    paid_at: datetime

    @property
    def change_cents(self) -> int:
        return self.tendered_cents - self.amount_cents


@dataclass(frozen=True, slots=True)
class Batch:
    """The payments of one request. It is ``repeated`` to prove that a repeat books nothing."""

    payments: tuple[Payment, ...]
    repeated: bool


@dataclass(frozen=True, slots=True)
class Drop:
    """Notes that go from the drawer to the vault during the day."""

    number: int
    cents: int


@dataclass(frozen=True, slots=True)
class DayPlan:
    """A cash session with the figures at its end, in cents."""

    store: str
    day: date
    float_cents: int
    steps: tuple[Batch | Drop, ...]
    cash_cents: int
    card_cents: int
    dropped_cents: int
    difference_cents: int

    @property
    def expected_cents(self) -> int:
        """Returns float plus cash sales minus drops, from the sums of the source and not from the steps."""
        return self.float_cents + self.cash_cents - self.dropped_cents

    @property
    def declared_cents(self) -> int:
        """Returns the counted amount. It is never negative, because the smallest float exceeds the largest difference."""
        return self.expected_cents + self.difference_cents

    @property
    def payments(self) -> int:
        return sum(len(step.payments) for step in self.steps if isinstance(step, Batch))


def method_of(basket: Basket) -> Method:
    """Returns the method of a basket: cash for six of ten."""
    return "CASH" if _draw("method", basket.basket_id, below=10) < 6 else "CARD"


def plan_day(trade: StoreDay) -> DayPlan:
    """Plans the session of a day: its float, its batches and drops in order, and the error of its count."""
    steps = tuple(_steps(trade))
    name = f"{trade.store}:{trade.day}"
    return DayPlan(
        store=trade.store,
        day=trade.day,
        float_cents=FLOATS_CENTS[_draw("float", name, below=len(FLOATS_CENTS))],
        steps=steps,
        cash_cents=sum(basket.total_cents for basket in trade.baskets if method_of(basket) == "CASH"),
        card_cents=sum(basket.total_cents for basket in trade.baskets if method_of(basket) == "CARD"),
        dropped_cents=sum(step.cents for step in steps if isinstance(step, Drop)),
        difference_cents=_difference(name),
    )


def _steps(trade: StoreDay) -> Iterator[Batch | Drop]:
    """Yields the payments by time, with a drop after enough new cash in the drawer."""
    waiting: list[Payment] = []
    in_drawer_cents = 0
    drops = 0
    for basket in trade.baskets:
        payment = _payment(basket)
        waiting.append(payment)
        if payment.method == "CASH":
            in_drawer_cents += payment.amount_cents
        if in_drawer_cents > DROP_ABOVE_CENTS:
            yield _batch(waiting)
            waiting = []
            drops += 1
            dropped_cents = in_drawer_cents - in_drawer_cents % NOTE_DROPPED_CENTS
            in_drawer_cents -= dropped_cents
            yield Drop(number=drops, cents=dropped_cents)
        elif len(waiting) == BATCH_AT_MOST:
            yield _batch(waiting)
            waiting = []
    if waiting:
        yield _batch(waiting)


def _payment(basket: Basket) -> Payment:
    method = method_of(basket)
    short_of_a_note = -basket.total_cents % NOTE_TENDERED_CENTS if method == "CASH" else 0
    return Payment(
        basket_id=basket.basket_id,
        method=method,
        amount_cents=basket.total_cents,
        tendered_cents=basket.total_cents + short_of_a_note,
        paid_at=basket.paid_at,
    )


def _batch(payments: list[Payment]) -> Batch:
    repeated = _draw("repeated", payments[0].basket_id, below=ONE_BATCH_REPEATED_IN) == 0
    return Batch(payments=tuple(payments), repeated=repeated)


def _difference(name: str) -> int:
    """Returns the error of the count: 0 on every second day, otherwise up to five dollars short or over."""
    if _draw("right", name, below=2):
        return 0
    cents = 1 + _draw("difference", name, below=DIFFERENCE_AT_MOST_CENTS)
    return -cents if _draw("short", name, below=2) else cents


def _draw(purpose: str, name: str, *, below: int) -> int:
    """Returns a random number that is the same on every machine and in every run, unlike ``hash`` or a seeded generator."""
    digest = hashlib.sha256(f"{purpose}:{name}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % below
