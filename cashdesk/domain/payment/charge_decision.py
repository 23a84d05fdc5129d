"""Decides the payment of a charge by the state that the payment gateway reports."""

from datetime import datetime

from django.db import transaction

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.principal import SYSTEM
from cashdesk.domain.payment.decision import decide_locked, lock_payment, settle_order
from cashdesk.domain.payment.gateway import GATEWAY, Outcome, Standing
from cashdesk.domain.payment.order import lock_row
from cashdesk.domain.payment.payment_report import PaymentReport
from cashdesk.domain.payment.recording import record_payment
from cashdesk.enums import PaymentStatus, PaymentType
from cashdesk.errors import InvalidInput, NotFound
from cashdesk.models import AuditEntry, Charge, Payment
from cashdesk.money import parse_units


def charge_called(reference: str) -> Charge:
    """Returns the charge with this reference. Raises NotFound."""
    charge = Charge.objects.select_related("payment__store", "order").filter(reference=reference).first()
    if charge is None:
        raise NotFound("Order not found")
    return charge


@transaction.atomic
def decide_charge(*, charge: Charge, standing: Standing, at: datetime) -> Payment:
    """Approves or rejects the pending payment of a charge by its state at the gateway, once. Returns the payment.

    An approved payment pays the order. Money that arrives after the payment was rejected is booked as a payment of its
    own, because the customer did pay. Money that went back later is noted in the audit trail and not booked: the shop
    reports the refund.

    Raises InvalidInput if the gateway reports another amount or currency than the payment has.
    """
    payment = lock_payment(charge.payment)
    _refuse_other_amount(payment, standing)
    is_paid = standing.outcome in (Outcome.PAID, Outcome.RETURNED)
    if payment.status == PaymentStatus.PENDING and (is_paid or standing.outcome == Outcome.ENDED):
        decided = PaymentStatus.APPROVED if is_paid else PaymentStatus.REJECTED
        payment = decide_locked(payment, status=decided, by=SYSTEM, at=at)
    elif payment.status == PaymentStatus.REJECTED and is_paid:
        payment = _book_after_rejection(payment, charge=charge, at=at)
    if standing.outcome == Outcome.RETURNED or (
        standing.outcome == Outcome.ENDED and payment.status == PaymentStatus.APPROVED
    ):
        _note_returned(payment, standing=standing, at=at)
    has_ended = is_paid or standing.outcome == Outcome.ENDED
    if has_ended and charge.expires_at is not None and charge.expires_at > at:
        # Nobody can pay it any more, also if a manager decided the payment before the gateway did.
        Charge.objects.filter(pk=charge.pk).update(expires_at=at)
    return payment


def _refuse_other_amount(payment: Payment, standing: Standing) -> None:
    if standing.currency and standing.currency != payment.currency:
        raise InvalidInput.of("currency", f"The payment is in {payment.currency}.")
    if not standing.gross_amount:
        return
    if parse_units(standing.gross_amount, payment.currency, field="gross_amount") != payment.amount:
        raise InvalidInput.of("gross_amount", "This is not the amount of the payment.")


def _book_after_rejection(rejected: Payment, *, charge: Charge, at: datetime) -> Payment:
    """Books money that arrived although its payment was rejected, once. Marks the order as paid if it is still open."""
    report = PaymentReport(
        id=f"{charge.reference}-late",
        order=rejected.order,
        method=rejected.method,
        currency=rejected.currency,
        amount=rejected.amount,
        status=PaymentStatus.APPROVED,
        type=PaymentType(rejected.type),
        session=str(rejected.session_id),
        channel=GATEWAY,
        service=rejected.service,
    )
    order = lock_row(charge.order)
    outcome = record_payment(report=report, by=SYSTEM, at=at)
    if outcome.payment is None:
        raise NotFound("Order not found")
    if outcome.is_new:
        settle_order(outcome.payment, order=order, by=SYSTEM, at=at)
    return outcome.payment


def _note_returned(payment: Payment, *, standing: Standing, at: datetime) -> None:
    """Adds an audit entry: money of an approved payment went back to the customer.

    Adds one entry for each refund, and one for each other state that the gateway reports.
    """
    subject = f"payment:{payment.pk}"
    detail = {"status": standing.status}
    if standing.refund_key:
        detail["refund_key"] = standing.refund_key
    same = {f"detail__{name}": value for name, value in detail.items()}
    if standing.refund_amount:
        detail["refund_amount"] = standing.refund_amount
    if not AuditEntry.objects.filter(action="payment.returned", subject=subject, **same).exists():
        audit.note(action="payment.returned", subject=subject, by=SYSTEM, at=at, store=payment.store, detail=detail)
