"""Writes events in the transaction of their cause."""

import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from cashdesk.domain.caller.event_types import EVENT_RULES
from cashdesk.enums import EventType
from cashdesk.models import Event, Store

_together: ContextVar[list[Event] | None] = ContextVar("events_together", default=None)


def record_event(
    *,
    type_: EventType,
    store: Store,
    at: datetime,
    body: Mapping[str, Any],
    place_id: int | None = None,
    is_counted: bool = True,
) -> None:
    """Writes an event in the transaction of its cause. Call it once, after the change, under the lock of its place.

    `body` has exactly the fields of the type's row in `event_types`, in minor units and with instants in UTC. If
    `is_counted` is false, leaves out the figures of that row (law 5). Raises ValueError for other fields.
    """
    record_events([event_of(type_=type_, store=store, at=at, body=body, place_id=place_id, is_counted=is_counted)])


def record_events(events: Iterable[Event]) -> None:
    """Writes the given events in their order, with one statement. Without events, runs no statement.

    Inside `events_together`, the block writes them at its end.
    """
    together = _together.get()
    if together is not None:
        together.extend(events)
    else:
        Event.objects.bulk_create(events)


@contextmanager
def events_together() -> Iterator[None]:
    """Writes all events of the block with one statement at its end, in their order. Writes none after an exception.

    Transitions use it as a decorator, inside their transaction. A block must not roll back to a savepoint and go on,
    because it would keep the events of what was rolled back. A block inside another block adds its events to the outer
    one.
    """
    if _together.get() is not None:
        yield
        return
    events: list[Event] = []
    reset = _together.set(events)
    try:
        yield
    finally:
        _together.reset(reset)
    record_events(events)


def event_of(
    *,
    type_: EventType,
    store: Store,
    at: datetime,
    body: Mapping[str, Any],
    place_id: int | None = None,
    is_counted: bool = True,
) -> Event:
    """Returns an event for `record_events`, as `record_event` would write it."""
    if set(body) != set(EVENT_RULES[type_].fields):
        raise ValueError(f"{type_} needs exactly the fields {', '.join(EVENT_RULES[type_].fields)}.")
    return Event(
        uid=uuid.uuid4(),
        type=type_,
        account_id=store.account_id,
        store=store,
        place_id=place_id,
        occurred_at=at,
        body=dict(body) if is_counted else {**body, **dict.fromkeys(EVENT_RULES[type_].figures)},
    )


def published(event: Event) -> dict[str, Any]:
    """Returns an event as `GET /events` and webhooks publish it. The caller has loaded its store and place.

    The same event always gives the same result, so that receivers can compare repeated deliveries.
    """
    return {
        "id": str(event.uid),
        "type": event.type,
        "timestamp": event.occurred_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "store_id": str(event.store.uuid),
        "store": event.store.number,
        "station": event.place.number if event.place is not None else None,
        # PostgreSQL does not keep the order of the keys.
        "data": {field: event.body.get(field) for field in EVENT_RULES[event.type].fields},
    }
