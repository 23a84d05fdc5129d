"""Writes the events of variances."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from cashdesk.domain.caller.event import event_of, record_event, record_events
from cashdesk.enums import EventType, SessionStatus, Settling, VarianceKind
from cashdesk.models import CashSession, Variance


def record_raised(variances: Iterable[Variance], *, session: CashSession | None = None) -> None:
    """Writes the events of new variances, with one statement. `session` is the session whose count created them."""
    record_events(
        event_of(
            type_=EventType.VARIANCE_RAISED,
            store=variance.store,
            place_id=variance.place_id,
            at=variance.raised_at,
            body={
                **_named(variance),
                "counted_by": variance.counted_by_id,
                "expected_amount": variance.expected_amount,
                "counted_amount": variance.counted_amount,
                "difference": variance.difference,
            },
            is_counted=_is_counted(variance, session=session),
        )
        for variance in variances
    )


def record_decided(variance: Variance, *, at: datetime) -> None:
    """Writes the event of a variance that was approved, rejected or superseded."""
    body = {
        **_named(variance),
        "state": variance.state,
        "reason": variance.reason,
        "decided_by": variance.decided_by_id,
    }
    record_event(type_=EventType.VARIANCE_DECIDED, store=variance.store, place_id=variance.place_id, at=at, body=body)


def _is_counted(variance: Variance, *, session: CashSession | None) -> bool:
    """Whether a count came first, so that the event may contain the variance's figures (law 5).

    After a handover, and while a settlement holds the register, the cash stays in the drawer and the next cashier
    counts it blind. The variance of a reconciliation never has figures: the expected cash of its day includes drawers
    that are still open.
    """
    if variance.kind == VarianceKind.RECONCILIATION:
        return False
    if session is None or session.status == SessionStatus.OPEN:
        return True
    is_of_handover = variance.kind == VarianceKind.SESSION and session.is_handed_over
    return not is_of_handover and session.register.settling == Settling.NONE


def _named(variance: Variance) -> dict[str, Any]:
    return {
        "variance_id": variance.uuid,
        "kind": variance.kind,
        "subject": variance.subject,
        "session_id": variance.session_id,
        "user_id": variance.person_id,
        "business_date": variance.business_date,
        "currency": variance.currency,
        "method": variance.method,
    }
