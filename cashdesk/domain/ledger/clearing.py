"""Moves card money and other non-cash out of a register when its last period ends."""

from datetime import datetime

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger import ledger
from cashdesk.domain.ledger.entry import entries_to_clearing
from cashdesk.domain.ledger.expected import Balances
from cashdesk.domain.store.place import places_of
from cashdesk.enums import CASH, PlaceKind
from cashdesk.models import CashSession, Place, Store


def clear_register(
    *,
    register: Place,
    balances: Balances,
    store: Store,
    by: Principal,
    at: datetime,
    session: CashSession | None = None,
) -> None:
    """Books everything but cash from a register to clearing, where it waits for the payout of its acquirer.

    `balances` is the book of the register. The caller holds the register's exclusive lock, seals its period afterwards,
    and has made sure that no other period of the register is open. Runs two statements, or none without such money.
    """
    if any(amount for (_currency, method), amount in balances.items() if method != CASH):
        clearing = places_of(store)[PlaceKind.CLEARING]
        entries = entries_to_clearing(register=register, clearing=clearing, balances=balances, at=at, session=session)
        ledger.record(store=store, entries=entries, by=by, at=at)
