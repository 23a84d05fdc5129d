"""Writes the events of settlements."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from cashdesk.domain.caller.event import record_event
from cashdesk.enums import EventType
from cashdesk.pair import Pair
from settlements.domain.target import ComparedAmount
from settlements.models import Settlement


def record_opened(settlement: Settlement, *, amounts: Mapping[Pair, int], at: datetime) -> None:
    """Writes the event of an opening with the counted amounts."""
    body = {
        "opened_by": settlement.opened_by_id,
        "amounts": [{"currency": pair.currency, "method": pair.method, "amount": amounts[pair]} for pair in amounts],
    }
    _record(EventType.SETTLEMENT_OPENED, settlement, at=at, body=body)


def record_counting(settlement: Settlement, *, at: datetime) -> None:
    """Writes the event of the start of a count."""
    _record(EventType.SETTLEMENT_COUNTING, settlement, at=at, body={"counted_by": settlement.counted_by_id})


def record_closed(
    settlement: Settlement, *, compared: Iterable[ComparedAmount], is_counted: bool, at: datetime
) -> None:
    """Writes the event of a close. It has no figures if nobody counted the drawer (law 5)."""
    amounts = [
        {
            "currency": pair.currency,
            "method": pair.method,
            "expected_amount": pair.target,
            "counted_amount": pair.actual,
            "difference": pair.difference,
            "is_assumed": pair.is_assumed,
        }
        for pair in compared
    ]
    body = {
        "closed_by": settlement.closed_by_id,
        "is_counted": is_counted,
        "amounts": amounts,
    }
    _record(EventType.SETTLEMENT_CLOSED, settlement, at=at, body=body, is_counted=is_counted)


def _record(
    type_: EventType, settlement: Settlement, *, at: datetime, body: dict[str, Any], is_counted: bool = True
) -> None:
    named = {
        "settlement_id": settlement.uuid,
        "settlement_type": settlement.type,
        "business_date": settlement.business_date,
    }
    record_event(
        type_=type_,
        store=settlement.store,
        place_id=settlement.place_id,
        at=at,
        body=named | body,
        is_counted=is_counted,
    )
