"""Writes the event of a movement that a person recorded or reversed by hand."""

from datetime import datetime
from typing import Any
from uuid import UUID

from cashdesk.domain.caller.event import record_event
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.entry import Entry
from cashdesk.enums import EventType, PlaceKind
from cashdesk.models import Place, Store


def record_moved(entry: Entry, *, uuid: UUID, store: Store, by: Principal, at: datetime) -> None:
    """Writes the event of the movement `uuid` that `entry` describes. Its place is the register, or else the vault."""
    body = {
        "movement_id": uuid,
        "kind": entry.kind,
        "source": _named(entry.source),
        "destination": _named(entry.destination),
        "amount": entry.amount,
        "currency": entry.currency,
        "method": entry.method,
        "session_id": entry.session.pk if entry.session else None,
        "business_date": entry.date_in(store),
        "recorded_by": by.user.pk if by.user else None,
        "reason": entry.reason,
        "is_late": entry.is_late,
        "reverses": entry.reverses.uuid if entry.reverses else None,
    }
    record_event(type_=EventType.MOVEMENT_RECORDED, store=store, place_id=_near_end(entry), at=at, body=body)


def _named(place: Place) -> dict[str, Any]:
    is_inside = place.kind in (PlaceKind.REGISTER, PlaceKind.VAULT)
    return {"kind": place.kind, "station": place.number if is_inside else None}


def _near_end(entry: Entry) -> int | None:
    for kind in (PlaceKind.REGISTER, PlaceKind.VAULT):
        for place in (entry.source, entry.destination):
            if place.kind == kind:
                return place.pk
    return entry.late_for.pk if entry.late_for else None
