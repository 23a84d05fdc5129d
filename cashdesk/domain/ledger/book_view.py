"""Shows a manager what a place should hold, and notes it: somebody will count that place."""

from datetime import datetime
from typing import Final

from django.db import transaction

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.expected import Book, book_of
from cashdesk.enums import PlaceKind, Role
from cashdesk.errors import Forbidden, InvalidInput
from cashdesk.models import Place

COUNTED_PLACES: Final = frozenset({PlaceKind.VAULT, PlaceKind.REGISTER})


@transaction.atomic
def view_book(*, place: Place, by: Principal, at: datetime) -> Book:
    """Returns what a vault or a register should hold now, and notes who was shown it (law 5).

    Raises Forbidden for a cashier, InvalidInput for a place outside the store, where nobody counts.
    """
    if not by.has_role(Role.MANAGER):
        raise Forbidden("What a place should hold is a manager's to see.")
    if place.kind not in COUNTED_PLACES:
        raise InvalidInput.of("place", "is not a vault or a register.")
    audit.note(action="expected.seen", subject=f"place:{place.pk}", by=by, at=at, store=place.store)
    return book_of(place)
