"""The life of a cash session: opened with a float, closed or handed over with a blind count, or closed without one."""

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from cashdesk.domain import audit, place
from cashdesk.domain.business_day import business_date
from cashdesk.domain.count import CountedAmount, keep_count
from cashdesk.domain.expected import book_of
from cashdesk.domain.foreign_cash import (
    book_others,
    count_in_others,
    freeze_others,
    refuse_currencies,
    refuse_left_out,
)
from cashdesk.domain.holding import refuse_register_of_another
from cashdesk.domain.principal import Principal
from cashdesk.domain.register_choice import register_for
from cashdesk.domain.seal import seal_period
from cashdesk.domain.session_booking import (
    bring_to_float,
    cause_of,
    raise_counted,
    record_difference,
    record_return,
)
from cashdesk.domain.variance import raise_uncounted
from cashdesk.domain.witness import refuse_unwitnessed, refuse_witness
from cashdesk.domain.workplace import lock_workplace, store_to_open_in
from cashdesk.enums import (
    CASH,
    FLOW,
    CountMoment,
    PlaceKind,
    SessionStatus,
)
from cashdesk.errors import Conflict, NothingOpen, SessionAlreadyOpen
from cashdesk.models import CashSession, Place, Store, User


def open_session_of(user: User) -> CashSession | None:
    """Returns the person's open session with its register and store, or None."""
    return (
        CashSession.objects.select_related("register", "store", "user")
        .filter(user=user, status=SessionStatus.OPEN)
        .first()
    )


def current_session(*, user: User) -> CashSession:
    """Returns the person's open session. Raises NothingOpen."""
    session = open_session_of(user)
    if session is None:
        raise NothingOpen(_("No active cash session found for the current user"))
    return session


def open_session(
    *,
    user: User,
    counted: CountedAmount,
    by: Principal,
    at: datetime,
    others: Sequence[CountedAmount] = (),
    station: int | None = None,
    force_close_previous: bool = False,
    witness: User | None = None,
    refuses_unwitnessed: bool = False,
) -> CashSession:
    """Opens a drawer with a counted float and returns the session. `others` is cash of other currencies found in it.

    The float comes out of the vault (FLOAT). Where the register's book still holds cash, because a settlement holds the
    drawer or the session before was handed over or closed without a count, no float moves: float minus book is the opening
    difference (docs/structure.md, section 3). With `force_close_previous` the person's running session becomes
    CLOSED_SYSTEM in the same transaction. `refuses_unwitnessed`: as in `close_session`.

    Raises SessionAlreadyOpen when the person or the register has an open session (law 3), Conflict while the register is
    counted or lacks the settlement that its store asks for, and in a store that is switched off; InvalidInput or Forbidden
    for the witness, Forbidden in a store where the person does not work.
    """
    try:
        with transaction.atomic():
            return _open_locked(
                user=user,
                counted=counted,
                others=others,
                by=by,
                at=at,
                station=station,
                force_close_previous=force_close_previous,
                witness=witness,
                refuses_unwitnessed=refuses_unwitnessed,
            )
    except IntegrityError as error:
        # Two requests of one person at two registers meet in the constraint alone, since neither locks what the other does.
        if (
            "session_one_open" in str(error)
            or "cashsession.user_id" in str(error)
            or "cashsession.register_id" in str(error)
        ):
            raise SessionAlreadyOpen(
                _("An open cash session was started at the same moment. Look at its status first.")
            ) from error
        raise


def _open_locked(
    *,
    user: User,
    counted: CountedAmount,
    others: Sequence[CountedAmount],
    by: Principal,
    at: datetime,
    station: int | None,
    force_close_previous: bool,
    witness: User | None,
    refuses_unwitnessed: bool,
) -> CashSession:
    store = store_to_open_in(user=user, by=by)
    open_session_id = lock_workplace(store=store, user=user)
    previous = open_session_of(user) if open_session_id is not None else None
    if previous is not None and not force_close_previous:
        raise _already_open(previous)
    refuse_witness(witness, by=by, store=store)
    if refuses_unwitnessed:
        refuse_unwitnessed(store=store, amount=counted.amount, witness=witness)
    chosen = _register_to_open(user=user, store=store, by=by, station=station, previous=previous)
    ends = place.places_of(store)
    registers = {held.pk: held for held in (chosen, *([previous.register] if previous else []))}
    locked = place.lock(exclusive=registers.values(), shared=[ends[PlaceKind.VAULT]])
    register = locked[chosen.pk]
    if register.transitions != chosen.transitions:
        # It may have been assigned to somebody else meanwhile.
        refuse_register_of_another(register=register, by=by)
    place.refuse_counted(register)
    place.refuse_unsettled(register=register, store=store)
    for running in CashSession.objects.select_related("register", "user").filter(
        Q(user=user) | Q(register=register), status=SessionStatus.OPEN
    ):
        if running.user_id != user.pk or not force_close_previous:
            raise _already_open(running)
        if running.register_id not in locked:
            raise SessionAlreadyOpen(
                _("An open cash session was started at the same moment. Look at its status first.")
            )
        _close_uncounted(session=running, by=by, at=at, reason="opened again")
    refuse_currencies(others, currency=store.currency)
    book = book_of(register)
    held_amount = book.amount(currency=store.currency, method=CASH)
    session = CashSession.objects.create(
        store=store,
        register=register,
        user=user,
        currency=store.currency,
        business_date=business_date(store=store, at=at),
        start_amount=counted.amount,
        opening_difference=counted.amount - held_amount if held_amount else 0,
        opened_at=at,
        opened_by=by.user,
    )
    found, moment = [counted, *others], CountMoment.OPENING
    keep_count(place=register, session=session, moment=moment, counted=found, by=by, at=at, witness=witness)
    bring_to_float(session, ends=ends, held_amount=held_amount, by=by, at=at)
    count_in_others(session, book=book, ends=ends, others=others, by=by, at=at)
    place.moved_on(register)
    audit.note(
        action="session.opened",
        subject=f"session:{session.pk}",
        by=by,
        at=at,
        store=store,
        detail={"start_amount": counted.amount, **_named(witness)},
    )
    return session


