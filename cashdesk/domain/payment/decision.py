"""Approves or rejects a pending payment."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger import ledger
from cashdesk.domain.payment.booking import entry_of, moved_amount
from cashdesk.domain.payment.duplicate import find_reported
from cashdesk.domain.payment.gateway import GATEWAY
from cashdesk.domain.payment.lateness import is_on_time
from cashdesk.domain.payment.order import lock_row, mark_paid
from cashdesk.domain.store.place import places_of
from cashdesk.domain.store.place_lock import lock_places
from cashdesk.enums import Booked, OrderStatus, PaymentStatus, PlaceKind, Role
from cashdesk.errors import Conflict, Forbidden
from cashdesk.models import CashSession, Charge, Order, Payment
from cashdesk.state_flow import FLOW
from cashdesk.transitions import leads_to


def decide_payment(
    *,
    external_id: str,
    status: PaymentStatus,
    by: Principal,
    at: datetime,
    store: str = "",
    station: int | None = None,
) -> Payment:
    """Approves or rejects a pending payment, and returns it.

    An approved payment is booked now. It is booked late if its session or settlement was closed meanwhile. A decision
    that is sent again returns the payment and changes nothing.

    Raises NotFound for an unknown id, InvalidInput if several payments have the id, and Conflict if the payment was
    already decided differently. Raises Forbidden if a cashier decides a payment that the gateway decides.
    """
    with transaction.atomic():
        payment = find_reported(external_id=external_id, store=store, station=station, by=by)
        if payment.status == status:
            return payment
        if not by.has_role(Role.MANAGER) and _charge_of(payment) is not None:
            raise Forbidden(
                "The payment gateway decides this payment. Only a manager can decide it by hand.",
                code="gateway_decides",
            )
        return decide_locked(payment, status=status, by=by, at=at)


@transaction.atomic
def decide_reported(*, payment: Payment, status: PaymentStatus, by: Principal, at: datetime, reason: str) -> Payment:
    """Approves or rejects a pending payment for a manager, and returns it. The audit trail keeps the reason.

    An approved payment is booked now, and late if its drawer was closed meanwhile. Raises Forbidden unless the
    caller manages the store, and Conflict if the payment was already decided.
    """
    if not by.manages(payment.store):
        raise Forbidden(_("Only a manager of the store can decide this payment."))
    return decide_locked(lock_payment(payment), status=status, by=by, at=at, reason=reason)


def lock_payment(payment: Payment) -> Payment:
    """Locks a payment until the transaction ends, and returns its current row."""
    payments = Payment.objects.select_for_update(of=("self",)).select_related("store", "register")
    return payments.get(pk=payment.pk)


def decide_locked(payment: Payment, *, status: PaymentStatus, by: Principal, at: datetime, reason: str = "") -> Payment:
    """Approves or rejects a locked payment and returns it. If it is the payment of a charge, it pays the order.

    Raises Conflict if the payment was already decided.
    """
    if not leads_to(FLOW["payment"][payment.status], status):
        told = _("This payment was already decided.")
        text = f"status: The payment is already {payment.status} and stays so."
        raise Conflict(text, code="payment_decided", on_pages={"status": told})
    charge = _charge_of(payment)
    # An order is locked before places, as when it is paid by hand.
    order = lock_row(charge.order) if charge is not None else None
    held = lock_places(shared=[payment.register or places_of(payment.store)[PlaceKind.VAULT]])
    session = CashSession.objects.get(pk=payment.session_id) if payment.session_id else None
    payment.status, payment.decided_at = status, at
    if status == PaymentStatus.APPROVED and moved_amount(payment):
        register = held.get(payment.register_id or 0)
        in_time = is_on_time(register=register, session=session, waiting_since=payment.reported_at)
        payment.booked = Booked.ON_TIME if in_time else Booked.LATE
        places = places_of(payment.store)
        entry = entry_of(payment=payment, places=places, register=register, session=session, at=at)
        payment.save(update_fields=["status", "decided_at", "booked"])
        ledger.record(store=payment.store, entries=[entry], by=by, at=at)
    else:
        payment.save(update_fields=["status", "decided_at"])
    detail = {"reason": reason} if reason else None
    action, subject = f"payment.{status.lower()}", f"payment:{payment.pk}"
    audit.note(action=action, subject=subject, by=by, at=at, store=payment.store, detail=detail)
    if order is not None and status == PaymentStatus.APPROVED:
        settle_order(payment, order=order, by=by, at=at)
    return payment


def settle_order(payment: Payment, *, order: Order, by: Principal, at: datetime) -> None:
    """Marks a locked order as paid by an approved payment.

    If the order was paid or cancelled meanwhile, the customer paid for nothing. Then adds an audit entry, so that the
    shop gives the money back.
    """
    if order.status == OrderStatus.OPEN:
        mark_paid(order, payment=payment, by=by, at=at)
        return
    audit.note(
        action="order.paid_again",
        subject=f"order:{order.pk}",
        by=by,
        at=at,
        store=payment.store,
        detail={"status": order.status, "payment": payment.external_id},
    )


def _charge_of(payment: Payment) -> Charge | None:
    """Returns the charge of a payment, or None. Asks the database only for payments that came through the gateway."""
    if payment.channel != GATEWAY:
        return None
    return Charge.objects.select_related("order").filter(payment=payment).first()
