"""Charges orders at the payment gateway.

A charge takes three steps: keep a pending payment (one transaction), call the gateway (no transaction, no lock), keep
its answer (another transaction). docs/decisions/0034-midtrans.md says what happens if the process dies in between.
"""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.payment.charge_decision import decide_charge
from cashdesk.domain.payment.gateway import (
    GATEWAY,
    Charged,
    ChargeRefused,
    DuplicateReference,
    Gateway,
    Outcome,
    Standing,
)
from cashdesk.domain.payment.order import lock_order, payable_charges, refuse_act, refuse_other_shift
from cashdesk.domain.payment.payment_report import PaymentReport
from cashdesk.domain.payment.recording import record_payment
from cashdesk.enums import QRIS, OrderAct, PaymentStatus
from cashdesk.errors import Conflict, GatewayUnavailable, InvalidInput, TryAgain
from cashdesk.models import CashSession, Charge, Order, Payment, PaymentMethod
from cashdesk.money import to_units

CURRENCY: Final = "IDR"
"""The only currency of the gateway."""

ASKING_MAX: Final = timedelta(seconds=30)
"""A request to the gateway ends within this time. A longer one means that its process died."""

TRIES_MAX: Final = 3
USUAL_LIFETIME: Final = timedelta(minutes=15)
"""How long a QR code can be paid if the gateway does not tell."""


def charge_order(
    *,
    order: Order,
    session: CashSession,
    gateway: Gateway,
    by: Principal,
    at: datetime,
    version: int | None = None,
) -> Charge:
    """Charges an open order at the gateway, and returns the charge with a pending payment.

    If a charge already waits for the customer, returns that charge. If it has expired, ends it and makes a new one.

    Raises Conflict if the order is not open, if `version` is stale, or if another request charges the order right now.
    Raises InvalidInput for another currency than rupiah. Raises GatewayUnavailable if the gateway did not answer or
    refused. If it did not answer, the next call sends the same reference again, so the order is never charged twice.
    """
    rejected = payable_charges(order, at=at).filter(payment__status=PaymentStatus.REJECTED)
    for former in rejected.select_related("payment__store", "order"):
        end_charge(charge=former, gateway=gateway, at=at)
    for _attempt in range(TRIES_MAX):
        charge = _begin(order=order, session=session, version=version, by=by, at=at)
        if charge.asked_at is None:
            if charge.expires_at is not None and charge.expires_at > at:
                return charge
            end_charge(charge=charge, gateway=gateway, at=at)
            continue
        try:
            charged = gateway.charge(reference=charge.reference, gross_amount=_whole_amount(charge))
        except DuplicateReference:
            # Nobody saw the QR code of that charge, because its answer was lost. So nobody can pay it any more.
            end_charge(charge=charge, gateway=gateway, at=at)
            continue
        except ChargeRefused as refusal:
            decide_charge(charge=charge, standing=Standing(outcome=Outcome.ENDED, status="refused"), at=at)
            raise GatewayUnavailable(f"Midtrans refused the charge: {refusal}", code="gateway_refused") from refusal
        except GatewayUnavailable:
            _stop_asking(charge)
            raise
        return _keep(charge, charged=charged, at=at)
    raise TryAgain("Midtrans knows other charges of this order. Try again in a moment.", code="charge_in_progress")


def end_waiting_charges(
    *,
    order: Order,
    act: OrderAct,
    gateway: Gateway,
    at: datetime,
    version: int | None = None,
    session: CashSession | None = None,
) -> None:
    """Cancels the charges of an order that the customer can still pay. Call it before `act` pays or cancels the order.

    A charge that the customer has paid meanwhile pays the order. If `act` will be refused, no charge is cancelled: the
    customer may be paying it right now.

    If `act` pays the order, `session` is the session of the payment. Raises the errors of `act`: Conflict if the order
    is not open or if `version` is stale, and the errors of `refuse_other_shift`. Raises GatewayUnavailable if the
    gateway does not answer, because the customer might pay twice. Raises Conflict while another request charges the
    order.
    """
    refuse_act(order, act=act, version=version)
    if session is not None:
        refuse_other_shift(order, session=session)
    for charge in payable_charges(order, at=at).select_related("payment__store", "order"):
        if _is_asking(charge, at=at):
            raise _in_progress()
        end_charge(charge=charge, gateway=gateway, at=at)


