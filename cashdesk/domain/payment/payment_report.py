"""A payment report from a point of sale, and the checks of a report that need no rows of the database."""

import hashlib
from dataclasses import astuple, dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from cashdesk.domain.payment.cash_rounding import is_rounding
from cashdesk.enums import CASH, PaymentStatus, PaymentType, method_code
from cashdesk.errors import DomainError, InvalidInput
from cashdesk.money import bounded

CLOCK_AHEAD_MAX: Final = timedelta(days=1)


AMOUNTS: Final = ("amount", "tendered", "change", "tax", "discount")
PAID_AT_MIN: Final = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentReport:
    """A payment as a point of sale reports it. Amounts are in minor units.

    If a report names no store, register or session, the payment belongs to the caller's own store, register and session
    (docs/contracts.md, section 5).
    """

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
    def change_given(self) -> int | None:
        """The reported change. Without a reported change: tendered minus amount for a sale, and 0 for a refund.

        None if the report has no tendered amount. Then exactly `amount` moves.
        """
        if self.tendered is None or self.change is not None:
            return self.change
        return max(self.tendered - self.amount, 0) if self.type == PaymentType.SALE else 0

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the whole report. Two reports with the same content have the same fingerprint."""
        return hashlib.sha256(
            repr(tuple(str(value) for value in astuple(self))).encode("utf-8", "surrogatepass")
        ).hexdigest()


def checked(report: PaymentReport, *, at: datetime) -> PaymentReport | DomainError:
    """Checks the amounts and the time of a report. Returns the report, or the error."""
    if (error := _too_large(report)) is not None:
        return error
    if report.change is not None and report.tendered is None:
        return InvalidInput.of("tendered", "Send the tendered amount when you send change.")
    if report.tendered is not None:
        change = report.change_given or 0
        if change > report.tendered:
            return InvalidInput.of("change", "The change is more than the tendered amount.")
        short = report.amount - (report.tendered - change)
        if short > 0 and not is_rounding(short, amount=report.amount, currency=report.currency):
            named = "tendered" if report.change is None else "change"
            return InvalidInput.of(named, "Tendered minus change is less than the amount, by more than cash rounding.")
        # In a sale the customer may leave the change, so too much money is fine. A refund must not pay out too much.
        if (
            report.type == PaymentType.REFUND
            and short < 0
            and not is_rounding(-short, amount=report.amount, currency=report.currency)
        ):
            return InvalidInput.of("tendered", "The refund pays out more than the amount, by more than cash rounding.")
        if change and method_code(report.method) != CASH:
            return InvalidInput.of("change", "Change is given in cash only. Report cash back as a separate payment.")
    if report.paid_at is not None and report.paid_at > at + CLOCK_AHEAD_MAX:
        return InvalidInput.of("paid_at", "This is more than a day ahead. Check the clock of the till.")
    if report.paid_at is not None and report.paid_at < PAID_AT_MIN:
        return InvalidInput.of("paid_at", "This is before the year 2000. Check the clock of the till.")
    return report


def _too_large(report: PaymentReport) -> InvalidInput | None:
    try:
        for name in AMOUNTS:
            bounded(getattr(report, name) or 0, report.currency, field=name)
    except InvalidInput as error:
        return error
    return None
