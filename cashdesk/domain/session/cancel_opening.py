"""Cancels an opening that was a mistake, if no money has moved since. The drawer is then as it was before."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.event import events_together
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger import ledger
from cashdesk.domain.ledger.expected import book_of, last_seal_of
from cashdesk.domain.ledger.raise_variance import supersede
from cashdesk.domain.ledger.reversal import counted_since, late_only, refuse_reason
from cashdesk.domain.ledger.seal import seal_period
from cashdesk.domain.session.drawer_booking import Drawer
from cashdesk.domain.session.foreign_cash import carry_on
from cashdesk.domain.session.session_event import record_closed
from cashdesk.domain.store.place import places_of
from cashdesk.domain.store.place_lock import lock_places, mark_transition
from cashdesk.enums import PlaceKind, Role, SessionAct, SessionStatus, VarianceKind
from cashdesk.errors import Conflict, DomainError, Forbidden
from cashdesk.models import CashSession, Movement, Payment
from cashdesk.movement_rule_columns import Origin
from cashdesk.movement_rules import kinds_where
from cashdesk.state_flow import FLOW

BOOKED_BY_AN_OPENING: Final = kinds_where(lambda rule: Origin.OPENING in rule.origins)


@transaction.atomic
@events_together()
def cancel_opening(*, session: CashSession, by: Principal, at: datetime, reason: str) -> CashSession:
    """Cancels the opening of a session in which no money has moved, and returns the session.

    Does this in order, under the register's lock:

    1. reverses the movements of the opening, so that the float returns to the vault,
    2. ends the variance of the opening as superseded,
    3. seals the period,
    4. closes the session as `is_cancelled`, with its float as the expected and the declared amount.

    The count of a cancelled opening is ignored. If the drawer holds cash from a handover or a forced close, somebody
    must still count that cash (law 5).

    Raises Conflict if the session is closed, if money has moved, or if a payment was reported. Also raises Conflict
    for a cashier if the vault was counted after the opening, or if the register is being counted. Raises Forbidden for
    another cashier, and InvalidInput for a missing or too long reason.
    """
    vault = places_of(session.store)[PlaceKind.VAULT]
    lock_places(exclusive=[session.register], shared=[vault])
    session = CashSession.objects.select_related("store", "user", "register").get(pk=session.pk)
    opening = _booked_by_opening(session)
    refusal = _refusal(session, opening=opening, by=by)
    if refusal is not None:
        raise refusal
    refuse_reason(reason)
    for movement in opening:
        ledger.reverse(
            movement=movement,
            by=by,
            at=at,
            reason=reason,
            kinds=BOOKED_BY_AN_OPENING,
            refuses_late=not by.has_role(Role.MANAGER),
        )
    supersede(subjects=[f"session:{session.pk}"], kind=VarianceKind.OPENING, by=by, at=at)
    book = book_of(session.register)
    # The session has no such money, but the book of an old store may have some from before its first close to clearing.
    Drawer(
        session=session,
        register=session.register,
        places={},
        by=by,
        at=at,
        is_of_session=False,
    ).clear(book)
    session.seal = seal_period(place=session.register, last_seal=book.last_seal, at=at)
    session.status, session.is_cancelled = SessionStatus.CLOSED, True
    session.expected_amount = session.declared_amount = session.start_amount
    session.difference, session.closed_at, session.closed_by = 0, at, by.user
    session.save(
        update_fields=[
            "status", "is_cancelled", "expected_amount", "declared_amount", "difference", "closed_at", "closed_by", "seal",
        ]
    )  # fmt: skip
    carry_on(session, book=book)
    mark_transition(session.register)
    record_closed(session, at=at)
    audit.note(
        action="session.opening_cancelled",
        subject=f"session:{session.pk}",
        by=by,
        at=at,
        store=session.store,
        detail={"reason": reason, "start_amount": session.start_amount},
    )
    return session


def may_be_a_mistake(session: CashSession, *, moved: Collection[Movement]) -> bool:
    """Whether the desk offers to cancel an opening: if `moved` is empty and the session has no payments.

    `moved` are the movements that people made in the session. For display only: the page for cancelling checks all
    conditions. Runs at most one query.
    """
    return not moved and not Payment.objects.filter(session=session).exists()


def why_not_cancelled(session: CashSession, *, by: Principal) -> str:
    """Returns the reason why `by` cannot cancel the opening now, or "" if they can.

    For display only: `cancel_opening` checks again under the lock.
    """
    refusal = _refusal(session, opening=_booked_by_opening(session), by=by)
    return refusal.message if refusal is not None else ""


def _booked_by_opening(session: CashSession) -> list[Movement]:
    """Returns the movements that the opening booked. They were recorded at the time of the opening."""
    booked = Movement.objects.filter(session=session, kind__in=BOOKED_BY_AN_OPENING, recorded_at=session.opened_at)
    return list(booked.select_related("store", "source", "destination", "session", "late_for").order_by("pk"))


def _refusal(session: CashSession, *, opening: list[Movement], by: Principal) -> DomainError | None:
    if not by.has_role(Role.MANAGER) and (by.user is None or by.user.pk != session.user_id):
        return Forbidden(_("Somebody else opened this drawer. Ask a manager to cancel it."))
    if SessionAct.CANCEL_OPENING not in FLOW["session"][session.status]:
        return Conflict(_("This drawer is already closed."), code="already_closed")
    if _has_moved(session, opening=opening):
        told = _("There was a movement or a payment since the opening. Count and close the drawer.")
        return Conflict(told, code="session_has_moved")
    counted = [end for ends in counted_since(opening).values() for end in ends] if opening else []
    if counted and not by.has_role(Role.MANAGER):
        return late_only(counted)
    return None


def _has_moved(session: CashSession, *, opening: list[Movement]) -> bool:
    """Whether money has moved since the opening.

    Every payment of the session counts, also a pending or rejected payment. Every movement of the session or at its
    register counts, except the movements of the opening itself.
    """
    if Payment.objects.filter(session=session).exists():
        return True
    booked = [movement.pk for movement in opening]
    if Movement.objects.filter(session=session).exclude(pk__in=booked).exists():
        return True
    # The reversal of an older movement may have no session, so all movements of the register are checked too.
    last_seal = last_seal_of(session.register)
    at_register = Q(source=session.register_id) | Q(destination=session.register_id)
    since = Movement.objects.filter(at_register, pk__gt=last_seal.last_movement if last_seal else 0)
    return since.filter(recorded_at__gte=session.opened_at).exclude(pk__in=booked).exists()
