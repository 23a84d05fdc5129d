"""Writes the events of cash sessions."""

from datetime import datetime
from typing import Any

from cashdesk.domain.caller.event import record_event
from cashdesk.enums import EventType, SessionStatus, Settling
from cashdesk.models import CashSession


def record_opened(session: CashSession, *, at: datetime) -> None:
    """Writes the event of an opening."""
    body = {**_named(session), "opened_by": session.opened_by_id, "start_amount": session.start_amount}
    _record(EventType.SESSION_OPENED, session, at=at, body=body)


def record_closed(session: CashSession, *, at: datetime) -> None:
    """Writes the event of a close, a handover or a cancelled opening, after the session's figures were frozen.

    Only the event of a counted close has the figures. After a handover, and while a settlement holds the register, the
    counted amount is what the drawer holds, and the next cashier counts it blind. Nobody counts the drawer of a forced
    close or of a cancelled opening (law 5).
    """
    body = {**_named(session), "closed_by": session.closed_by_id, "start_amount": session.start_amount}
    if session.is_handed_over:
        _record(EventType.SESSION_HANDED_OVER, session, at=at, body=body)
        return
    is_counted = session.status == SessionStatus.CLOSED and not session.is_cancelled
    body |= {
        "status": session.status,
        "is_counted": is_counted,
        "is_cancelled": session.is_cancelled,
        "expected_amount": session.expected_amount,
        "counted_amount": session.declared_amount,
        "difference": session.difference,
    }
    has_figures = is_counted and session.register.settling == Settling.NONE
    _record(EventType.SESSION_CLOSED, session, at=at, body=body, is_counted=has_figures)


def _named(session: CashSession) -> dict[str, Any]:
    return {
        "session_id": session.pk,
        "shift_id": session.uuid,
        "user_id": session.user_id,
        "business_date": session.business_date,
        "currency": session.currency,
    }


def _record(
    type_: EventType, session: CashSession, *, at: datetime, body: dict[str, Any], is_counted: bool = True
) -> None:
    record_event(
        type_=type_, store=session.store, place_id=session.register_id, at=at, body=body, is_counted=is_counted
    )
