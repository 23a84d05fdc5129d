"""Writes events, and gives committed events their position in the order that readers see."""

import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Final

from django.db import DatabaseError, connection
from django.db.models import Max

from cashdesk.domain.caller.event_types import EVENT_RULES
from cashdesk.enums import EventType
from cashdesk.lock_timeout import without_waiting
from cashdesk.models import Event, Store

SEQUENCED_AT_ONCE: Final = 2000
"""The most events that one call of `sequence_events` gives a position."""

STOPPED_FOR: Final = "1min"
"""PostgreSQL ends the session of a process that is stopped for so long while it gives positions."""

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

    `body` has exactly the fields of the type's row in `event_types`, in minor units and with instants in UTC. Without
    `is_counted` the figures of that row are left out (law 5). Raises ValueError for other fields.
    """
    record_events([event_of(type_=type_, store=store, at=at, body=body, place_id=place_id, is_counted=is_counted)])


def record_events(events: Iterable[Event]) -> None:
    """Writes several events of `event_of` with one statement, in this order. Runs no statement if there are none."""
    together = _together.get()
    if together is not None:
        together.extend(events)
    else:
        Event.objects.bulk_create(events)


@contextmanager
def events_together() -> Iterator[None]:
    """Writes all events of the block with one statement at its end, in their order. Writes none after an exception.

    Transitions use it as a decorator, inside their transaction. A block must not roll back to a savepoint and go on,
    because it would keep the events of what was rolled back. A block inside another one belongs to it.
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


def sequence_events() -> bool:
    """Gives committed events without a position the next positions. Returns whether events may be left without one.

    Readers page by position. An id would not do: it is drawn before the commit, so a slow transaction commits an event
    with a smaller id after a reader has already passed it. A position is drawn after the commit, by one transaction at
    a time. So a position that a reader sees never gets a smaller one afterwards.

    Positions keep the order of each place. A transition holds the place's lock until it commits, so the next
    transition draws a larger id, and whoever sees its event sees the earlier event too.

    Runs one statement if there is nothing to do, and a fixed number otherwise. It waits for nobody: if another process
    is giving positions now, or if the database takes no writes, it returns True. Postings and transitions never wait
    for it.
    """
    if not Event.objects.filter(position__isnull=True).order_by().exists():
        return False
    try:
        with without_waiting():
            if not _is_only_sequencer():
                return True
            with connection.cursor() as cursor:
                # A statement of its own: its snapshot must see the positions of the process that had the lock before.
                cursor.execute(_SEQUENCE, [SEQUENCED_AT_ONCE])
                return bool(cursor.rowcount == SEQUENCED_AT_ONCE)
    except DatabaseError:
        # The database takes no writes, or another one is writing to SQLite. Readers get what has a position.
        return True


def last_position() -> int:
    """Returns the position of the newest event that has one, or 0."""
    return Event.objects.aggregate(last=Max("position"))["last"] or 0


_SEQUENCE: Final = """
    UPDATE cashdesk_event SET position = numbered.position
    FROM (
        SELECT id, (SELECT COALESCE(MAX(position), 0) FROM cashdesk_event) + ROW_NUMBER() OVER (ORDER BY id) AS position
        FROM (SELECT id FROM cashdesk_event WHERE position IS NULL ORDER BY id LIMIT %s) AS waiting
    ) AS numbered
    WHERE cashdesk_event.id = numbered.id
"""


def _is_only_sequencer() -> bool:
    """Takes the lock of the sequencer until the transaction ends, unless somebody else has it.

    SQLite has one writer at a time, so its statement is the lock.
    """
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        # A process that is stopped here would else keep the lock, and nobody would get new events.
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(hashtext('cashdesk_event')), "
            "set_config('idle_in_transaction_session_timeout', %s, true)",
            [STOPPED_FOR],
        )
        is_taken, _timeout = cursor.fetchone()
        return bool(is_taken)
