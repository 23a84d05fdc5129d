"""What the transitions of a cash session book, floats, returns and differences, and what they raise for supervisors."""

from dataclasses import replace
from datetime import datetime

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import CountedAmount
from cashdesk.domain.ledger import ledger
from cashdesk.domain.ledger.entry import Entry, entries_of_difference
from cashdesk.domain.ledger.raise_variance import Cause, raise_difference
from cashdesk.domain.session.handover import Custody, custody_of
from cashdesk.enums import CASH, MovementKind, PlaceKind, Settling, VarianceKind
from cashdesk.models import CashSession, Place


def record_difference(
    *,
    session: CashSession,
    ends: dict[str, Place],
    difference: int,
    by: Principal,
    at: datetime,
    is_of_session: bool = True,
    currency: str = "",
) -> None:
    """Books counted minus book over/short, of the session's own currency unless another is named."""
    entries = entries_of_difference(
        place=session.register,
        over_short=ends[PlaceKind.OVER_SHORT],
        difference=difference,
        currency=currency or session.currency,
        method=CASH,
        at=at,
        session=session if is_of_session else None,
    )
    if entries:
        ledger.record(store=session.store, entries=entries, by=by, at=at)


def record_return(
    *,
    session: CashSession,
    register: Place,
    ends: dict[str, Place],
    amount: int,
    by: Principal,
    at: datetime,
    is_of_session: bool = True,
    currency: str = "",
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
            is_of_session=is_of_session,
            currency=currency,
        )


def record_afterwards(
    *,
    session: CashSession,
    register: Place,
    ends: dict[str, Place],
    counted: CountedAmount,
    difference: int,
    by: Principal,
    at: datetime,
) -> None:
    """Books what was found afterwards in a drawer that a session left. Of one that was handed over nothing belongs to the
    session any more, whose own count and close are booked: neither the difference nor the cash on its way to the vault.
    """
    is_of_session = not session.is_handed_over
    currency = counted.currency
    record_difference(
        session=session, ends=ends, difference=difference, by=by, at=at, is_of_session=is_of_session, currency=currency
    )
    record_return(
        session=session,
        register=register,
        ends=ends,
        amount=counted.amount,
        by=by,
        at=at,
        is_of_session=is_of_session,
        currency=currency,
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
    is_of_session: bool = True,
    currency: str = "",
) -> None:
    """Moves cash of a session between two places of the store, minor units."""
    entry = Entry(
        source=source,
        destination=destination,
        amount=amount,
        currency=currency or session.currency,
        method=CASH,
        kind=kind,
        occurred_at=at,
        session=session if is_of_session else None,
    )
    ledger.record(store=session.store, entries=[entry], by=by, at=at)


def bring_to_float(
    session: CashSession, *, ends: dict[str, Place], held_amount: int, by: Principal, at: datetime
) -> None:
    """Brings the register's book, which held so much, to the float: out of the vault, or by the opening difference."""
    if held_amount:
        custody = custody_of(session.register, until=session)
        record_difference(session=session, ends=ends, difference=session.opening_difference, by=by, at=at)
        counted = CountedAmount(currency=session.currency, amount=session.start_amount)
        raise_opening(session, custody, expected=held_amount, counted=counted, by=by, at=at)
        _note_counted_in(session, custody.handed_over_by, by=by, at=at)
    elif session.start_amount:
        record_transfer(
            session=session,
            kind=MovementKind.FLOAT,
            source=ends[PlaceKind.VAULT],
            destination=session.register,
            amount=session.start_amount,
            by=by,
            at=at,
        )


def _note_counted_in(session: CashSession, before: CashSession | None, *, by: Principal, at: datetime) -> None:
    """Names both hands of a handover in the trail, whether or not something is missing."""
    if before is not None:
        detail = {
            "from_session": before.pk,
            "handed_over_by": str(before.user),
            "handed_over_at": before.closed_at.isoformat() if before.closed_at else "",
            "counted_in_by": str(session.user),
            "difference": session.opening_difference,
        }
        audit.note(
            action="session.counted_in",
            subject=f"session:{session.pk}",
            by=by,
            at=at,
            store=session.store,
            detail=detail,
        )


def cause_of(session: CashSession, *, of_cashier: bool = True) -> Cause:
    """Returns what a difference of a session came from; of custody it is nobody's drawer."""
    return Cause(
        store=session.store,
        subject=f"session:{session.pk}",
        business_date=session.business_date,
        place=session.register,
        session=session,
        person_id=session.user_id if of_cashier else None,
    )


def raise_opening(
    session: CashSession, custody: Custody, *, expected: int, counted: CountedAmount, by: Principal, at: datetime
) -> None:
    """Raises what was counted in minus what the drawer held, minor units.

    Custody between two people is nobody's drawer; a cashier who opens the drawer they left has had it all the time.
    """
    cause = cause_of(session, of_cashier=custody.keeper_id == session.user_id)
    _raise(VarianceKind.OPENING, cause, expected=expected, counted=counted, by=by, at=at)


def raise_counted(
    session: CashSession,
    *,
    expected: int,
    counted: CountedAmount,
    by: Principal,
    at: datetime,
    of_cashier: bool = True,
) -> None:
    """Raises counted minus expected of a session, minor units."""
    cause = cause_of(session, of_cashier=of_cashier)
    _raise(VarianceKind.SESSION, cause, expected=expected, counted=counted, by=by, at=at)


def raise_counted_afterwards(
    session: CashSession, *, expected: int, counted: CountedAmount, by: Principal, at: datetime
) -> None:
    """Raises what was found afterwards in a drawer, minor units. Of one that was handed over it is custody's: the cashier
    had counted it out. It has a subject of its own, since the session may have been begun with a gap of that kind.
    """
    if not session.is_handed_over:
        raise_counted(session, expected=expected, counted=counted, by=by, at=at)
        return
    cause = replace(cause_of(session, of_cashier=False), subject=f"handover:{session.pk}")
    _raise(VarianceKind.OPENING, cause, expected=expected, counted=counted, by=by, at=at)


def _raise(
    kind: VarianceKind, cause: Cause, *, expected: int, counted: CountedAmount, by: Principal, at: datetime
) -> None:
    raise_difference(
        kind=kind, cause=cause, expected=expected, counted=counted.amount, currency=counted.currency, by=by, at=at
    )
