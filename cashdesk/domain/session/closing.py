"""Closes a cash session: with a blind count, as a handover, or without a count."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.event import events_together
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import CountedAmount, keep_count
from cashdesk.domain.counting.witness import refuse_unwitnessed, refuse_witness
from cashdesk.domain.ledger.expected import book_of
from cashdesk.domain.ledger.raise_variance import raise_uncounted
from cashdesk.domain.ledger.seal import seal_period
from cashdesk.domain.session.drawer_booking import Drawer, cause_of, raise_counted
from cashdesk.domain.session.foreign_cash import (
    book_others,
    freeze_others,
    refuse_currencies,
    refuse_left_out,
)
from cashdesk.domain.session.session_event import record_closed
from cashdesk.domain.store.may_trade import refuse_counted
from cashdesk.domain.store.place import places_of
from cashdesk.domain.store.place_lock import lock_places, mark_transition
from cashdesk.enums import CASH, CountMoment, PlaceKind, SessionAct, SessionStatus, VarianceKind
from cashdesk.errors import Conflict, Forbidden, NothingOpen
from cashdesk.models import CashSession, User
from cashdesk.state_flow import FLOW


@transaction.atomic
@events_together()
def close_session(
    *,
    session: CashSession,
    counted: CountedAmount,
    by: Principal,
    at: datetime,
    others: Sequence[CountedAmount] = (),
    hands_over: bool = False,
    asks_for_all: bool = False,
    witness: User | None = None,
    refuses_unwitnessed: bool = False,
    reason: str = "",
) -> CashSession:
    """Closes a session with a blind count, and returns it with its frozen figures.

    `others` are counts of other currencies. Cash of a currency that was not counted stays in the drawer and gets a
    variance. With `asks_for_all` such a currency raises Conflict instead, so that the person counts it
    (docs/decisions/0024). `witness` is the person who confirmed the count. With `refuses_unwitnessed` a large count
    without a witness raises InvalidInput; pages set it (docs/decisions/0016). The audit trail shows `reason`.

    Does this in order:

    1. locks the register, so that earlier postings are included and later postings wait,
    2. sums the expected amount,
    3. books the difference between the register and over/short,
    4. books the return of the counted cash to the vault, and everything but cash to clearing,
    5. seals the period.

    Step 4 is left out, and the money stays in the drawer, if a settlement holds the register. With `hands_over` the cash
    stays: the next cashier counts it in.

    Raises NothingOpen if the session was closed meanwhile. So the second of two concurrent closes changes nothing.
    Raises Forbidden if the caller may not count this drawer, or the witness may not confirm this count. Raises Conflict
    for a handover while the register is being counted, and InvalidInput for a wrong currency in `others`.
    """
    places = places_of(session.store)
    register = lock_places(exclusive=[session.register], shared=[places[PlaceKind.VAULT]])[session.register_id]
    session = CashSession.objects.select_related("store", "user", "register").get(pk=session.pk)
    _refuse_counting(session, by=by)
    refuse_witness(witness, by=by, store=session.store)
    if refuses_unwitnessed:
        refuse_unwitnessed(store=session.store, place=register, amount=counted.amount, witness=witness)
    if hands_over:
        refuse_counted(register)
        session.is_handed_over = True
    refuse_currencies(others, currency=session.currency)
    book = book_of(register)
    if asks_for_all:
        refuse_left_out(session, register=register, book=book, others=others)
    expected = book.amount(currency=session.currency, method=CASH)
    found, moment = [counted, *others], CountMoment.CLOSING
    keep_count(place=register, session=session, moment=moment, counted=found, by=by, at=at, witness=witness)
    drawer = Drawer(session=session, register=register, places=places, by=by, at=at)
    drawer.book_difference(counted.amount - expected, currency=session.currency)
    if not hands_over:
        drawer.book_return(counted.amount, currency=session.currency)
    book_others(drawer, book=book, others=others)
    drawer.clear(book)
    session.seal = seal_period(place=register, last_seal=book.last_seal, at=at)
    _freeze(session=session, status=SessionStatus.CLOSED, expected=expected, declared=counted.amount, by=by, at=at)
    raise_counted(VarianceKind.SESSION, cause_of(session), expected=expected, counted=counted, by=by, at=at)
    freeze_others(session, register=register, book=book, others=others, by=by, at=at)
    figures = {"declared": counted.amount, "expected": expected, "difference": session.difference}
    detail = {**figures, **witness_detail(witness), **({"reason": reason} if reason else {})}
    action = "session.handed_over" if hands_over else "session.closed"
    audit.note(action=action, subject=f"session:{session.pk}", by=by, at=at, store=session.store, detail=detail)
    return session


@transaction.atomic
@events_together()
def force_close_session(*, session: CashSession, by: Principal, at: datetime, reason: str) -> CashSession:
    """Closes a session without a count (CLOSED_SYSTEM). Raises Conflict if it is already closed.

    The declared amount is 0 and no cash is booked. The cash stays in the register's book, and the next opening counts
    it. Other money goes to clearing, because nobody counts it in the drawer.
    """
    lock_places(exclusive=[session.register])
    session = CashSession.objects.select_related("store", "user", "register").get(pk=session.pk)
    if SessionAct.FORCE_CLOSE not in FLOW["session"][session.status]:
        raise Conflict(_("The session is already closed."), code="already_closed")
    return close_uncounted(session=session, by=by, at=at, reason=reason)


def may_count(session: CashSession, *, by: Principal) -> bool:
    """Whether the caller may count and close this drawer: its cashier, a manager of the store, or a program.

    The count and the close carry the name of the person who counts.
    """
    return by.user is None or by.user.pk == session.user_id or by.manages(session.store)


def _refuse_counting(session: CashSession, *, by: Principal) -> None:
    if SessionAct.CLOSE not in FLOW["session"][session.status]:
        raise NothingOpen(_("No active cash session found for the current user"))
    if not may_count(session, by=by):
        raise Forbidden(_("Only its cashier or a manager of the store can count this drawer."))


def witness_detail(witness: User | None) -> dict[str, int]:
    """Returns the detail of an audit entry that names the witness of a count. Empty without a witness."""
    return {"witness": witness.pk} if witness is not None else {}


def close_uncounted(*, session: CashSession, by: Principal, at: datetime, reason: str) -> CashSession:
    """Closes an open session without a count. The caller holds the register's exclusive lock."""
    book = book_of(session.register)
    expected = book.amount(currency=session.currency, method=CASH)
    Drawer(session=session, register=session.register, places={}, by=by, at=at).clear(book)
    session.seal = seal_period(place=session.register, last_seal=book.last_seal, at=at)
    _freeze(session=session, status=SessionStatus.CLOSED_SYSTEM, expected=expected, declared=0, by=by, at=at)
    raise_uncounted(cause=cause_of(session), currency=session.currency, at=at)
    freeze_others(session, register=session.register, book=book, others=(), by=by, at=at)
    audit.note(
        action="session.forced_closed",
        subject=f"session:{session.pk}",
        by=by,
        at=at,
        store=session.store,
        detail={"reason": reason},
    )
    return session


def _freeze(
    *, session: CashSession, status: SessionStatus, expected: int, declared: int, by: Principal, at: datetime
) -> None:
    session.status = status
    session.expected_amount, session.declared_amount, session.difference = expected, declared, declared - expected
    session.closed_at, session.closed_by = at, by.user
    session.save(
        update_fields=[
            "status", "expected_amount", "declared_amount", "difference", "closed_at", "closed_by", "seal", "is_handed_over",
        ]
    )  # fmt: skip
    mark_transition(session.register)
    record_closed(session, at=at)
