"""Orders: creates, finds and cancels them, and marks them as paid."""

import uuid
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Q, QuerySet

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.store.may_trade import refuse_switched_off
from cashdesk.enums import OrderAct, OrderStatus, OrderType, PaymentStatus
from cashdesk.errors import Conflict, InvalidInput, NotFound, TryAgain
from cashdesk.models import CashSession, Charge, Order, Payment, Store
from cashdesk.money import bounded
from cashdesk.state_flow import FLOW

_UNKNOWN: Final = "Order not found"
_NUMBER_DIGITS: Final = 8


@transaction.atomic
def create_order(
    *, store: Store, net_total: int, order_type: OrderType, by: Principal, at: datetime, number: str = ""
) -> Order:
    """Creates an open order and returns it. `net_total` is in minor units of the store's currency.

    Without `number` the order gets the first eight characters of its UUID. Raises Conflict if the store is inactive.
    """
    refuse_switched_off(store)
    order = Order(
        uuid=uuid.uuid4(),
        store=store,
        type=order_type,
        currency=store.currency,
        net_total=bounded(net_total, store.currency, field="net_total"),
        created_at=at,
        created_by=by.user,
        created_with=by.token,
        updated_at=at,
    )
    order.number = number or order.uuid.hex[:_NUMBER_DIGITS].upper()
    order.save(force_insert=True)
    return order


def find_order(*, reference: str, by: Principal) -> Order | None:
    """Returns the order with this UUID if it belongs to a store that the caller may see, else None."""
    try:
        wanted = uuid.UUID(reference)
    except ValueError:
        return None
    orders = Order.objects.select_related("store", "payment__store", "created_by")
    return orders.filter(uuid=wanted, store__in=by.stores()).first()


def order_for(*, reference: str, by: Principal) -> Order:
    """Returns the order with this UUID. Raises NotFound if it does not exist or the caller may not see its store."""
    found = find_order(reference=reference, by=by)
    if found is None:
        raise NotFound(_UNKNOWN)
    return found


@transaction.atomic
def cancel_order(
    *,
    order: Order,
    by: Principal,
    at: datetime,
    version: int | None = None,
    reason_id: int | None = None,
    notes: str = "",
) -> Order:
    """Cancels an open order and returns it. The audit trail keeps the reason.

    Raises Conflict if the order is not open, if `version` is stale, or if the customer can still pay by QR code.
    """
    locked = lock_order(order, act=OrderAct.CANCEL, version=version)
    refuse_payable_charge(locked, at=at)
    (locked.status,) = FLOW["order"][locked.status][OrderAct.CANCEL]
    _save(locked, at=at)
    audit.note(
        action="order.cancelled",
        subject=f"order:{locked.pk}",
        by=by,
        at=at,
        store=locked.store,
        detail={"reason_id": reason_id, "notes": notes},
    )
    return locked


def lock_order(order: Order, *, act: OrderAct, version: int | None = None) -> Order:
    """Locks an order until the transaction ends, and returns its current row.

    Raises Conflict if its state does not allow `act`, or if `version` is not the order's present version.
    """
    locked = lock_row(order)
    refuse_act(locked, act=act, version=version)
    return locked


def refuse_act(order: Order, *, act: OrderAct, version: int | None = None) -> None:
    """Raises Conflict if the state of an order does not allow `act`, or if `version` is not the order's present version."""
    if act not in FLOW["order"][order.status]:
        raise _paid() if order.status == OrderStatus.PAID else _cancelled()
    if version is not None and version != order.version:
        raise Conflict(
            f"version: The order has version {order.version} now. Read it again.",
            code="stale_version",
            errors={"version": f"The order has version {order.version} now. Read it again."},
        )


def refuse_other_shift(order: Order, *, session: CashSession) -> None:
    """Raises Conflict if an order belongs to another store than a session. Raises InvalidInput if the currencies differ.

    They differ if the currency of the store was changed after the order was made.
    """
    if session.store_id != order.store_id:
        raise Conflict("The order belongs to another store than your open shift.", code="order_of_other_store")
    if session.currency != order.currency:
        raise InvalidInput.of(
            "order",
            f"The order is in {order.currency}, and your open shift is in {session.currency}. "
            "Cancel the order and make a new one.",
        )


def lock_row(order: Order) -> Order:
    """Locks an order until the transaction ends, and returns its current row, whatever its state."""
    # NO KEY: a charge that refers to the order does not wait for this lock.
    return Order.objects.select_related("store").select_for_update(of=("self",), no_key=True).get(pk=order.pk)


def payable_charges(order: Order, *, at: datetime) -> "QuerySet[Charge]":
    """Returns the charges of an order that the customer can still pay at the payment gateway.

    A manager can reject a pending payment by hand. The gateway does not know of that, so its QR code can be paid until it
    expires.
    """
    is_payable = Q(payment__status=PaymentStatus.PENDING) | Q(payment__status=PaymentStatus.REJECTED, expires_at__gt=at)
    return Charge.objects.filter(is_payable, order=order)


def refuse_payable_charge(locked: Order, *, at: datetime) -> None:
    """Raises Conflict if the customer can still pay a charge of the order at the payment gateway.

    Called under the lock of the order, so that no charge begins at the same moment.
    """
    if payable_charges(locked, at=at).exists():
        raise TryAgain("The customer can still pay this order by its QR code. Try again.", code="charge_waiting")


def mark_paid(locked: Order, *, payment: Payment, by: Principal, at: datetime) -> None:
    """Marks a locked, open order as paid by a payment."""
    (locked.status,) = FLOW["order"][locked.status][OrderAct.PAY]
    locked.payment = payment
    _save(locked, at=at)
    audit.note(
        action="order.paid",
        subject=f"order:{locked.pk}",
        by=by,
        at=at,
        store=locked.store,
        detail={"payment": payment.external_id},
    )


def _paid() -> Conflict:
    return Conflict("The order is already paid and stays so.", code="order_paid")


def _cancelled() -> Conflict:
    return Conflict("The order is cancelled and stays so.", code="order_cancelled")


def _save(locked: Order, *, at: datetime) -> None:
    locked.version += 1
    locked.updated_at = at
    locked.save(update_fields=["status", "payment", "version", "updated_at"])
