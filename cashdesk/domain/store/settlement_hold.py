"""Stores the state of a settlement in the row of its place: open, being counted, or none.

A settlement holds its place from its opening until its close.
"""

from datetime import datetime
from typing import Any

from django.db.models import F

from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import Settling
from cashdesk.models import Place


def hold_place(place: Place, *, by: Principal, after_z: int, at: datetime) -> None:
    """Records that a settlement now holds the place, and increments the transition counter.

    `after_z` is the number of the place's last Z before the settlement.
    """
    _settle(place, settling=Settling.OPEN, settling_by=by.user, settled_after_z=after_z, settling_since=at)


def hold_place_for_counting(place: Place) -> None:
    """Records that the place is being counted and may not trade. Increments the transition counter."""
    _settle(place, settling=Settling.COUNTING)


def release_place(place: Place) -> None:
    """Records that no settlement holds the place any more, and increments the transition counter."""
    _settle(place, settling=Settling.NONE, settling_by=None, settling_since=None)


def _settle(place: Place, **changes: Any) -> None:
    Place.objects.filter(pk=place.pk).update(transitions=F("transitions") + 1, **changes)
    for name, value in changes.items():
        setattr(place, name, value)
