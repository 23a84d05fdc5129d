"""What the transitions of a cash session book: floats, returns and differences."""

from datetime import datetime

from cashdesk.domain import ledger
from cashdesk.domain.entry import Entry, entries_of_difference
from cashdesk.domain.principal import Principal
from cashdesk.enums import CASH, MovementKind, PlaceKind, Settling
from cashdesk.models import CashSession, Place


def record_difference(
    *, session: CashSession, ends: dict[str, Place], difference: int, by: Principal, at: datetime
) -> None:
    """Books counted minus book over/short."""
    entries = entries_of_difference(
        place=session.register,
        over_short=ends[PlaceKind.OVER_SHORT],
        difference=difference,
        currency=session.currency,
        method=CASH,
        at=at,
        session=session,
    )
    if entries:
        ledger.record(store=session.store, entries=entries, by=by, at=at)


def record_return(
    *, session: CashSession, register: Place, ends: dict[str, Place], amount: int, by: Principal, at: datetime
) -> None:
    """Puts the counted cash back into the vault, unless a settlement holds the drawer: then it stays in it."""
    if amount and register.settling == Settling.NONE:
        record_transfer(
            session=session,
            kind=MovementKind.RETURN,
            source=register,
            destination=ends[PlaceKind.VAULT],
            amount=amount,
            by=by,
            at=at,
        )


def record_transfer(
    *,
    session: CashSession,
    kind: MovementKind,
    source: Place,
    destination: Place,
    amount: int,
    by: Principal,
    at: datetime,
) -> None:
    """Moves cash of a session between two places of the store, minor units."""
    entry = Entry(
        source=source,
        destination=destination,
        amount=amount,
        currency=session.currency,
        method=CASH,
        kind=kind,
        occurred_at=at,
        session=session,
    )
    ledger.record(store=session.store, entries=[entry], by=by, at=at)
