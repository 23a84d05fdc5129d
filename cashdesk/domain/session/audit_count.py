"""Counts an open drawer in the middle of a shift. It closes nothing, books nothing and changes no result of the close."""

from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import CountedAmount, keep_count
from cashdesk.domain.ledger.expected import last_movement_of
from cashdesk.domain.store.may_trade import refuse_counted
from cashdesk.domain.store.place_lock import lock_places
from cashdesk.enums import CountMoment, PlaceKind, SessionStatus
from cashdesk.errors import Forbidden, InvalidInput, NothingOpen
from cashdesk.models import CashSession, Count, Place

COUNTED: Final = "session.audit_counted"
"""The action in the audit trail. Its detail has the last movement before the count, and no expected amount."""


def may_audit(session: CashSession, *, by: Principal) -> bool:
    """Whether the caller may count this drawer in the middle of its shift: a manager of the store, not its cashier."""
    return by.manages(session.store) and (by.user is None or by.user.pk != session.user_id)


def session_to_audit(*, register: Place, by: Principal) -> CashSession:
    """Returns the open session of a register. Raises NothingOpen without one, and Forbidden unless `may_audit`."""
    if not by.manages(register.store):
        raise _forbidden()
    sessions = CashSession.objects.select_related("store", "user", "register")
    session = sessions.filter(register=register, status=SessionStatus.OPEN).first()
    if session is None:
        raise _nothing_open(register)
    if not may_audit(session, by=by):
        raise _forbidden()
    return session


@transaction.atomic
def audit_count(*, session: CashSession, counted: CountedAmount, by: Principal, at: datetime) -> Count:
    """Keeps a blind count of an open drawer, and notes up to which movement it holds. Returns the count.

    Takes the exclusive lock of the register for a moment, so that no sale is in the drawer and not in the books. Tells the
    cashier nothing. `visibility.audited` compares the count for a manager.

    Raises Forbidden unless the caller `may_audit` the drawer, NothingOpen if it was closed meanwhile, Conflict while its
    settlement is being counted, and InvalidInput for another currency than that of the session.
    """
    if not may_audit(session, by=by):
        raise _forbidden()
    register = lock_places(exclusive=[session.register])[session.register_id]
    session = CashSession.objects.select_related("store", "user", "register").get(pk=session.pk)
    if not session.is_open:
        raise _nothing_open(register)
    refuse_counted(register)
    if counted.currency != session.currency:
        raise InvalidInput.of("currency", _("Count the cash in %(currency)s.") % {"currency": session.currency})
    attempt = 1 + session.counts.filter(moment=CountMoment.AUDIT).count()
    count = keep_count(
        place=register, session=session, moment=CountMoment.AUDIT, counted=[counted], by=by, at=at, attempt=attempt
    )
    detail = {"count": count.pk, "until_movement": last_movement_of(register)}
    audit.note(action=COUNTED, subject=f"count:{count.pk}", by=by, at=at, store=session.store, detail=detail)
    return count


def _forbidden() -> Forbidden:
    return Forbidden(_("Only another manager of the store can count this drawer in the middle of its shift."))


def _nothing_open(place: Place) -> NothingOpen:
    if place.kind == PlaceKind.VAULT:
        return NothingOpen(_("The safe has no drawer. Name the number of a register."))
    return NothingOpen(_("Register %(number)s is not open.") % {"number": place.number})
