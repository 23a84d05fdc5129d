"""What is to be recorded in the ledger: entries, before `domain.ledger.ledger` writes them as movements."""

from dataclasses import dataclass
from datetime import date, datetime

from cashdesk.domain.store.business_day import business_date
from cashdesk.enums import MovementKind
from cashdesk.models import CashSession, Movement, Payment, Place, Store
from cashdesk.money import AMOUNT_MAX


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A movement to be recorded. `amount` is minor units. `occurred_at` is UTC and decides the business date, unless that
    was frozen before, as a payment's.
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
        """Returns the store's trading date of the movement."""
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
    """Returns the movements that bring a place's book from what was expected to what was counted, `difference` being
    counted minus expected: what is missing leaves for over/short, what is too much comes from there.

    In as many movements as it takes: a till that reported a barcode as an amount must not keep a drawer open for ever.
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
