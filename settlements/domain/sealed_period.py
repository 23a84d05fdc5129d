"""A sealed period, and the Z report that is built from it."""

from dataclasses import dataclass
from datetime import datetime

from cashdesk.domain.ledger.expected import MovedOfKind
from cashdesk.enums import CountMoment
from cashdesk.models import CashSession, Seal
from settlements.domain.report import (
    Attempt,
    Report,
)
from settlements.enums import Closing
from settlements.models import Settlement


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedPeriod:
    """A seal with the settlement or session that it closed, and the sessions within.

    `settlements.queries.sealed_period` builds it. If both are None, the seal belongs to a count after a forced close.
    """

    seal: Seal
    settlement: Settlement | None
    session: CashSession | None
    sessions: tuple[CashSession, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ZReport(Report):
    """The report of a sealed period.

    `booked` holds the bookings of its close: differences, and cash returned to the vault. `closing` is None for a
    count after a forced close. If `closing` is FORCED, nobody counted: the counted amount is 0, and the difference
    says nothing about the cashier.
    """

    seal: Seal
    booked: tuple[MovedOfKind, ...]
    closing: Closing | None
    counted_at: datetime | None
    counted_by: str
    closed_at: datetime
    closed_by: str
    attempts: tuple[Attempt, ...]
    tells_range: bool = True
    """Whether the reader may see the range of sealed movements.

    Its size would reveal whether the opening booked a difference.
    """

    @property
    def number(self) -> str:
        """The letter Z and the number of the seal, such as "Z 12"."""
        return f"Z {self.seal.number}"

    @property
    def is_uncounted(self) -> bool:
        """Whether the period was closed without a count."""
        return self.closing == Closing.FORCED

    @property
    def closing_attempt(self) -> Attempt | None:
        """The count that closed the period, with its denominations."""
        found = [
            attempt for attempt in self.attempts if attempt.moment in (CountMoment.CLOSING, CountMoment.AFTERWARDS)
        ]
        return found[-1] if found else None
