"""Records a count of cash that a closed session left in its drawer.

There are three cases: a session closed without a count, a handover, and cash of another currency that nobody counted at
the close. Nobody may have opened or counted the drawer since then.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.event import events_together
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import CountedAmount, keep_count
from cashdesk.domain.ledger.expected import book_of
from cashdesk.domain.ledger.seal import seal_period
from cashdesk.domain.session.drawer_booking import Drawer, cause_afterwards, raise_counted
from cashdesk.domain.session.foreign_cash import currencies_left
from cashdesk.domain.store.place import places_of
from cashdesk.domain.store.place_lock import lock_places, mark_transition
from cashdesk.enums import CASH, CountMoment, PlaceKind, SessionStatus, Settling
from cashdesk.errors import Conflict, Forbidden
from cashdesk.models import CashSession


@transaction.atomic
@events_together()
def count_afterwards(
    *, session: CashSession, counted: CountedAmount, by: Principal, at: datetime, reason: str = ""
) -> CashSession:
    """Records the count of one currency that a closed session left in its drawer. Returns the session, unchanged.

    Books the difference and the return to the vault now, and adds another seal to the register.

    Raises Conflict if the session left no cash of this currency, or if the drawer was opened or counted since then.
    Raises Forbidden for the session's own cashier, because they may already know the expected amount
    (docs/decisions/0008).
    """
    if by.user is not None and by.user.pk == session.user_id:
        raise Forbidden(_("This was your drawer. Ask somebody else to count it."))
    places = places_of(session.store)
    register = lock_places(exclusive=[session.register], shared=[places[PlaceKind.VAULT]])[session.register_id]
    session = CashSession.objects.select_related("store", "user", "register").get(pk=session.pk)
    if register.settling == Settling.COUNTING:
        raise Conflict(_("This drawer is being counted in its settlement. Count it there."), code="register_is_counted")
    if counted.currency not in currencies_left(session):
        raise _refusal_afterwards(session, counted)
    book = book_of(register)
    moment = CountMoment.AFTERWARDS
    attempt = 1 + session.counts.filter(moment=moment).count()
    keep_count(place=register, session=session, moment=moment, counted=[counted], by=by, at=at, attempt=attempt)
    expected = book.amount(currency=counted.currency, method=CASH)
    difference = counted.amount - expected
    is_of_session = not session.is_handed_over
    drawer = Drawer(session=session, register=register, places=places, by=by, at=at, is_of_session=is_of_session)
    drawer.book_difference(difference, currency=counted.currency)
    drawer.book_return(counted.amount, currency=counted.currency)
    seal_period(place=register, last_seal=book.last_seal, at=at)
    mark_transition(register)
    kind, cause = cause_afterwards(session)
    raise_counted(kind, cause, expected=expected, counted=counted, by=by, at=at)
    detail = {"declared": counted.amount, "difference": difference, **({"reason": reason} if reason else {})}
    audit.note(
        action="session.counted_afterwards",
        subject=f"session:{session.pk}",
        by=by,
        at=at,
        store=session.store,
        detail=detail,
    )
    return session


def _refusal_afterwards(session: CashSession, counted: CountedAmount) -> Conflict:
    was_left = session.status == SessionStatus.CLOSED_SYSTEM or session.is_handed_over
    if not was_left and not session.foreign_cash.filter(currency=counted.currency, stays=True).exists():
        told = _("Only a session that was closed without a count can be counted afterwards.")
    else:
        told = _("The drawer was opened or counted since then. That count includes this cash.")
    return Conflict(told, code="already_counted")
