"""A payment as a point of sale reports it, and the rules about one report by itself."""

import hashlib
from dataclasses import astuple, dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from cashdesk.denominations import denominations_of
from cashdesk.enums import CASH, PaymentStatus, PaymentType, method_code
from cashdesk.errors import DomainError, InvalidInput

CLOCK_AHEAD_MAX: Final = timedelta(days=1)
ROUNDING_PIECES: Final = 5
"""Cash rounding takes a customer at most this many of the smallest coin off: five cents where they round to ten."""

PAID_AT_MIN: Final = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentReport:
    """A tender as reported. Amounts are minor units; what is left out is the caller's own (docs/contracts.md, section 5)."""

    id: str
    method: str
    currency: str
    amount: int
    status: PaymentStatus
    type: PaymentType = PaymentType.SALE
    order: str = ""
    store: str = ""
    station: int | None = None
    session: str = ""
    operator: str = ""
    tendered: int | None = None
    change: int | None = None
    paid_at: datetime | None = None
    tax: int | None = None
    discount: int | None = None
    channel: str = ""
    service: str = ""

    @property
    def fingerprint(self) -> str:
        """SHA-256 of everything that was reported: the same event again has the same one."""
        return hashlib.sha256(
            repr(tuple(str(value) for value in astuple(self))).encode("utf-8", "surrogatepass")
        ).hexdigest()


def checked(report: PaymentReport, *, at: datetime) -> PaymentReport | DomainError:
    """Rules about one report by itself."""
    if report.type == PaymentType.REFUND and (report.tendered is not None or report.change is not None):
        return InvalidInput.of("tendered", "belongs to a SALE: a REFUND gives back its amount.")
    if report.change is not None and report.tendered is None:
        return InvalidInput.of("tendered", "is required where change is given.")
    if report.tendered is not None:
        change = report.change if report.change is not None else report.tendered - report.amount
        if change < 0:
            return InvalidInput.of("tendered", "is less than the amount.")
        if change > report.tendered:
            return InvalidInput.of("change", "is more than was tendered.")
        if report.amount - (report.tendered - change) > ROUNDING_PIECES * _smallest_piece(report.currency):
            return InvalidInput.of("change", "leaves less than the amount, by more than cash rounding does.")
        if change and method_code(report.method) != CASH:
            return InvalidInput.of("change", "is given in cash alone; report cash back as a payment of its own.")
    if report.paid_at is not None and report.paid_at > at + CLOCK_AHEAD_MAX:
        return InvalidInput.of("paid_at", "is more than a day ahead: the clock of the till is wrong.")
    if report.paid_at is not None and report.paid_at < PAID_AT_MIN:
        return InvalidInput.of("paid_at", "is before the year 2000: the clock of the till is wrong.")
    return report


def _smallest_piece(currency: str) -> int:
    """The smallest note or coin, minor units; 1 where we have no list."""
    return min((denomination.value for denomination in denominations_of(currency)), default=1)
