"""Locks on places, and the mark that tells postings that a place made a transition."""

from collections.abc import Iterable

from django.db import connection
from django.db.models import F

from cashdesk.models import Place


def lock_places(*, exclusive: Iterable[Place] = (), shared: Iterable[Place] = ()) -> dict[int, Place]:
    """Locks the rows of places until the transaction ends, in the order of their ids, and returns them as they now are.

    Exclusive is for transitions, shared for postings (docs/structure.md, section 5): a transition waits for every
    posting before it, and postings do not wait for each other. SQLite has one writer at a time, so its transaction is
    the lock.
    """
    wanted = {place.pk: False for place in shared} | {place.pk: True for place in exclusive}
    found = {}
    for pk in sorted(wanted):
        if connection.vendor == "postgresql" and not wanted[pk]:
            found[pk] = Place.objects.raw("SELECT * FROM cashdesk_place WHERE id = %s FOR SHARE", [pk])[0]
        else:
            # NO KEY: a lock that foreign keys to the place do not wait for, as nobody ever changes its id.
            found[pk] = Place.objects.select_for_update(no_key=True).get(pk=pk)
    return found


def mark_transition(place: Place) -> None:
    """Notes that a place made a transition; a posting that looked before it will look again."""
    Place.objects.filter(pk=place.pk).update(transitions=F("transitions") + 1)
