"""Describes movements before they are recorded. `domain.ledger.ledger` inserts them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from cashdesk.domain.store.business_day import business_date
from cashdesk.enums import CASH, MovementKind
from cashdesk.models import CashSession, Movement, Payment, Place, Store
from cashdesk.money import AMOUNT_MAX
from cashdesk.pair import Pair


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A movement that is not recorded yet. `amount` is in minor units.

    The business date is computed from `occurred_at` (UTC), unless `business_date` is given. A payment gives its own
    frozen date.
    """

    source: Place
    destination: Place
    amount: int
    currency: str
    method: str
    kind: MovementKind
    occurred_at: datetime
    business_date: date | None = None
    session: CashSession | None = None
    payment: Payment | None = None
    reverses: Movement | None = None
    is_late: bool = False
    late_for: Place | None = None
    reason: str = ""
    note: str = ""

    def date_in(self, store: Store) -> date:
        """Returns the business date of the movement."""
        return self.business_date or business_date(store=store, at=self.occurred_at)


def entries_of_difference(
    *,
    place: Place,
    over_short: Place,
    difference: int,
    currency: str,
    method: str,
    at: datetime,
    session: CashSession | None = None,
    reason: str = "",
    note: str = "",
) -> list[Entry]:
    """Returns the movements that change a place's book from the expected to the counted amount.

    `difference` is counted minus expected, in minor units. A shortage moves money from the place to over/short, and an
    overage moves money from over/short to the place. A movement has a maximum amount, so a huge difference gives
    several movements. Otherwise a barcode that was scanned as an amount would block the close.
    """
    source, destination = (over_short, place) if difference > 0 else (place, over_short)
    return [
        Entry(
            source=source,
            destination=destination,
            amount=amount,
            currency=currency,
            method=method,
            kind=MovementKind.OVER_SHORT,
            occurred_at=at,
            session=session,
            reason=reason,
            note=note,
        )
        for amount in _parts_of(abs(difference))
    ]


def entries_to_clearing(
    *,
    register: Place,
    clearing: Place,
    balances: Mapping[Pair, int],
    at: datetime,
    session: CashSession | None = None,
) -> list[Entry]:
    """Returns the movements that take everything but cash out of a register's book, into clearing.

    `balances` is the book of the register, in minor units. A negative balance comes back from clearing: more was refunded
    than was taken.
    """
    return [
        Entry(
            source=register if balance > 0 else clearing,
            destination=clearing if balance > 0 else register,
            amount=amount,
            currency=currency,
            method=method,
            kind=MovementKind.CLEARING,
            occurred_at=at,
            session=session,
        )
        for (currency, method), balance in sorted(balances.items())
        if method != CASH
        for amount in _parts_of(abs(balance))
    ]


def _parts_of(amount: int) -> Iterator[int]:
    while amount:
        part = min(amount, AMOUNT_MAX)
        yield part
        amount -= part
