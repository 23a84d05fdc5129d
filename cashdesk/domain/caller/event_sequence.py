"""Gives committed events their position in the order that readers see."""

from typing import Final

from django.db import DatabaseError, connection
from django.db.models import Max

from cashdesk.lock_timeout import without_waiting
from cashdesk.models import Event

SEQUENCED_AT_ONCE: Final = 2000
"""The most events that one call of `sequence_events` gives a position."""

STOPPED_FOR: Final = "1min"
"""If a process is stopped for this long while it gives positions, PostgreSQL ends its session."""


def sequence_events() -> bool:
    """Gives committed events without a position the next positions. Returns whether events may be left without one.

    Readers page by position. Ids are not safe for this: an id is drawn before the commit, so a slow transaction commits
    an event with a smaller id after a reader has already passed it. A position is drawn after the commit, by one
    transaction at a time. So a position that a reader sees never gets a smaller one afterwards.

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
        # The database takes no writes, or another one is writing to SQLite. Readers get the events with a position.
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
    """Takes the lock of the sequencer until the transaction ends. Returns False if somebody else has it.

    SQLite needs no such lock, because it has one writer at a time.
    """
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        # A process that is stopped here would otherwise keep the lock, and nobody would get new events.
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(hashtext('cashdesk_event')), "
            "set_config('idle_in_transaction_session_timeout', %s, true)",
            [STOPPED_FOR],
        )
        is_taken, _timeout = cursor.fetchone()
        return bool(is_taken)
