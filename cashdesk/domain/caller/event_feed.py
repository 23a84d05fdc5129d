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
"""A day more than promised, so that the clock of the database, which refuses to delete younger events, agrees."""

DELETED_AT_ONCE: Final = 500
TURNS_MAX: Final = 1000
"""The most turns in which `delete_old_events` gives positions. Another process may be giving them at the same time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPage:
    """A page of events, oldest first.

    `reached` is the position from which the next page goes on. If no event is left, it is the position of the newest
    event, also if the reader may not see that event. So the position of a reader who asks from time to time stays
    younger than the oldest event that is kept.
    """

    events: Sequence[Event]
    reached: int
    has_more: bool


def read_events(*, rows: "QuerySet[Event]", after: int | None, limit: int) -> EventPage:
    """Returns the first events of `rows` after a position, or the oldest events that are kept.

    First gives the committed events their positions, if the database takes writes. The number of statements is fixed.
    Raises Gone if events after this position were deleted, or if no event ever had this position. The second happens after
    the restore of a backup: the next events get positions that the reader believes to have read.
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

    Keeps events with a position of `keep_from` or more, and the newest event, from which the positions go on. The
    events that are left have no gaps, so `read_events` notices from the oldest one whether a reader missed any. Each
    batch has a transaction of its own, so that nobody waits long on SQLite.
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
            # What is left of their webhook deliveries goes first.
            WebhookAttempt.objects.filter(delivery__event__in=batch.order_by()).delete()
            WebhookDelivery.objects.filter(event__in=batch.order_by()).delete()
            _all, by_model = batch.delete()
        deleted += by_model[Event._meta.label]
    return deleted


def _first_position() -> int | None:
    first: int | None = Event.objects.aggregate(first=Min("position"))["first"]
    return first


def _is_kept(position: int) -> bool:
    """Whether no event with this position or a higher one was deleted. `tidy` deletes the lowest positions first."""
    return Event.objects.filter(position__lte=position).order_by().exists()
