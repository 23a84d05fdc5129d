"""Approves or rejects a pending payment."""

from datetime import datetime

from django.db import transaction

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger import ledger
from cashdesk.domain.payment.booking import entry_of, moved_amount
from cashdesk.domain.payment.duplicate import find_reported
from cashdesk.domain.payment.lateness import is_on_time
from cashdesk.domain.store.place import places_of
from cashdesk.domain.store.place_lock import lock_places
from cashdesk.enums import (
    FLOW,
    Booked,
    PaymentStatus,
    PlaceKind,
)
from cashdesk.errors import Conflict
from cashdesk.models import CashSession, Payment
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
    already decided differently.
    """
    with transaction.atomic():
        payment = find_reported(external_id=external_id, store=store, station=station, by=by)
        if payment.status == status:
            return payment
        if not leads_to(FLOW["payment"][payment.status], status):
            raise Conflict(f"status: The payment is already {payment.status} and stays so.", code="payment_decided")
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
        audit.note(
            action=f"payment.{status.lower()}", subject=f"payment:{payment.pk}", by=by, at=at, store=payment.store
        )
        return payment
