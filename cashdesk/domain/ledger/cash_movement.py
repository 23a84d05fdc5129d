"""Records money that people move at a register or the vault.

The kinds are paid in, paid out, drop, loan, deposit and withdrawal.
"""

from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger import ledger
from cashdesk.domain.ledger.cash_limits import is_locked
from cashdesk.domain.ledger.entry import Entry
from cashdesk.domain.ledger.movement_event import record_moved
from cashdesk.domain.store.may_trade import refuse_switched_off, refuse_unsettled
from cashdesk.domain.store.place import places_of
from cashdesk.domain.store.place_lock import lock_places
from cashdesk.enums import CASH, MovementKind, PlaceKind, SessionStatus, Settling
from cashdesk.errors import Conflict, Forbidden, InvalidInput, InvalidMovement, NothingOpen
from cashdesk.models import CashSession, Movement, Place, Store
from cashdesk.money import bounded
from cashdesk.movement_rules import RULES

LOCKED_KINDS: Final = frozenset({MovementKind.PAID_IN, MovementKind.PAID_OUT, MovementKind.LOAN})
"""What a register that holds too much cash does not take until a drop. Sales and refunds are never stopped."""


@transaction.atomic
def move_cash(
    *, session: CashSession, kind: MovementKind, amount: int, by: Principal, at: datetime, reason: str, note: str = ""
) -> Movement:
    """Records `amount` minor units of cash between an open drawer and the far end of `kind`. Returns the movement.

    The far end is the other place of this kind of movement (`KindRule.far_end`), such as the vault for a drop.

    Does not check that the drawer holds the amount: a refusal would reveal the expected amount (law 5). Raises
    NothingOpen if the session was closed meanwhile. Raises Conflict if the store or the register may not trade now, and
    for money that is paid in or out or lent while the register is locked.
    """
    places = places_of(session.store)
    register = _lock(session.register, kind=kind, places=places)
    session = CashSession.objects.select_related("store").get(pk=session.pk)
    if not session.is_open:
        raise NothingOpen(_("No active shift found for the current user"))
    refuse_switched_off(session.store)
    refuse_unsettled(register=register, store=session.store)
    _refuse_locked(register, kind=kind, store=session.store, at=at)
    source, destination = _route(register, kind=kind, places=places)
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
    return _record(entry, store=session.store, by=by, at=at)


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
    """Records `amount` minor units between `here` and the far end of `kind`. Returns the movement.

    `here` is a register or the vault. The far end is the other place of this kind of movement (`KindRule.far_end`). A
    movement at a register belongs to the open session, if there is one.

    Raises InvalidInput for a kind that is not possible at the place, and for a method other than cash if the kind
    allows only cash. Raises Conflict if the store or the register may not trade now, and for money that is paid in or
    out or lent at a register that is locked until a drop (docs/decisions/0047).
    """
    rule = RULES[kind]
    if not rule.is_by_hand or here.kind not in rule.near_ends:
        raise InvalidInput.of(
            "kind", _("%(kind)s is not possible here (%(place)s).") % {"kind": _(kind.label), "place": here}
        )
    if method != CASH and rule.cash_only:
        raise InvalidInput.of(
            "method", _("%(kind)s moves only cash. Choose the method CASH.") % {"kind": _(kind.label)}
        )
    if rule.far_end != PlaceKind.BANK:
        # Movements from and to the bank are allowed in an inactive store, so that it can empty its vault.
        refuse_switched_off(store)
    places = places_of(store)
    locked = _lock(here, kind=kind, places=places)
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
        _refuse_locked(locked, kind=kind, store=store, at=at)
    source, destination = _route(locked, kind=kind, places=places)
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
    return _record(entry, store=store, by=by, at=at)


def _refuse_locked(register: Place, *, kind: MovementKind, store: Store, at: datetime) -> None:
    """Raises Conflict for money that a register does not take while it holds too much cash (docs/decisions/0047)."""
    if kind in LOCKED_KINDS and is_locked(register=register, store=store, at=at):
        raise Conflict(
            _("Register %(register)s holds more cash than it should. Bring cash to the safe first.")
            % {"register": register.number},
            code="drawer_locked",
        )


def may_record(kind: MovementKind, *, by: Principal) -> bool:
    """Whether the caller's role suffices to record this kind by hand at a register (`KindRule.least_role`)."""
    least = RULES[kind].least_role
    return least is not None and by.has_role(least)


def refuse_role(kind: MovementKind, *, by: Principal) -> None:
    """Raises Forbidden if the caller's role does not suffice to record this kind by hand."""
    if RULES[kind].is_by_hand and not may_record(kind, by=by):
        raise Forbidden(_("Only a manager can book this movement or order."))


def _lock(here: Place, *, kind: MovementKind, places: dict[str, Place]) -> Place:
    other = places[RULES[kind].far_end]
    return lock_places(shared=[here, *([other] if other.kind == PlaceKind.VAULT else [])])[here.pk]


def _route(here: Place, *, kind: MovementKind, places: dict[str, Place]) -> tuple[Place, Place]:
    """Returns the source and the destination of a movement that a person records at a place."""
    rule = RULES[kind]
    if not rule.is_by_hand:
        raise InvalidMovement(f"{kind.label}: is not recorded by hand.")
    other = places[rule.far_end]
    return (other, here) if rule.comes_in else (here, other)


def _record(entry: Entry, *, store: Store, by: Principal, at: datetime) -> Movement:
    bounded(entry.amount, entry.currency, field="amount")
    (made,) = ledger.record(store=store, entries=[entry], by=by, at=at)
    record_moved(entry, uuid=made, store=store, by=by, at=at)
    return Movement.objects.select_related("store", "source", "destination", "session", "recorded_by").get(uuid=made)
