"""Opens a cash session with a counted float."""

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.event import events_together
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import CountedAmount, keep_count
from cashdesk.domain.counting.witness import refuse_unwitnessed, refuse_witness
from cashdesk.domain.ledger.expected import book_of
from cashdesk.domain.session.closing import close_uncounted, witness_detail
from cashdesk.domain.session.current import open_session_of
from cashdesk.domain.session.drawer_booking import Drawer
from cashdesk.domain.session.foreign_cash import (
    count_in_others,
    refuse_currencies,
)
from cashdesk.domain.session.register_to_open import register_for
from cashdesk.domain.session.session_event import record_opened
from cashdesk.domain.store.business_day import business_date
from cashdesk.domain.store.may_trade import refuse_counted, refuse_register_switched_off, refuse_unsettled
from cashdesk.domain.store.place import places_of
from cashdesk.domain.store.place_lock import lock_places, mark_transition
from cashdesk.domain.store.register_holder import refuse_register_of_another
from cashdesk.domain.store.workplace import lock_workplace, store_to_open_in
from cashdesk.enums import (
    CASH,
    CountMoment,
    PlaceKind,
    SessionStatus,
)
from cashdesk.errors import SessionAlreadyOpen
from cashdesk.formats import style
from cashdesk.models import CashSession, Place, Store, User


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
    """Opens a drawer with a counted float, and returns the new session. `others` are the counts of other currencies.

    The float comes from the vault (FLOAT). But if the register's book still has cash, no float moves: the counted
    amount minus the book is the opening difference (docs/structure.md, section 3). The book still has cash under a
    settlement, after a handover, and after a close without a count.

    `force_close_previous` closes the person's own open session without a count (CLOSED_SYSTEM), in the same
    transaction. `witness` and `refuses_unwitnessed` work as in `close_session`.

    Raises SessionAlreadyOpen if the person or the register has an open session (law 3). Raises Conflict if the register
    is being counted, or if the store requires settlements and the register has no open settlement. Also raises Conflict
    if the store or the person is inactive. Raises InvalidInput if a witness is missing, and Forbidden if the witness
    may not confirm this count. Raises Forbidden if the person does not work in the store or may not use the register.
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
        # If one person opens two registers at the same moment, the two openings lock different registers. Only the
        # constraint refuses the second one.
        if (
            "session_one_open" in str(error)
            or "cashsession.user_id" in str(error)
            or "cashsession.register_id" in str(error)
        ):
            raise SessionAlreadyOpen(
                _("Another cash session was opened at the same moment. Check its status first.")
            ) from error
        raise


@events_together()
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
    chosen = _register_to_open(user=user, store=store, by=by, station=station, previous=previous)
    if refuses_unwitnessed:
        refuse_unwitnessed(store=store, place=chosen, amount=counted.amount, witness=witness)
    places = places_of(store)
    registers = {held.pk: held for held in (chosen, *([previous.register] if previous else []))}
    locked = lock_places(exclusive=registers.values(), shared=[places[PlaceKind.VAULT]])
    register = locked[chosen.pk]
    if register.transitions != chosen.transitions:
        # Somebody may have assigned the register to another person meanwhile.
        refuse_register_of_another(register=register, by=by)
    refuse_register_switched_off(register)
    refuse_counted(register)
    refuse_unsettled(register=register, store=store)
    for running in CashSession.objects.select_related("register", "user", "store").filter(
        Q(user=user) | Q(register=register), status=SessionStatus.OPEN
    ):
        if running.user_id != user.pk or not force_close_previous:
            raise _already_open(running)
        if running.register_id not in locked:
            raise SessionAlreadyOpen(_("Another cash session was opened at the same moment. Check its status first."))
        close_uncounted(session=running, by=by, at=at, reason="opened again")
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
    record_opened(session, at=at)
    found, moment = [counted, *others], CountMoment.OPENING
    keep_count(place=register, session=session, moment=moment, counted=found, by=by, at=at, witness=witness)
    drawer = Drawer(session=session, register=register, places=places, by=by, at=at)
    drawer.bring_to_float(held_amount=held_amount)
    count_in_others(drawer, book=book, others=others)
    mark_transition(register)
    audit.note(
        action="session.opened",
        subject=f"session:{session.pk}",
        by=by,
        at=at,
        store=store,
        detail={"start_amount": counted.amount, **witness_detail(witness)},
    )
    return session


def _register_to_open(
    *, user: User, store: Store, by: Principal, station: int | None, previous: CashSession | None
) -> Place:
    """Returns the register to open.

    `previous` is the person's open session, which this opening closes by force, or None. The register of `previous` is
    opened again if it is in `store`, and if neither the request nor the token names a register. In all other cases
    `register_for` chooses.
    """
    is_bound = by.token is not None and by.token.register_id is not None
    if previous is not None and previous.store_id == store.pk and station is None and not is_bound:
        return previous.register
    return register_for(user=user, store=store, by=by, station=station)


def _already_open(running: CashSession) -> SessionAlreadyOpen:
    words = _("Cash session %(session)s has been open since %(since)s at register %(register)s: close it first.")
    named = {"session": running.pk, "register": running.register.number}
    return SessionAlreadyOpen(
        words % {**named, "since": running.opened_at.strftime("%Y-%m-%dT%H:%M:%SZ")},
        page_message=words % {**named, "since": style().instant(running.opened_at, running.store.time_zone)},
        facts={"running": running},
    )
