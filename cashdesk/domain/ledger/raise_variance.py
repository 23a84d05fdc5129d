"""Creates variances: a difference above the store's tolerance, a close without a count, or late money.

The caller runs these functions in the transaction that books the cause (law 6). So a variance exists only if its cause
is booked. `reconciliations.domain.variance_acts` has the functions with which people explain and decide variances.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.entry import Entry
from cashdesk.domain.ledger.tolerance import is_above_second_limit, tolerance_of
from cashdesk.domain.ledger.variance_event import record_decided, record_raised
from cashdesk.enums import CASH, ENDED_VARIANCES, PlaceKind, VarianceKind, VarianceState
from cashdesk.models import BusinessDay, CashSession, Place, Store, Variance

DAY_SUBJECT: Final = "business_day:"
"""The prefix of `Variance.subject` for money that was recorded for a business day after the day was closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """The cause of a variance: the values that `Variance` stores about it.

    `subject` has the form `noun:id` of the audit trail. `person_id` is the cashier of the drawer.
    """

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
    """Creates a variance if counted minus expected (minor units) is above the tolerance, or if `always` is set.

    Returns the variance, or None if none was created. A variance above the store's second limit is created as
    escalated.
    """
    store, difference = cause.store, counted - expected
    tolerance = tolerance_of(store=store, place=cause.place, expected=expected, currency=currency)
    if abs(difference) <= tolerance and not always:
        return None
    made = Variance.objects.create(
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
        is_escalated=is_above_second_limit(store=store, place=cause.place, difference=difference, currency=currency),
        raised_at=at,
    )
    record_raised([made], session=cause.session)
    return made


def raise_uncounted(*, cause: Cause, currency: str, at: datetime) -> Variance:
    """Creates the variance of a close without a count. It has no figures, because nobody has counted the drawer yet."""
    made = Variance.objects.create(
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
    record_raised([made])
    return made


def supersede(*, subjects: Iterable[str], kind: VarianceKind, by: Principal, at: datetime) -> None:
    """Ends the undecided variances of these subjects as superseded.

    Called when the booked cause of the variances was reversed or corrected. Their figures are then no longer true.

    Approved variances do not change (law 4). The caller holds the lock of the place. The rows are locked in the order
    of their ids, so that two callers cannot deadlock.
    """
    waiting = Variance.objects.filter(subject__in=tuple(subjects), kind=kind).exclude(state__in=ENDED_VARIANCES)
    for variance in waiting.select_for_update(of=("self",)).select_related("store").order_by("pk"):
        before = variance.state
        variance.state, variance.decided_by, variance.decided_at = VarianceState.SUPERSEDED, by.user, at
        variance.save(update_fields=["state", "decided_by", "decided_at"])
        record_decided(variance, at=at)
        audit.note(
            action="variance.supersede",
            subject=f"variance:{variance.pk}",
            by=by,
            at=at,
            store=variance.store,
            detail={"subject": variance.subject, "from": before, "to": str(variance.state)},
        )


def raise_late(*, store: Store, entries: Sequence[Entry], at: datetime) -> None:
    """Creates variances for the late entries among `entries`: one per period, currency and method.

    Until a variance is approved, it also includes money that arrives later for the same period. The caller holds at
    least a shared lock on the place of each period, so no approval runs at the same time.
    """
    raised = {}
    for entry in entries:
        if entry.is_late:
            variance = _of_late(store=store, entry=entry, at=at)
            raised[_period(variance)] = variance
    known = Variance.objects.filter(
        kind=VarianceKind.LATE,
        subject__in={variance.subject for variance in raised.values()},
        business_date__in={variance.business_date for variance in raised.values()},
    )
    waiting = set()
    for earlier in known.exclude(state=VarianceState.SUPERSEDED).order_by("last_movement"):
        if earlier.state != VarianceState.APPROVED:
            waiting.add(_period(earlier))
        elif _period(earlier) in raised:
            raised[_period(earlier)].first_movement = 1 + (earlier.last_movement or 0)
    # Sorted, so that two batches with common periods cannot deadlock. If a variance of the period already waits, it
    # includes this money too: its amount sums all late money since the previous approval. The sum cannot begin at the
    # variance's own first movement. If two batches run at the same time, the batch that creates the variance may have
    # the higher ids.
    Variance.objects.bulk_create([raised[period] for period in sorted(raised)], ignore_conflicts=True)
    _record_created([raised[period] for period in sorted(raised) if period not in waiting])


def _record_created(variances: Sequence[Variance]) -> None:
    """Writes the events of the variances that this transaction created. A concurrent one may have created the others."""
    if variances:
        made = Variance.objects.filter(uuid__in=[variance.uuid for variance in variances])
        record_raised(made.select_related("store").order_by("pk"))


def _period(variance: Variance) -> tuple[str, date, str, str]:
    """Returns the variance's values in the columns of the constraint `variance_one_waiting_for_late_money`."""
    return variance.subject, variance.business_date, variance.currency, variance.method


def _of_late(*, store: Store, entry: Entry, at: datetime) -> Variance:
    """Returns the unsaved variance for a late entry.

    The variance is about the session of the entry, unless the entry is late for the vault. Without a session it is
    about a business day of a place. Without a session and a place it is about a business day of the store.
    """
    is_of_vault = entry.late_for is not None and entry.late_for.kind == PlaceKind.VAULT
    # The late reversal of a drop, for example, names the drawer's session. But it is late for the vault only, so it
    # explains no difference of that session.
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
    """Creates the variance for cash that was recorded for a business day after the day was closed.

    Creates none if such a variance already waits. Does not include money that is late for a session or settlement:
    `raise_late` creates the variance for that money.
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
    _record_created([variance])
