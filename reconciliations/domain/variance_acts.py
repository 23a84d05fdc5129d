"""Actions on a variance: explain, witness, recount, approve, reject and escalate.

Each action locks the variance, checks in `state_flow.FLOW` that its state allows the action, writes an event, and adds
an entry to the audit trail. A correction is a new movement, never an edit. The API and the back office call these
functions.
"""

from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import CountedAmount
from cashdesk.domain.ledger.raise_variance import DAY_SUBJECT
from cashdesk.domain.ledger.tolerance import is_above_second_limit
from cashdesk.domain.ledger.variance_event import record_decided
from cashdesk.domain.store.place_lock import lock_places
from cashdesk.enums import ENDED_VARIANCES, PlaceKind, Reason, VarianceKind, VarianceState
from cashdesk.errors import Conflict, Forbidden, InvalidInput
from cashdesk.models import Count, Movement, Place, User, Variance
from reconciliations.domain.recount import book_correction, keep_recount
from reconciliations.domain.variance_late_amount import late_of
from reconciliations.domain.variance_permission import refusal_of
from reconciliations.enums import Act
from reconciliations.models import VarianceEvent
from reconciliations.state_flow import FLOW

NOTES_MAX: Final = 2000
DECIDING: Final = (Act.APPROVE, Act.REJECT, Act.SUPERSEDE)
"""Actions that decide a variance, so that they write an event for programs of others."""

NEED_NOTES: Final = (Reason.OTHER, Reason.THEFT_SUSPECTED)
"""Reasons that need a note."""


@transaction.atomic
def explain_variance(*, variance: Variance, reason: str, by: Principal, at: datetime, notes: str = "") -> Variance:
    """Records the reason for a difference and returns the variance, which then awaits approval.

    People can explain a variance again until it is approved. Raises Forbidden for a cashier, InvalidInput for an
    unknown reason or a missing note, and Conflict for a finished variance.
    """
    if reason not in Reason.values:
        raise InvalidInput.of("reason", _("Choose one of these: %(names)s.") % {"names": ", ".join(Reason.values)})
    if reason in NEED_NOTES and not notes.strip():
        raise InvalidInput.of("notes", _("Enter what happened. This reason needs a note."))
    _check_notes(notes)
    variance = _locked(variance, act=Act.EXPLAIN, by=by)
    if variance.kind == VarianceKind.LATE:
        # Uses the late amount until now. The approval reads it again under the lock of the place.
        _escalate_above(variance, difference=late_of(variance)[0])
    return explain_raised(variance=variance, reason=reason, notes=notes, by=by, at=at)


def explain_raised(*, variance: Variance, reason: str, notes: str, by: Principal, at: datetime) -> Variance:
    """Records the explanation, without the checks of `explain_variance`, which calls this function.

    A reconciliation calls this function directly, in the transaction that created the variance.
    """
    variance.reason, variance.notes = reason, notes
    variance.explained_by, variance.explained_at = by.user, at
    variance.decided_by = variance.decided_at = None
    return _done(variance, act=Act.EXPLAIN, by=by, at=at, notes=notes, reason=reason)


@transaction.atomic
def witness_variance(*, variance: Variance, by: Principal, at: datetime, notes: str = "") -> Variance:
    """Records that a second person looked at the difference.

    Raises Forbidden for the person who counted, the cashier of the drawer, the person who explained the difference,
    any cashier, and a program. Raises Conflict for a finished variance.
    """
    _check_notes(notes)
    variance = _locked(variance, act=Act.WITNESS, by=by)
    return _done(variance, act=Act.WITNESS, by=by, at=at, notes=notes)


