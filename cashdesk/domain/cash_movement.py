"""Cash that goes in and out of an open drawer beside the sales: paid in, paid out, drops and loans."""

from datetime import datetime

from django.db import transaction

from cashdesk.domain import ledger, place
from cashdesk.domain.ledger import Entry
from cashdesk.domain.principal import Principal
from cashdesk.enums import CASH, MovementKind, PlaceKind
from cashdesk.errors import NothingOpen
from cashdesk.models import CashSession, Movement

OTHER_END = {
    MovementKind.PAID_IN: PlaceKind.OUTSIDE,
    MovementKind.PAID_OUT: PlaceKind.OUTSIDE,
    MovementKind.DROP: PlaceKind.VAULT,
    MovementKind.LOAN: PlaceKind.VAULT,
}
INTO_THE_DRAWER = frozenset({MovementKind.PAID_IN, MovementKind.LOAN})


@transaction.atomic
def move_cash(
    *, session: CashSession, kind: MovementKind, amount: int, by: Principal, at: datetime, reason: str, note: str = ""
) -> Movement:
    """Moves `amount` minor units of cash between an open drawer and the other end of `kind`, and returns the movement.

    A drawer is never asked whether it holds that much: the answer would tell what is expected (law 5).
    Raises NothingOpen when the session was closed meanwhile.
    """
    ends = place.places_of(session.store)
    other = ends[OTHER_END[kind]]
    register = place.lock(shared=[session.register, *([other] if other.kind == PlaceKind.VAULT else [])])[
        session.register_id
    ]
    if not CashSession.objects.get(pk=session.pk).is_open:
        raise NothingOpen("No active shift found for the current user")
    source, destination = (other, register) if kind in INTO_THE_DRAWER else (register, other)
    entry = Entry(
        source=source,
        destination=destination,
        amount=amount,
        currency=session.currency,
        method=CASH,
        kind=kind,
        occurred_at=at,
        session=session,
        reason=reason,
        note=note,
    )
    (made,) = ledger.record(store=session.store, entries=[entry], by=by, at=at)
    return Movement.objects.select_related("session", "recorded_by").get(uuid=made)
