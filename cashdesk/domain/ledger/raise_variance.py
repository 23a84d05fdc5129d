"""Raising what somebody has to deal with: a difference above the store's tolerance, a close without a count, late money.

Called in the transaction of the cause (law 6), so no difference is ever missed and none is raised for what did not happen.
What people then do with it is `reconciliations.domain.variance_acts`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.entry import Entry
from cashdesk.domain.ledger.tolerance import is_above_second_limit, tolerance_of
from cashdesk.enums import CASH, ENDED_VARIANCES, PlaceKind, VarianceKind, VarianceState
from cashdesk.models import BusinessDay, CashSession, Place, Store, Variance

DAY_SUBJECT: Final = "business_day:"
"""What the subject of late money begins with that came for a business day, while its drawer was still in the day after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What a difference came from. `subject` is named as in the audit trail; `person_id` is whose drawer it was."""

    store: Store
    subject: str
    business_date: date
    place: Place | None = None
    session: CashSession | None = None
    person_id: int | None = None


def raise_difference(
    *,
    kind: VarianceKind,
    cause: Cause,
    expected: int,
    counted: int,
    currency: str,
    by: Principal,
    at: datetime,
    method: str = CASH,
    always: bool = False,
) -> Variance | None:
    """Raises counted minus expected (minor units) where it exceeds the store's tolerance, or `always`, and returns it.

    Above the store's second limit it is escalated from the beginning.
    """
    store, difference = cause.store, counted - expected
    tolerance = tolerance_of(store=store, expected=expected, currency=currency)
    if abs(difference) <= tolerance and not always:
        return None
    return Variance.objects.create(
        store=store,
        kind=kind,
        subject=cause.subject,
        place=cause.place,
        session=cause.session,
        person_id=cause.person_id,
        counted_by=by.user,
        business_date=cause.business_date,
        currency=currency,
        method=method,
        expected_amount=expected,
        counted_amount=counted,
        difference=difference,
        tolerance=tolerance,
        is_escalated=is_above_second_limit(store=store, difference=difference, currency=currency),
        raised_at=at,
    )


def raise_uncounted(*, cause: Cause, currency: str, at: datetime) -> Variance:
    """Raises a close without a count: nobody knows yet what the drawer holds, and somebody says why it was left."""
    return Variance.objects.create(
        store=cause.store,
        kind=VarianceKind.UNCOUNTED,
        subject=cause.subject,
        place=cause.place,
        session=cause.session,
        person_id=cause.person_id,
        business_date=cause.business_date,
        currency=currency,
        method=CASH,
        raised_at=at,
    )


def supersede(*, subjects: Iterable[str], kind: VarianceKind, by: Principal, at: datetime) -> None:
    """Ends the waiting variances of a cause whose figure was taken back or corrected. Approved ones stay (law 4).

    The caller holds the lock of the cause. Takes the rows in one order, so that two callers never wait for each other.
    """
    waiting = Variance.objects.filter(subject__in=tuple(subjects), kind=kind).exclude(state__in=ENDED_VARIANCES)
    for variance in waiting.select_for_update(of=("self",)).select_related("store").order_by("pk"):
        before = variance.state
        variance.state, variance.decided_by, variance.decided_at = VarianceState.SUPERSEDED, by.user, at
        variance.save(update_fields=["state", "decided_by", "decided_at"])
        audit.note(
            action="variance.supersede",
            subject=f"variance:{variance.pk}",
            by=by,
            at=at,
            store=variance.store,
            detail={"subject": variance.subject, "from": before, "to": str(variance.state)},
        )


def raise_late(*, store: Store, entries: Sequence[Entry], at: datetime) -> None:
    """Raises the late ones among entries that were recorded: one variance per period, currency and method, which all that
    comes later for it joins until it is approved.

    The caller holds a lock of each period's place, if only shared: no approval is under way.
    """
    raised = {}
    for entry in entries:
        if entry.is_late:
            variance = _of_late(store=store, entry=entry, at=at)
            raised[_period(variance)] = variance
    approved = Variance.objects.filter(
        kind=VarianceKind.LATE,
        state=VarianceState.APPROVED,
        subject__in={variance.subject for variance in raised.values()},
        business_date__in={variance.business_date for variance in raised.values()},
    )
    for earlier in approved.order_by("last_movement"):
        if _period(earlier) in raised:
            raised[_period(earlier)].first_movement = 1 + (earlier.last_movement or 0)
    # In one order, since two batches that share periods would else wait for each other for ever. One that waits already
    # takes it in: its amount is a sum over all that came since the one before it was approved, not since its own first
    # movement, as of two batches at once the one that raises it may have drawn the higher ids.
    Variance.objects.bulk_create([raised[period] for period in sorted(raised)], ignore_conflicts=True)


def _period(variance: Variance) -> tuple[str, date, str, str]:
    """The columns of `variance_one_waiting_for_late_money`."""
    return variance.subject, variance.business_date, variance.currency, variance.method


def _of_late(*, store: Store, entry: Entry, at: datetime) -> Variance:
    """The period that late money explains: of a session, else of a place's day, else of the store's day."""
    is_of_vault = entry.late_for is not None and entry.late_for.kind == PlaceKind.VAULT
    # A drop that is reversed late for the vault was on time in the drawer.
    session = None if is_of_vault else entry.session
    register = session.register_id if session is not None else entry.late_for.pk if entry.late_for else None
    subject = f"place:{register}" if register is not None else f"store:{store.pk}"
    return Variance(
        store=store,
        kind=VarianceKind.LATE,
        subject=f"session:{session.pk}" if session is not None else subject,
        place_id=register,
        session=session,
        person_id=session.user_id if session is not None else None,
        business_date=session.business_date if session is not None else entry.date_in(store),
        currency=entry.currency,
        method=entry.method,
        raised_at=at,
    )


def raise_late_for_day(*, day: BusinessDay, currency: str, first_movement: int, at: datetime) -> None:
    """Raises cash that was recorded for a business day after its close, where none of it waits already.

    Of what is late for a session or a settlement the day says nothing more: that is raised where it is booked.
    """
    variance = Variance(
        store=day.store,
        kind=VarianceKind.LATE,
        subject=f"{DAY_SUBJECT}{day.pk}",
        business_date=day.date,
        currency=currency,
        method=CASH,
        first_movement=first_movement,
        raised_at=at,
    )
    Variance.objects.bulk_create([variance], ignore_conflicts=True)