@transaction.atomic
def recount_variance(
    *, variance: Variance, counted: CountedAmount, by: Principal, at: datetime, notes: str = ""
) -> Variance:
    """Stores a second person's count of the same cash.

    The first count stays on record. An approval books the difference between the two counts. If nobody counted the
    session's cash at the close, this is the missing count, and its difference is booked now (`count_afterwards`). A
    difference above the second limit is escalated.
    Raises Forbidden for the person who counted, for the cashier of the drawer, for any cashier, and for a program.
    Raises InvalidInput for another currency or method. Raises Conflict if the cash cannot be recounted: it was counted
    again since then, or it is not in the store.
    """
    _check_notes(notes)
    variance = _locked(variance, act=Act.RECOUNT, by=by, for_decision=True)
    for field in ("currency", "method"):
        if getattr(counted, field) != getattr(variance, field):
            raise InvalidInput.of(
                field, _("Use %(value)s, as this variance does.") % {"value": getattr(variance, field)}
            )
    attempt = 1 + variance.events.filter(act=Act.RECOUNT).count()
    count = keep_recount(variance=variance, counted=counted, attempt=attempt, by=by, at=at)
    if variance.expected_amount is not None:
        _escalate_above(variance, difference=counted.amount - variance.expected_amount)
    return _done(variance, act=Act.RECOUNT, by=by, at=at, notes=notes, count=count)


@transaction.atomic
def approve_variance(*, variance: Variance, by: Principal, at: datetime, notes: str = "") -> Variance:
    """Signs off a difference and returns the variance, which never changes again.

    If the last recount differs from the first count, the correction is booked over/short now. Late money is frozen at
    its current amount.
    Raises Forbidden for a cashier, a program, a person who counted or recounted, and the cashier of the drawer. With
    four eyes (`Store.four_eyes`), also for the person who explained it. An escalated variance, or late money above the
    second limit, needs an admin who did not explain it: raises Forbidden for everybody else. Raises Conflict if the
    variance is not explained, or if it is escalated and neither witnessed nor recounted.
    """
    _check_notes(notes)
    variance = _locked(variance, act=Act.APPROVE, by=by, for_decision=True)
    recount = _last_recount(variance)
    if recount is not None and by.user is not None and recount.counted_by_id == by.user.pk:
        raise Forbidden(_("You recounted this yourself. Somebody else must approve it."))
    if variance.kind == VarianceKind.LATE:
        variance.difference, variance.last_movement = late_of(variance)
        _escalate_above(variance, difference=variance.difference)
        # Checks again, because the amount of late money is known only now.
        refusal = refusal_of(variance, act=Act.APPROVE, by=by)
        if refusal is not None:
            raise refusal
    if variance.is_escalated and not variance.events.filter(act__in=(Act.WITNESS, Act.RECOUNT)).exists():
        raise Conflict(
            _("This difference is above the second limit. It needs a witness or a recount before approval."),
            code="variance_not_witnessed",
        )
    movement = book_correction(variance=variance, recount=recount, by=by, at=at)
    variance.decided_by, variance.decided_at = by.user, at
    return _done(variance, act=Act.APPROVE, by=by, at=at, notes=notes, movement=movement)


@transaction.atomic
def reject_variance(*, variance: Variance, notes: str, by: Principal, at: datetime) -> Variance:
    """Rejects an explanation, with a note about the missing information.

    Raises InvalidInput without notes. Raises Forbidden for a cashier, a program, the person who counted, and the
    cashier of the drawer. If the variance is escalated, also raises Forbidden for a manager. Raises Conflict unless the
    variance is explained.
    """
    if not notes.strip():
        raise InvalidInput.of("notes", _("Enter what is missing, for the person who explains it again."))
    _check_notes(notes)
    variance = _locked(variance, act=Act.REJECT, by=by)
    variance.decided_by, variance.decided_at = by.user, at
    return _done(variance, act=Act.REJECT, by=by, at=at, notes=notes)


@transaction.atomic
def escalate_variance(*, variance: Variance, notes: str, by: Principal, at: datetime) -> Variance:
    """Escalates a difference to an admin.

    Raises InvalidInput without notes, Forbidden for a cashier, and Conflict if the variance is finished or already
    escalated.
    """
    if not notes.strip():
        raise InvalidInput.of("notes", _("Enter why you escalate it."))
    _check_notes(notes)
    variance = _locked(variance, act=Act.ESCALATE, by=by)
    variance.is_escalated = True
    return _done(variance, act=Act.ESCALATE, by=by, at=at, notes=notes)


