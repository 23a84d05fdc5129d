"""Reads events page by page, oldest first, and deletes old ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Min, QuerySet

from cashdesk.domain.caller.event_sequence import last_position, sequence_events
from cashdesk.enums import EVENTS_KEPT_DAYS
from cashdesk.errors import Gone
from cashdesk.models import Event, WebhookAttempt, WebhookDelivery

DELETED_AFTER: Final = timedelta(days=EVENTS_KEPT_DAYS + 1)
"""One day more than promised. The database refuses to delete younger events, and its clock may be behind ours."""

DELETED_AT_ONCE: Final = 500
TURNS_MAX: Final = 1000
"""The most turns in which `delete_old_events` gives positions. Another process may be giving them at the same time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPage:
    """A page of events, oldest first.

    The next page begins after the position `reached`. If no event is left, it is the position of the newest event, even
    if the reader may not see that event. So a reader that asks regularly keeps a recent position, and the events after
    it are not deleted yet.
    """

    events: Sequence[Event]
    reached: int
    has_more: bool


def read_events(*, rows: "QuerySet[Event]", after: int | None, limit: int) -> EventPage:
    """Returns the first events of `rows` after a position. Without a position, begins with the oldest kept event.

    Gives committed events their positions first, unless the database takes no writes. The number of statements is
    fixed.

    Raises Gone if events after this position were deleted. Also raises Gone if the position is higher than the newest
    one, which happens after the restore of a backup: the reader would miss new events, because they get lower
    positions.
    """
    is_behind = sequence_events()
    # Read before the page: an event that gets its position between the two statements must not be skipped.
    last = last_position()
    if after is not None and after > last:
        raise Gone(
            "This cursor is ahead of the newest event, because the database was restored from a backup. Ask for after=now, "
            "then read the lists for the current state. Or leave out after to begin with the oldest event."
        )
    start = 0 if after is None else after
    found = list(rows.filter(position__gt=start, position__lte=last).order_by("position")[: limit + 1])
    # Read after the page, because `tidy` may delete events between the two statements.
    if after is not None and after < last and not _is_kept(after + 1):
        raise Gone(
            f"The events after this cursor were deleted, because events are kept for {EVENTS_KEPT_DAYS} days. "
            "Ask for after=now, then read the lists for the current state. Or leave out after to begin with the oldest "
            "event."
        )
    if len(found) > limit:
        found.pop()
        return EventPage(events=found, reached=found[-1].position or 0, has_more=True)
    return EventPage(events=found, reached=last, has_more=is_behind)


def newest_position() -> int:
    """Returns the position of the newest event, after giving all committed events their positions. 0 if there is none."""
    sequence_events()
    return last_position()


def delete_old_events(*, at: datetime, keep_from: int | None = None) -> int:
    """Deletes the events older than DELETED_AFTER and returns their number.

    Keeps events with a position of `keep_from` or more. Keeps the newest event too, because the next position is
    counted from it. The positions of kept events have no gaps, so the oldest one tells `read_events` whether a reader
    missed any. Each batch has a transaction of its own, so that nobody waits long on SQLite.
    """
    for _turn in range(TURNS_MAX):
        if not sequence_events():
            break
    kept = Event.objects.filter(occurred_at__gt=at - DELETED_AFTER).aggregate(first=Min("position"))["first"]
    end = min(end for end in (kept, keep_from, last_position()) if end is not None)
    deleted = 0
    while (first := _first_position()) is not None and first < end:
        batch = Event.objects.filter(position__lt=min(end, first + DELETED_AT_ONCE))
        with transaction.atomic():
            # Their webhook deliveries refer to the events, so they are deleted first.
            WebhookAttempt.objects.filter(delivery__event__in=batch.order_by()).delete()
            WebhookDelivery.objects.filter(event__in=batch.order_by()).delete()
            _all, by_model = batch.delete()
        deleted += by_model[Event._meta.label]
    return deleted


def _first_position() -> int | None:
    first: int | None = Event.objects.aggregate(first=Min("position"))["first"]
    return first


def _is_kept(position: int) -> bool:
    """Whether all events from this position on still exist. `tidy` deletes the lowest positions first."""
    return Event.objects.filter(position__lte=position).order_by().exists()
