"""What supervisors do with a difference: explain it, witness or recount it, approve or reject it, hand it up.

Each verb locks the variance, checks what `enums.ACTS` allows in its state, writes an event, and notes it. An agreed
correction is a movement, never an edit. The API and the back office call these.
"""

from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Q

from cashdesk.domain import audit, place
from cashdesk.domain.count import CountedAmount
from cashdesk.domain.principal import Principal
from cashdesk.domain.variance import DAY_SUBJECT, is_above_second_limit
from cashdesk.enums import ENDED_VARIANCES, PlaceKind, Reason, Role, VarianceKind, VarianceState
from cashdesk.errors import Conflict, DomainError, Forbidden, InvalidInput
from cashdesk.models import Count, Movement, Place, User, Variance
from reconciliations.domain.correction import book_correction, instead_of_recount, keep_recount
from reconciliations.domain.late_money import late_of
from reconciliations.enums import ACTS, Act
from reconciliations.models import VarianceEvent

NOTES_MAX: Final = 2000
IN_PERSON: Final = {
    Act.WITNESS: "witnesses a difference",
    Act.RECOUNT: "recounts a difference",
    Act.APPROVE: "approves a difference",
    Act.REJECT: "rejects an explanation",
}
"""What a program may not do, and nobody with their own count."""

NEED_NOTES: Final = (Reason.OTHER, Reason.THEFT_SUSPECTED)
"""The reasons that say nothing without a note."""


@transaction.atomic
def explain_variance(*, variance: Variance, reason: str, by: Principal, at: datetime, notes: str = "") -> Variance:
    """Says why, in one of the seven reasons, and returns the variance: it then waits for its approval.

    May be said again, better, until it is approved. Raises Forbidden for a cashier, InvalidInput for an unknown reason or
    one that needs a note, Conflict for one that was dealt with.
    """
    if reason not in Reason.values:
        raise InvalidInput.of("reason", f"must be one of {', '.join(Reason.values)}.")
    if reason in NEED_NOTES and not notes.strip():
        raise InvalidInput.of("notes", "say what happened: this reason alone does not.")
    _check_notes(notes)
    variance = _locked(variance, act=Act.EXPLAIN, by=by)
    if variance.kind == VarianceKind.LATE:
        # What has come so far; the approval looks once more, under the lock of the place.
        _escalate_above(variance, difference=late_of(variance)[0])
    return explain_raised(variance=variance, reason=reason, notes=notes, by=by, at=at)


def explain_raised(*, variance: Variance, reason: str, notes: str, by: Principal, at: datetime) -> Variance:
    """Explains a variance that the caller's transaction holds: one that was raised in it with its reason already given."""
    variance.reason, variance.notes = reason, notes
    variance.explained_by, variance.explained_at = by.user, at
    variance.decided_by = variance.decided_at = None
    return _done(variance, act=Act.EXPLAIN, by=by, at=at, notes=notes, reason=reason)


@transaction.atomic
def witness_variance(*, variance: Variance, by: Principal, at: datetime, notes: str = "") -> Variance:
    """Puts a second pair of eyes on record: somebody else than who counted, whose drawer it was, or who explained it.

    Raises Forbidden for those, a cashier or a program, Conflict for one that was dealt with.
    """
    _check_notes(notes)
    variance = _locked(variance, act=Act.WITNESS, by=by)
    return _done(variance, act=Act.WITNESS, by=by, at=at, notes=notes)


@transaction.atomic
def recount_variance(
    *, variance: Variance, counted: CountedAmount, by: Principal, at: datetime, notes: str = ""
) -> Variance:
    """Keeps what a second person counted of the same cash. The first count stays; what this one found otherwise is booked
    once it is approved. Of a session that was closed without a count it is the count afterwards. What it finds above
    the second limit is escalated.

    Raises Forbidden for who counted or whose drawer it was, InvalidInput for another currency or method, Conflict where
    there is nothing left to count: another count has been taken since, or it is none of cash that lies in the store.
    """
    _check_notes(notes)
    variance = _locked(variance, act=Act.RECOUNT, by=by, for_decision=True)
    for field in ("currency", "method"):
        if getattr(counted, field) != getattr(variance, field):
            raise InvalidInput.of(field, f"is {getattr(variance, field)} here.")
    attempt = 1 + variance.events.filter(act=Act.RECOUNT).count()
    count = keep_recount(variance=variance, counted=counted, attempt=attempt, by=by, at=at)
    if variance.expected_amount is not None:
        _escalate_above(variance, difference=counted.amount - variance.expected_amount)
    return _done(variance, act=Act.RECOUNT, by=by, at=at, notes=notes, count=count)


