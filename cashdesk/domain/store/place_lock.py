"""Locks places, and counts their transitions."""

from collections.abc import Iterable

from django.db import connection
from django.db.models import F

from cashdesk.models import Place


def lock_places(*, exclusive: Iterable[Place] = (), shared: Iterable[Place] = ()) -> dict[int, Place]:
    """Locks places in the order of their ids, and returns their current rows by id.

    The locks last until the transaction ends. Transitions take exclusive locks, and postings take shared locks
    (docs/structure.md, section 5). So a transition waits for earlier postings, but postings do not wait for each other.
    SQLite needs no row locks, because it has one writer at a time.
    """
    wanted = {place.pk: False for place in shared} | {place.pk: True for place in exclusive}
    found = {}
    for pk in sorted(wanted):
        if connection.vendor == "postgresql" and not wanted[pk]:
            found[pk] = Place.objects.raw("SELECT * FROM cashdesk_place WHERE id = %s FOR SHARE", [pk])[0]
        else:
            # NO KEY: inserts that refer to the place do not wait for this lock. They need not, because its id never changes.
            found[pk] = Place.objects.select_for_update(no_key=True).get(pk=pk)
    return found


def mark_transition(place: Place) -> None:
    """Increments the place's transition counter. A posting that read the old value must read the place again."""
    Place.objects.filter(pk=place.pk).update(transitions=F("transitions") + 1)
