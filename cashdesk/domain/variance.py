"""Raising what somebody has to deal with: a difference above the store's tolerance, a close without a count, late money.

Called in the transaction of the cause (law 6), so no difference is ever missed and none is raised for what did not happen.
What people then do with it is `reconciliations.domain.variance`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from cashdesk.domain.business_day import business_date
from cashdesk.domain.entry import Entry
from cashdesk.domain.principal import Principal
from cashdesk.enums import CASH, PlaceKind, VarianceKind
from cashdesk.models import CashSession, Movement, Place, Store, User, Variance


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What a difference came from. `subject` is named as in the audit trail; `person` is whose drawer it was."""

    store: Store
    subject: str
    business_date: date
    place: Place | None = None
    session: CashSession | None = None
    person: User | None = None


def tolerance_of(*, store: Store, expected: int, currency: str) -> int:
    """Returns the largest difference that the store lets pass, minor units: its amount, or its share of what was expected
    where that is less. The amount is one of the store's own currency; of another only the share lets anything pass.
    """
    by_share = abs(expected) * store.tolerance_basis_points // 10_000
    if currency != store.currency:
        return by_share
    return min(store.tolerance_minor, by_share) if store.tolerance_basis_points else store.tolerance_minor


def exceeds_tolerance(*, store: Store, difference: int, expected: int, currency: str) -> bool:
    """Whether a difference is larger than the store lets pass; amounts are minor units of `currency`."""
    return abs(difference) > tolerance_of(store=store, expected=expected, currency=currency)


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
    second = store.escalation_minor
    return Variance.objects.create(
        store=store,
        kind=kind,
        subject=cause.subject,
        place=cause.place,
        session=cause.session,
        person=cause.person,
        counted_by=by.user,
        business_date=cause.business_date,
        currency=currency,
        method=method,
        expected_amount=expected,
        counted_amount=counted,
        difference=difference,
        tolerance=tolerance,
        is_escalated=second is not None and currency == store.currency and abs(difference) > second,
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
        person=cause.person,
        business_date=cause.business_date,
        currency=currency,
        method=CASH,
        raised_at=at,
    )


def raise_late(*, store: Store, entries: Sequence[Entry], uuids: Sequence[UUID], at: datetime) -> None:
    """Raises the late ones among entries that were recorded: one variance per period, currency and method, which all that
    comes later for it joins until it is approved.
    """
    waiting: dict[UUID, Variance] = {}
    seen = set()
    for entry, uuid in zip(entries, uuids, strict=True):
        if not entry.is_late:
            continue
        variance = _of_late(store=store, entry=entry, at=at)
        key = (variance.subject, variance.business_date, variance.currency, variance.method)
        if key not in seen:
            seen.add(key)
            waiting[uuid] = variance
    for uuid, pk in Movement.objects.filter(uuid__in=waiting).values_list("uuid", "pk"):
        waiting[uuid].first_movement = pk
    # One that waits already takes it in: its amount is a sum from its first movement on.
    Variance.objects.bulk_create(waiting.values(), ignore_conflicts=True)


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
        business_date=session.business_date
        if session is not None
        else business_date(store=store, at=entry.occurred_at),
        currency=entry.currency,
        method=entry.method,
        raised_at=at,
    )
