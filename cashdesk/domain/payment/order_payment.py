"""Pays an order by hand, at the drawer."""

import uuid
from datetime import datetime

from django.db import transaction

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.payment.order import lock_order, mark_paid, refuse_other_shift, refuse_payable_charge
from cashdesk.domain.payment.payment_report import PaymentReport
from cashdesk.domain.payment.recording import record_payment
from cashdesk.enums import OrderAct, PaymentStatus
from cashdesk.models import CashSession, Order, PaymentMethod


def manual_report(
    *, order: str, session: CashSession, method: PaymentMethod, amount: int, received: int, service: str = ""
) -> PaymentReport:
    """Returns the report of a payment that a cashier took by hand. The amounts are in minor units.

    `order` is the id of the order. Cashdesk need not know that order.
    """
    return PaymentReport(
        id=f"manual-{uuid.uuid4()}",
        order=order,
        method=method.code,
        currency=session.currency,
        amount=amount,
        tendered=received if method.is_cash else None,
        change=received - amount if method.is_cash else None,
        status=PaymentStatus.APPROVED,
        session=str(session.pk),
        service=service,
    )


@transaction.atomic
def pay_order(
    *,
    order: Order,
    session: CashSession,
    method: PaymentMethod,
    received: int,
    by: Principal,
    at: datetime,
    version: int | None = None,
) -> Order:
    """Books the payment of an order into an open session, marks the order as paid, and returns it.

    The amount is the order's. `received` is the cash that the customer gave, in minor units; for another method it has
    no effect. The lock on the order lets only one of two payments succeed.

    Raises Conflict if the order is not open, if `version` is stale, if the session is in another store, or if the
    customer can still pay by QR code. Raises InvalidInput if the session has another currency.
    """
    locked = lock_order(order, act=OrderAct.PAY, version=version)
    refuse_payable_charge(locked, at=at)
    refuse_other_shift(locked, session=session)
    report = manual_report(
        order=str(locked.uuid),
        session=session,
        method=method,
        amount=locked.net_total,
        received=received if method.is_cash else locked.net_total,
        service=locked.type,
    )
    payment = record_payment(report=report, by=by, at=at).payment
    assert payment is not None  # noqa: S101 (record_payment raises the error of a refused report)
    mark_paid(locked, payment=payment, by=by, at=at)
    return locked
