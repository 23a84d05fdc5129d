"""Decides whether a payment is late: its period was closed before it arrived (law 4)."""

from datetime import datetime

from cashdesk.enums import (
    Settling,
)
from cashdesk.models import CashSession, Place, Seal


def is_on_time(*, register: Place | None, session: CashSession | None, waiting_since: datetime | None = None) -> bool:
    """Whether a payment goes into a running period. If not, it is booked late.

    `session` is the payment's session. Without one, the register must trade under an open settlement. `waiting_since`
    is when a pending payment was reported: its settlement must not have been closed since.
    """
    if session is not None:
        return session.is_open
    if register is None or register.settling != Settling.OPEN:
        return False
    return waiting_since is None or not _was_settled_since(register, since=waiting_since)


def _was_settled_since(register: Place, *, since: datetime) -> bool:
    """Whether a settlement of the register was closed after this instant and another one opened."""
    # Seals after `settled_after_z` belong to sessions within the settlement.
    return Seal.objects.filter(place=register, sealed_at__gt=since, number__lte=register.settled_after_z).exists()
