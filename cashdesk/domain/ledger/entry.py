"""Entries: movements that are to be recorded. `domain.ledger.ledger` writes them."""

from dataclasses import dataclass
from datetime import date, datetime

from cashdesk.domain.store.business_day import business_date
from cashdesk.enums import MovementKind
from cashdesk.models import CashSession, Movement, Payment, Place, Store
from cashdesk.money import AMOUNT_MAX


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A movement to be recorded. `amount` is in minor units.

    `occurred_at` (UTC) decides the business date, unless `business_date` is already frozen, as for a payment.
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
    """Returns the movements that bring a place's book from expected to counted. `difference` is counted minus expected.

    A shortage goes from the place to over/short, an overage comes from there. One movement has a maximum amount, so a
    huge difference needs several: a barcode that was scanned as an amount must not block the close.
    """
    source, destination = (over_short, place) if difference > 0 else (place, over_short)
    entries, left = [], abs(difference)
    while left:
        amount = min(left, AMOUNT_MAX)
        entries.append(
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
        )
        left -= amount
    return entries