def _register_to_open(
    *, user: User, store: Store, by: Principal, station: int | None, previous: CashSession | None
) -> Place:
    """The drawer that is force-closed is opened again, unless the caller says or is bound to another one."""
    is_bound = by.token is not None and by.token.register_id is not None
    if previous is not None and previous.store_id == store.pk and station is None and not is_bound:
        return previous.register
    return register_for(user=user, store=store, by=by, station=station)


@transaction.atomic
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
) -> CashSession:
    """Closes a session with what was counted, blind, and returns it with its frozen figures.

    `others` is what was counted of other currencies. One that is not counted is raised, and stays in the drawer; where
    `asks_for_all`, it is refused (Conflict), so that the person counts it (docs/decisions/0024).

    In this order: the register is locked, so every posting before is in and none comes after; the expected amount is one
    sum; the difference is booked over/short; the counted cash goes back to the vault, unless a settlement holds the
    drawer or `hands_over`: then it stays in it for the next cashier to count in; the period is sealed.
    `witness` confirmed the count; `refuses_unwitnessed` is for doors at which a person counts (docs/decisions/0016).

    Raises NothingOpen when it was closed meanwhile: of two closes at once one wins and the other changes nothing. Raises
    InvalidInput or Forbidden for the witness, Conflict for a handover while the register is counted.
    """
    ends = place.places_of(session.store)
    register = place.lock(exclusive=[session.register], shared=[ends[PlaceKind.VAULT]])[session.register_id]
    session = CashSession.objects.select_related("store", "user", "register").get(pk=session.pk)
    if SessionStatus.CLOSED not in FLOW["session"][session.status]:
        raise NothingOpen(_("No active cash session found for the current user"))
    refuse_witness(witness, by=by, store=session.store)
    if refuses_unwitnessed:
        refuse_unwitnessed(store=session.store, amount=counted.amount, witness=witness)
    if hands_over:
        place.refuse_counted(register)
        session.is_handed_over = True
    refuse_currencies(others, currency=session.currency)
    book = book_of(register)
    if asks_for_all:
        refuse_left_out(session, register=register, book=book, others=others)
    expected = book.amount(currency=session.currency, method=CASH)
    found, moment = [counted, *others], CountMoment.CLOSING
    keep_count(place=register, session=session, moment=moment, counted=found, by=by, at=at, witness=witness)
    record_difference(session=session, ends=ends, difference=counted.amount - expected, by=by, at=at)
    if not hands_over:
        record_return(session=session, register=register, ends=ends, amount=counted.amount, by=by, at=at)
    book_others(session, register=register, book=book, ends=ends, others=others, by=by, at=at)
    session.seal = seal_period(place=register, last_seal=book.last_seal, at=at)
    _freeze(session=session, status=SessionStatus.CLOSED, expected=expected, declared=counted.amount, by=by, at=at)
    raise_counted(session, expected=expected, counted=counted, by=by, at=at)
    freeze_others(session, register=register, book=book, others=others, by=by, at=at)
    detail = {"declared": counted.amount, "expected": expected, "difference": session.difference, **_named(witness)}
    action = "session.handed_over" if hands_over else "session.closed"
    audit.note(action=action, subject=f"session:{session.pk}", by=by, at=at, store=session.store, detail=detail)
    return session


@transaction.atomic
def force_close_session(*, session: CashSession, by: Principal, at: datetime, reason: str) -> CashSession:
    """Closes a session without a count (CLOSED_SYSTEM): declared 0, nothing booked, the cash stays in the register's book
    and the next opening shows it. Raises Conflict when it is closed already.
    """
    place.lock(exclusive=[session.register])
    session = CashSession.objects.select_related("store", "user", "register").get(pk=session.pk)
    if SessionStatus.CLOSED_SYSTEM not in FLOW["session"][session.status]:
        raise Conflict(_("The session is closed already."), code="already_closed")
    return _close_uncounted(session=session, by=by, at=at, reason=reason)


def _already_open(running: CashSession) -> SessionAlreadyOpen:
    since = running.opened_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return SessionAlreadyOpen(
        _("Cash session %(session)s has been open since %(since)s at register %(register)s: close it first.")
        % {"session": running.pk, "since": since, "register": running.register.number},
        facts={"running": running},
    )


def _named(witness: User | None) -> dict[str, int]:
    return {"witness": witness.pk} if witness is not None else {}


def _close_uncounted(*, session: CashSession, by: Principal, at: datetime, reason: str) -> CashSession:
    book = book_of(session.register)
    expected = book.amount(currency=session.currency, method=CASH)
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
    place.moved_on(session.register)
