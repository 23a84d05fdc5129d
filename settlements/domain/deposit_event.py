"""Writes the events of deposits."""

from datetime import datetime
from typing import Any

from cashdesk.domain.caller.event import record_event
from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import EventType
from settlements.models import Deposit


def record_collected(deposit: Deposit, *, at: datetime) -> None:
    """Writes the event of a collected bag."""
    _record(EventType.DEPOSIT_COLLECTED, deposit, at=at, body={"collected_by": deposit.collected_by_id})


def record_credited(
    deposit: Deposit, *, credited: int, by: Principal, at: datetime, is_correction: bool = False
) -> None:
    """Writes the event of a bank credit, or of its correction. `credited` is in minor units."""
    body = {
        "credited_amount": credited,
        "difference": credited - deposit.movement.amount,
        "credited_by": by.user.pk if by.user else None,
        "is_correction": is_correction,
    }
    _record(EventType.DEPOSIT_CREDITED, deposit, at=at, body=body)


def _record(type_: EventType, deposit: Deposit, *, at: datetime, body: dict[str, Any]) -> None:
    movement = deposit.movement
    named = {
        "deposit_id": deposit.uuid,
        "bag_number": deposit.bag_number,
        "slip_number": deposit.slip_number,
        "currency": movement.currency,
        "amount": movement.amount,
    }
    # The place of the movement is the vault, which packed the bag.
    record_event(type_=type_, store=deposit.store, place_id=movement.source_id, at=at, body=named | body)