@transaction.atomic
def approve_variance(*, variance: Variance, by: Principal, at: datetime, notes: str = "") -> Variance:
    """Signs a difference off and returns it; nothing changes it any more. Where the last recount found something else than
    the count, the correction is booked over/short now. Late money is frozen as what had come by now.

    Raises Forbidden for whose count, recount or drawer it was, and for a manager where it is escalated or that late money
    is above the second limit, Conflict where it is not explained yet, or escalated and neither witnessed nor recounted.
    """
    _check_notes(notes)
    variance = _locked(variance, act=Act.APPROVE, by=by, for_decision=True)
    recount = _last_recount(variance)
    if recount is not None and by.user is not None and recount.counted_by_id == by.user.pk:
        raise Forbidden("Nobody signs off their own count: somebody else approves what you recounted.")
    if variance.kind == VarianceKind.LATE:
        variance.difference, variance.last_movement = late_of(variance)
        _escalate_above(variance, difference=variance.difference)
        # How much came late is not known before.
        refusal = _refusal(variance, act=Act.APPROVE, by=by)
        if refusal is not None:
            raise refusal
    if variance.is_escalated and not variance.events.filter(act__in=(Act.WITNESS, Act.RECOUNT)).exists():
        raise Conflict(
            "Above the second limit a difference is witnessed or recounted before it is approved.",
            code="variance_not_witnessed",
        )
    movement = book_correction(variance=variance, recount=recount, by=by, at=at)
    variance.decided_by, variance.decided_at = by.user, at
    return _done(variance, act=Act.APPROVE, by=by, at=at, notes=notes, movement=movement)


@transaction.atomic
def reject_variance(*, variance: Variance, notes: str, by: Principal, at: datetime) -> Variance:
    """Sends an explanation back to the cashier's supervisor, with what is missing in it.

    Raises InvalidInput without notes, Forbidden as for an approval, Conflict unless it was explained.
    """
    if not notes.strip():
        raise InvalidInput.of("notes", "say what is missing: the supervisor reads it.")
    _check_notes(notes)
    variance = _locked(variance, act=Act.REJECT, by=by)
    variance.decided_by, variance.decided_at = by.user, at
    return _done(variance, act=Act.REJECT, by=by, at=at, notes=notes)


@transaction.atomic
def escalate_variance(*, variance: Variance, notes: str, by: Principal, at: datetime) -> Variance:
    """Hands a difference up: from now on an admin decides it. Raises InvalidInput without notes, Forbidden, Conflict."""
    if not notes.strip():
        raise InvalidInput.of("notes", "say why it is handed up.")
    _check_notes(notes)
    variance = _locked(variance, act=Act.ESCALATE, by=by)
    variance.is_escalated = True
    return _done(variance, act=Act.ESCALATE, by=by, at=at, notes=notes)


def sign_off_with_authorization(*, variance: Variance, issuer: User, by: Principal, at: datetime) -> Variance:
    """Approves a reconciliation's difference by the authorization that came with it, in its issuer's name. One above the
    second limit waits for an admin all the same.
    """
    if variance.is_escalated or not variance.reason:
        return variance
    variance.decided_by, variance.decided_at = issuer, at
    return _done(variance, act=Act.APPROVE, by=by, at=at, notes="By authorization.")


def supersede_variances(*, subject: str, by: Principal, at: datetime) -> None:
    """Ends what waits for a reconciliation that another has taken the place of."""
    waiting = (
        Variance.objects.select_for_update(of=("self",)).filter(subject=subject).exclude(state__in=ENDED_VARIANCES)
    )
    for variance in waiting.select_related("store"):
        _done(variance, act=Act.SUPERSEDE, by=by, at=at)


