"""Decides whether a payment is late. It is late if its period was closed before the payment arrived (law 4)."""

from datetime import datetime

from cashdesk.enums import (
    Settling,
)
from cashdesk.models import CashSession, Place, Seal


def is_on_time(*, register: Place | None, session: CashSession | None, waiting_since: datetime | None = None) -> bool:
    """Whether a payment belongs to a running period. If not, the payment is booked late.

    A payment with a session is on time if the session is open. A payment without a session is on time if its register
    has an open settlement. `waiting_since` is the time when a pending payment was reported. The
    payment is late if a period was closed after this time, but before the present settlement was opened.
    """
    if session is not None:
        return session.is_open
    if register is None or register.settling != Settling.OPEN:
        return False
    return waiting_since is None or not _was_settled_since(register, since=waiting_since)


def _was_settled_since(register: Place, *, since: datetime) -> bool:
    """Whether a period of the register was closed after `since`, but before the present settlement was opened."""
    # Seals with a number above `settled_after_z` belong to sessions of the present settlement.
    return Seal.objects.filter(place=register, sealed_at__gt=since, number__lte=register.settled_after_z).exists()