def end_charge(*, charge: Charge, gateway: Gateway, at: datetime) -> None:
    """Cancels a charge at the gateway, and decides its payment by the state that the gateway then reports.

    Raises GatewayUnavailable if the charge is still waiting afterwards.
    """
    standing = gateway.cancel(reference=charge.reference)
    if standing.outcome == Outcome.WAITING:
        raise GatewayUnavailable("Midtrans did not cancel the waiting payment. Try again in a moment.")
    if standing.outcome == Outcome.UNKNOWN:
        standing = Standing(outcome=Outcome.ENDED, status=standing.status)
    decide_charge(charge=charge, standing=standing, at=at)


@transaction.atomic
def _begin(*, order: Order, session: CashSession, version: int | None, by: Principal, at: datetime) -> Charge:
    """Returns the waiting charge of an order, or a new one with a pending payment.

    If the gateway has not answered it yet (`answered_at` is None), the caller must now call the gateway. Raises
    TryAgain while another request calls it.
    """
    locked = lock_order(order, act=OrderAct.PAY, version=version)
    refuse_other_shift(locked, session=session)
    if locked.currency != CURRENCY:
        raise InvalidInput.of("order", f"Midtrans takes {CURRENCY} only, and this order is in {locked.currency}.")
    pending = Charge.objects.filter(order=locked, payment__status=PaymentStatus.PENDING)
    waiting = pending.select_related("payment__store", "order").first()
    if waiting is None:
        return _new_charge(order=locked, session=session, by=by, at=at)
    if waiting.answered_at is None:
        if _is_asking(waiting, at=at):
            raise _in_progress()
        waiting.asked_at = at
        waiting.save(update_fields=["asked_at"])
    return waiting


def _new_charge(*, order: Order, session: CashSession, by: Principal, at: datetime) -> Charge:
    number = order.charges.count() + 1
    reference = str(order.uuid) if number == 1 else f"{order.uuid}-{number}"
    methods = PaymentMethod.objects.filter(account=order.store.account_id, code=QRIS, is_active=True)
    if not methods.exists():
        raise InvalidInput.of("order", f"The account has no active payment method {QRIS}.")
    report = PaymentReport(
        id=reference,
        order=str(order.uuid),
        method=QRIS,
        currency=order.currency,
        amount=order.net_total,
        status=PaymentStatus.PENDING,
        session=str(session.pk),
        channel=GATEWAY,
        service=order.type,
    )
    outcome = record_payment(report=report, by=by, at=at)
    if outcome.payment is None or not outcome.is_new:
        raise Conflict("Another payment has the id of this charge.", code="payment_differs")
    return Charge.objects.create(order=order, payment=outcome.payment, reference=reference, asked_at=at)


@transaction.atomic
def _keep(charge: Charge, *, charged: Charged, at: datetime) -> Charge:
    charge.asked_at, charge.answered_at = None, at
    charge.transaction_id = charged.transaction_id[:100]
    charge.expires_at = charged.expires_at or at + USUAL_LIFETIME
    charge.answer = {"qr_string": charged.qr_string, "actions": [dict(action) for action in charged.actions]}
    charge.save(update_fields=["asked_at", "answered_at", "transaction_id", "expires_at", "answer"])
    if not Payment.objects.filter(pk=charge.payment_id, status=PaymentStatus.PENDING).exists():
        # The gateway took so long that another request ended this charge meanwhile. Nobody may show its QR code.
        raise _in_progress()
    return charge


def _stop_asking(charge: Charge) -> None:
    """Records that no request waits for the gateway now, so the next request need not wait for ASKING_MAX to pass."""
    Charge.objects.filter(pk=charge.pk).update(asked_at=None)


def _is_asking(charge: Charge, *, at: datetime) -> bool:
    return charge.answered_at is None and charge.asked_at is not None and at - charge.asked_at < ASKING_MAX


def _in_progress() -> TryAgain:
    return TryAgain("Another request charges this order right now. Try again in a moment.", code="charge_in_progress")


def _whole_amount(charge: Charge) -> int:
    amount = to_units(charge.payment.amount, CURRENCY)
    if amount != int(amount):
        raise InvalidInput.of("order", "Midtrans takes whole rupiah only.")
    return int(amount)