def acts_open_to(variance: Variance, *, by: Principal) -> tuple[Act, ...]:
    """Returns what `by` may do with a variance as it stands, in the order of the acts."""
    return tuple(act for act in Act if act != Act.SUPERSEDE and _refusal(variance, act=act, by=by) is None)


def can_recount(variance: Variance, *, by: Principal) -> bool:
    """Whether `by` may count again what a variance is about."""
    return _refusal(variance, act=Act.RECOUNT, by=by) is None


# --- Common --------------------------------------------------------------------------------------------------------------


def _locked(variance: Variance, *, act: Act, by: Principal, for_decision: bool = False) -> Variance:
    """Locks the variance, and for what looks at money the places that it lies in, and reads it again."""
    if for_decision:
        held = Q(kind=PlaceKind.VAULT) | Q(pk=variance.place_id)
        if variance.subject.startswith(DAY_SUBJECT):
            # What is late for a day may be booked in any drawer.
            held = Q(kind__in=(PlaceKind.VAULT, PlaceKind.REGISTER))
        place.lock(exclusive=Place.objects.filter(held, store=variance.store_id))
    variance = (
        Variance.objects.select_for_update(of=("self",))
        .select_related("store", "place", "session__register", "session__store", "session__user", "person")
        .get(pk=variance.pk)
    )
    refusal = _refusal(variance, act=act, by=by)
    if refusal is not None:
        raise refusal
    return variance


def _refusal(variance: Variance, *, act: Act, by: Principal) -> DomainError | None:
    """Why `by` may not do it with the variance as it stands: who they are first, its state, whose count it was."""
    user = by.user
    if not by.has_role(Role.MANAGER):
        return Forbidden("Differences are dealt with by managers.")
    if act in IN_PERSON and user is None:
        return Forbidden(f"A manager {IN_PERSON[act]}, in person.")
    allowed = ACTS[variance.state]
    if act not in allowed:
        then = ", ".join(str(Act(other).label).lower() for other in allowed if other != Act.SUPERSEDE)
        return Conflict(
            f"The variance is {variance.state}; {f'what it allows now: {then}.' if then else 'it stays as it is.'}",
            code="variance_state",
        )
    if user is not None and act in IN_PERSON and user.pk in (variance.person_id, variance.counted_by_id):
        return Forbidden("Nobody deals with their own count: somebody else does.")
    if act == Act.RECOUNT and (instead := instead_of_recount(variance)):
        return Conflict(instead, code="variance_not_recounted")
    if user is None or act not in IN_PERSON:
        return None
    if act == Act.WITNESS and variance.explained_by_id == user.pk:
        return Forbidden("Who explained a difference does not witness it too.")
    return _refusal_of_decision(variance, act=act, user=user) if act in (Act.APPROVE, Act.REJECT) else None


def _refusal_of_decision(variance: Variance, *, act: Act, user: User) -> DomainError | None:
    if not variance.reason:
        return Conflict("It is not explained yet: a reason comes before the decision.", code="variance_not_explained")
    if variance.is_escalated and not user.has_role(Role.ADMIN):
        return Forbidden("It is escalated: an admin decides it.")
    if variance.is_escalated and act == Act.APPROVE and variance.explained_by_id == user.pk:
        return Forbidden("What is escalated is approved by somebody else than who explained it.")
    return None


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
    """The one transition: the state that follows, the event, and the note in the audit trail."""
    before = variance.state
    after = ACTS[before][act]
    variance.state = (
        VarianceState.ESCALATED if after == VarianceState.EXPLAINED and variance.is_escalated else VarianceState(after)
    )
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
    """Hands a difference up that turned out to be above the second limit; nothing takes that back."""
    variance.is_escalated = variance.is_escalated or is_above_second_limit(
        store=variance.store, difference=difference, currency=variance.currency
    )


def _check_notes(notes: str) -> None:
    if len(notes) > NOTES_MAX:
        raise InvalidInput.of("notes", f"must be at most {NOTES_MAX} characters long.")


def _last_recount(variance: Variance) -> Count | None:
    last = variance.events.filter(act=Act.RECOUNT).select_related("count").order_by("-pk").first()
    return last.count if last is not None else None
