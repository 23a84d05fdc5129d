"""The limits of a register or a safe: the place's own value, else the value of its store."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Literal

from django.db import transaction
from django.utils.translation import gettext as _

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.edit import changes_between, refuse_stale
from cashdesk.domain.caller.principal import Principal
from cashdesk.errors import Forbidden
from cashdesk.models import Place, Store

Limit = Literal[
    "tolerance_minor", "tolerance_basis_points", "escalation_minor", "witness_minor", "pull_minor", "lock_minor"
]
"""A column that a place and its store both have."""


def limit_of(limit: Limit, *, place: Place | None, store: Store) -> int | None:
    """Returns a limit, or None for no limit. Without a place it is the limit of the store.

    It is in minor units, but `tolerance_basis_points` is in hundredths of a percent.
    """
    own: int | None = getattr(place, limit) if place is not None else None
    found: int | None = getattr(store, limit) if own is None else own
    return found


@transaction.atomic
def change_place_limits(
    *, place: Place, fields: Collection[str], by: Principal, at: datetime, seen: Mapping[str, str] | None = None
) -> bool:
    """Saves the named limits of a place, and returns whether a value changed. `place` has the new values.

    A count that is being confirmed at this moment is judged by the old values or by the new ones, never by both. Raises
    Forbidden unless the caller is an admin of the account, because the limits decide how a manager is judged. Raises
    ChangedMeanwhile if the place does not have the values in `seen` any more.
    """
    if not by.administers(place.store.account_id):
        raise Forbidden(_("Only an admin of the account can change these settings."))
    before = Place.objects.select_for_update(no_key=True).get(pk=place.pk)
    refuse_stale(before, seen)
    changes = changes_between(before, place, fields)
    if not changes:
        return False
    place.save(update_fields=list(changes))
    audit.note_edit(noun="place", row=place, changes=changes, by=by, at=at, store=place.store)
    return True