def sign_off_with_authorization(*, variance: Variance, issuer: User, by: Principal, at: datetime) -> Variance:
    """Approves a reconciliation's difference in the name of the authorization's issuer.

    A difference above the second limit still waits for an admin. The issuer never uses their own authorization, so
    nobody approves their own explanation here.
    """
    if variance.is_escalated or not variance.reason:
        return variance
    variance.decided_by, variance.decided_at = issuer, at
    return _done(variance, act=Act.APPROVE, by=by, at=at, notes="By authorization.")


def supersede_variances(*, subject: str, by: Principal, at: datetime) -> None:
    """Ends the open variances of a superseded reconciliation."""
    waiting = (
        Variance.objects.select_for_update(of=("self",)).filter(subject=subject).exclude(state__in=ENDED_VARIANCES)
    )
    for variance in waiting.select_related("store"):
        _done(variance, act=Act.SUPERSEDE, by=by, at=at)


# --- Common --------------------------------------------------------------------------------------------------------------


def _locked(variance: Variance, *, act: Act, by: Principal, for_decision: bool = False) -> Variance:
    """Locks the variance and reads it again. With `for_decision`, first locks the vault and the place of the variance."""
    if for_decision:
        held = Q(kind=PlaceKind.VAULT) | Q(pk=variance.place_id)
        if variance.subject.startswith(DAY_SUBJECT):
            # Late money of a day may be booked in any drawer.
            held = Q(kind__in=(PlaceKind.VAULT, PlaceKind.REGISTER))
        lock_places(exclusive=Place.objects.filter(held, store=variance.store_id))
    variance = (
        Variance.objects.select_for_update(of=("self",))
        .select_related("store", "place", "session__register", "session__store", "session__user", "person")
        .get(pk=variance.pk)
    )
    refusal = refusal_of(variance, act=act, by=by)
    if refusal is not None:
        raise refusal
    return variance


def _done(
    variance: Variance,
    *,
    act: Act,
    by: Principal,
    at: datetime,
    notes: str = "",
    reason: str = "",
    count: Count | None = None,
    movement: Movement | None = None,
) -> Variance:
    """Moves the variance to its next state, writes the event, and adds an audit entry."""
    before = variance.state
    following = FLOW["variance"][before][act]
    is_for_admin = variance.is_escalated and VarianceState.ESCALATED in following
    variance.state = VarianceState.ESCALATED if is_for_admin else VarianceState(following[0])
    variance.save(
        update_fields=[
            "state", "is_escalated", "reason", "notes", "explained_by", "explained_at", "decided_by", "decided_at",
            "difference", "last_movement",
        ]
    )  # fmt: skip
    VarianceEvent.objects.create(
        variance=variance,
        act=act,
        at=at,
        by_user=by.user,
        by_token=by.token,
        by_label=by.label,
        from_state=before,
        to_state=variance.state,
        reason=reason,
        notes=notes,
        count=count,
        movement=movement,
    )
    if act in DECIDING:
        record_decided(variance, at=at)
    audit.note(
        action=f"variance.{act.lower()}",
        subject=f"variance:{variance.pk}",
        by=by,
        at=at,
        store=variance.store,
        detail={"subject": variance.subject, "from": before, "to": str(variance.state)},
    )
    return variance


def _escalate_above(variance: Variance, *, difference: int) -> None:
    """Escalates a difference above the second limit. An escalation is never taken back."""
    variance.is_escalated = variance.is_escalated or is_above_second_limit(
        store=variance.store, place=variance.place, difference=difference, currency=variance.currency
    )


def _check_notes(notes: str) -> None:
    if len(notes) > NOTES_MAX:
        raise InvalidInput.of("notes", _("Enter at most %(limit)s characters.") % {"limit": NOTES_MAX})


def _last_recount(variance: Variance) -> Count | None:
    last = variance.events.filter(act=Act.RECOUNT).select_related("count").order_by("-pk").first()
    return last.count if last is not None else None
