"""Money that goes in and out of a register or the vault beside the sales: paid in, paid out, drops, loans, and what is
carried to the bank and fetched from it.
"""

from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger import ledger
from cashdesk.domain.ledger.entry import Entry
from cashdesk.domain.store.may_trade import refuse_switched_off, refuse_unsettled
from cashdesk.domain.store.place import places_of
from cashdesk.domain.store.place_lock import lock_places
from cashdesk.enums import CASH, MOVEMENT_ENDS, MovementKind, PlaceKind, SessionStatus, Settling
from cashdesk.errors import Conflict, InvalidInput, NothingOpen
from cashdesk.models import CashSession, Movement, Place, Store
from cashdesk.money import bounded

OTHER_END: Final = {
    MovementKind.PAID_IN: PlaceKind.OUTSIDE,
    MovementKind.PAID_OUT: PlaceKind.OUTSIDE,
    MovementKind.DROP: PlaceKind.VAULT,
    MovementKind.LOAN: PlaceKind.VAULT,
    MovementKind.DEPOSIT: PlaceKind.BANK,
    MovementKind.WITHDRAWAL: PlaceKind.BANK,
}
INTO_THE_PLACE: Final = frozenset({MovementKind.PAID_IN, MovementKind.LOAN, MovementKind.WITHDRAWAL})
OF_ANY_METHOD: Final = frozenset({MovementKind.PAID_IN, MovementKind.PAID_OUT})
"""All others carry cash: nobody drops a card payment into a safe (docs/structure.md, section 3)."""
WITH_THE_BANK: Final = frozenset({MovementKind.DEPOSIT, MovementKind.WITHDRAWAL})
"""A store that is switched off still settles with its bank: its vault is emptied, and change under way arrives."""


@transaction.atomic
def move_cash(
    *, session: CashSession, kind: MovementKind, amount: int, by: Principal, at: datetime, reason: str, note: str = ""
) -> Movement:
    """Moves `amount` minor units of cash between an open drawer and the other end of `kind`, and returns the movement.

    A drawer is never asked whether it holds that much: the answer would tell what is expected (law 5).
    Raises NothingOpen when the session was closed meanwhile, Conflict where the register or store must not trade now.
    """
    ends = places_of(session.store)
    register = _lock(session.register, kind=kind, ends=ends)
    session = CashSession.objects.select_related("store").get(pk=session.pk)
    if not session.is_open:
        raise NothingOpen(_("No active shift found for the current user"))
    refuse_switched_off(session.store)
    refuse_unsettled(register=register, store=session.store)
    return _record(
        store=session.store,
        here=register,
        ends=ends,
        kind=kind,
        amount=amount,
        currency=session.currency,
        method=CASH,
        session=session,
        by=by,
        at=at,
        reason=reason,
        note=note,
    )


@transaction.atomic
def move_money(
    *,
    here: Place,
    store: Store,
    kind: MovementKind,
    amount: int,
    currency: str,
    by: Principal,
    at: datetime,
    method: str = CASH,
    reason: str = "",
    note: str = "",
) -> Movement:
    """Moves `amount` minor units between a register or the vault and the other end of `kind`, and returns the movement.

    At a register it belongs to the open session, if there is one; a register that does not trade moves nothing.
    Raises InvalidInput for a kind that the place has not, or a method that is not carried; Conflict.
    """
    if not any(here.kind in ends for ends in MOVEMENT_ENDS[kind]) or OTHER_END[kind] == here.kind:
        raise InvalidInput.of(
            "kind", _("%(kind)s is not possible here (%(place)s).") % {"kind": _(kind.label), "place": here}
        )
    if method != CASH and kind not in OF_ANY_METHOD:
        raise InvalidInput.of(
            "method", _("%(kind)s moves only cash. Choose the method CASH.") % {"kind": _(kind.label)}
        )
    if kind not in WITH_THE_BANK:
        refuse_switched_off(store)
    ends = places_of(store)
    locked = _lock(here, kind=kind, ends=ends)
    session = None
    if locked.kind == PlaceKind.REGISTER:
        refuse_unsettled(register=locked, store=store)
        session = CashSession.objects.filter(register=locked, status=SessionStatus.OPEN).first()
        if session is None and locked.settling != Settling.OPEN:
            raise Conflict(
                _("Register %(register)s is not open. Open a session or a settlement there first.")
                % {"register": locked.number},
                code="register_is_idle",
            )
    return _record(
        store=store,
        here=locked,
        ends=ends,
        kind=kind,
        amount=amount,
        currency=currency,
        method=method,
        session=session,
        by=by,
        at=at,
        reason=reason,
        note=note,
    )


def _lock(here: Place, *, kind: MovementKind, ends: dict[str, Place]) -> Place:
    other = ends[OTHER_END[kind]]
    return lock_places(shared=[here, *([other] if other.kind == PlaceKind.VAULT else [])])[here.pk]


def _record(
    *,
    store: Store,
    here: Place,
    ends: dict[str, Place],
    kind: MovementKind,
    amount: int,
    currency: str,
    method: str,
    session: CashSession | None,
    by: Principal,
    at: datetime,
    reason: str,
    note: str,
) -> Movement:
    other = ends[OTHER_END[kind]]
    bounded(amount, currency, field="amount")
    source, destination = (other, here) if kind in INTO_THE_PLACE else (here, other)
    entry = Entry(
        source=source,
        destination=destination,
        amount=amount,
        currency=currency,
        method=method,
        kind=kind,
        occurred_at=at,
        session=session,
        reason=reason,
        note=note,
    )
    (made,) = ledger.record(store=store, entries=[entry], by=by, at=at)
    return Movement.objects.select_related("store", "source", "destination", "session", "recorded_by").get(uuid=made)
