"""Builds the rows of a payment: the payment itself and its movement."""

from datetime import date, datetime

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.entry import Entry
from cashdesk.domain.payment.payment_report import PaymentReport
from cashdesk.domain.payment.register_of_payment import Target
from cashdesk.domain.store.business_day import business_date
from cashdesk.enums import (
    Booked,
    MovementKind,
    PaymentStatus,
    PaymentType,
    PlaceKind,
    method_code,
)
from cashdesk.models import CashSession, Payment, Place


def new_payment(*, report: PaymentReport, target: Target, source: str, by: Principal, at: datetime) -> Payment:
    """Returns the unsaved payment for a report."""
    told = report.paid_at or at
    day = _business_date(target=target, told=told, at=at)
    payment = Payment(
        store=target.store,
        external_id=report.id,
        order=report.order,
        type=report.type,
        status=report.status,
        method=method_code(report.method),
        currency=report.currency,
        amount=report.amount,
        tendered=report.tendered,
        change=report.change_given,
        tax=report.tax,
        discount=report.discount,
        channel=report.channel,
        service=report.service,
        register=target.register,
        session=target.session,
        operator=target.operator,
        business_date=day,
        paid_at=told,
        clock_adjusted=day != business_date(store=target.store, at=told),
        reported_at=at,
        reported_by=by.user,
        reported_with=by.token,
        source=source,
        fingerprint=report.fingerprint,
    )
    if payment.status == PaymentStatus.APPROVED and moved_amount(payment):
        payment.booked = Booked.ON_TIME if target.is_on_time else Booked.LATE
    return payment


def _business_date(*, target: Target, told: datetime, at: datetime) -> date:
    """Returns the business date of a payment. `told` is the time that the till reported.

    This is normally the business date of `told`. If `told` is before the running period, the business date of the
    period's start counts instead. If `told` is in the future, today's business date counts.
    """
    session = target.session
    if session is not None and session.is_open:
        if told < session.opened_at:
            return session.business_date
    elif target.is_on_time and target.register is not None and target.register.settling_since is not None:
        told = max(told, target.register.settling_since)
    return business_date(store=target.store, at=min(told, at))


def moved_amount(payment: Payment) -> int:
    """Returns the amount that a sale adds to the drawer or a refund takes out of it, in minor units.

    It is tendered minus change if the till reported them, else the amount of the payment. With cash rounding these two
    figures differ.
    """
    if payment.tendered is not None and payment.change is not None:
        return payment.tendered - payment.change
    return payment.amount


def entry_of(
    *, payment: Payment, places: dict[str, Place], register: Place | None, session: CashSession | None, at: datetime
) -> Entry:
    """Returns the movement of a payment, not recorded yet. Over/short replaces the drawer if the payment is late."""
    drawer = register if payment.booked == Booked.ON_TIME and register is not None else places[PlaceKind.OVER_SHORT]
    is_sale = payment.type == PaymentType.SALE
    return Entry(
        source=places[PlaceKind.CUSTOMERS] if is_sale else drawer,
        destination=drawer if is_sale else places[PlaceKind.CUSTOMERS],
        amount=moved_amount(payment),
        currency=payment.currency,
        method=payment.method,
        kind=MovementKind.SALE if is_sale else MovementKind.REFUND,
        occurred_at=min(payment.paid_at, at),
        business_date=payment.business_date,
        session=session,
        payment=payment,
        is_late=payment.booked == Booked.LATE,
        late_for=register if payment.booked == Booked.LATE else None,
    )
