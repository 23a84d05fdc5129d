"""Proves that reconciliations and closed days agree with the ledger, by recalculating them from the movements."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Sum

from cashdesk.domain.caller.audit import entry_of
from cashdesk.enums import Reason
from cashdesk.models import AuditEntry, BusinessDay, Movement, Store
from cashdesk.money import to_text
from reconciliations.domain.expected_cash import expected_cash
from reconciliations.domain.operator_custody import Seen
from reconciliations.domain.repayment import faults_of_repayments
from reconciliations.domain.store_day_report import faults_of_reports
from reconciliations.domain.store_day_sums import STAYS_IN_STORE, drawer_movements, taken_over
from reconciliations.enums import DayRule
from reconciliations.models import Reconciliation


def faults_of_store(store: Store) -> Iterator[str]:
    """Yields one sentence per fault in a store's reconciliations, closed days, their reports, and repayments.

    Faults exist only if somebody changed rows directly. Checks the system amounts, the authorizations, and the last
    movement of closed days. Also checks that each reconciliation supersedes the previous one of its scope.
    """
    yield from _faults_of_reconciliations(store)
    yield from _faults_of_days(store)
    yield from faults_of_reports(store)
    yield from faults_of_repayments(store)


def _faults_of_reconciliations(store: Store) -> Iterator[str]:
    standing: dict[tuple[object, ...], int] = {}
    used: set[int] = set()
    closed = dict(BusinessDay.objects.filter(store=store).values_list("date", "last_movement"))
    rows = (
        Reconciliation.objects.filter(store=store).select_related("authorization", "store", "operator").order_by("pk")
    )
    rows = rows.annotate(recorded_as=entry_of("reconciliation.recorded"))
    for row in rows.iterator(chunk_size=500):
        faults = [*_faults_of_amount(row), *_faults_of_permission(row)]
        scope = (row.business_date, row.currency, row.operator_id)
        if row.supersedes_id != standing.get(scope):
            faults.append("it does not supersede the one before it.")
        standing[scope] = row.pk
        if row.authorization_id in used:
            faults.append("its authorization was already used.")
        used |= {row.authorization_id} if row.authorization_id else set()
        last_movement = closed.get(row.business_date)
        if row.is_post_close and last_movement is None:
            faults.append("it is marked as after the close, but its day is not closed.")
        if not row.is_post_close and last_movement is not None and row.as_of_movement > last_movement:
            faults.append("it is marked as before the close of its day, but includes later movements.")
        for fault in faults:
            yield f"Reconciliation {row.pk} of store {store.number}: {fault}"


def _faults_of_amount(row: Any) -> Iterator[str]:
    if row.recorded_as is None:
        yield "the audit trail has no entry for it."
        return
    if row.rule == DayRule.MOVEMENTS:
        yield from _faults_of_first_rule(row)
        return
    seen = Seen(movement=row.as_of_movement, session=row.as_of_session, seal=row.as_of_seal)
    if seen.movement and not Movement.objects.filter(pk=seen.movement, store=row.store_id).exists():
        yield "its last movement belongs to another store or day."
    expected = expected_cash(store=row.store, business_date=row.business_date, operator=row.operator, seen=seen)
    held = expected.carried.session
    if (held.pk if held else None) != row.overnight_session_id:
        yield "it names the wrong session for the beginning of the day."
    yield from _fault_of_figure(row, expected.of(row.currency).system_cash)


def _fault_of_figure(row: Reconciliation, right: int) -> Iterator[str]:
    if row.system_amount != right:
        told, said = to_text(right, row.currency), to_text(row.system_amount, row.currency)
        yield f"expected {told}, but {said} is recorded."


def _faults_of_first_rule(row: Any) -> Iterator[str]:
    """Checks a reconciliation that was recorded under the first rule (`DayRule.MOVEMENTS`).

    The first rule used only the day's own movements, and no carried-over cash. Movements belonged to the person who
    sold, not to the person who held the drawer.
    """
    scope = drawer_movements().filter(store=row.store_id, business_date=row.business_date)
    if row.operator_id is not None:
        scope = scope.filter(person=row.operator_id)
    if row.as_of_movement and not scope.filter(pk=row.as_of_movement).exists():
        yield "its last movement belongs to another store or day."
    seen = scope.filter(currency=row.currency, pk__lte=row.as_of_movement)
    if row.operator_id is None:
        # A drop leaves the operator's drawer but stays in the store.
        seen = seen.exclude(kind__in=STAYS_IN_STORE)
    moved = seen.aggregate(total=Sum("effect"))["total"] or 0
    yield from _fault_of_figure(row, moved + _taken_over(row))


def _taken_over(row: Any) -> int:
    """Returns the cash that the operator had taken over when the reconciliation was recorded."""
    if row.operator_id is None:
        return 0
    sessions = taken_over().filter(
        store=row.store_id, user=row.operator_id, business_date=row.business_date, currency=row.currency
    )
    taken = sessions.values_list("start_amount", "opened_as", "cancelled_as")
    return sum(
        amount
        for amount, opened_as, cancelled_as in taken
        if (opened_as or 0) < row.recorded_as and (cancelled_as is None or cancelled_as > row.recorded_as)
    )


def _faults_of_permission(row: Reconciliation) -> Iterator[str]:
    permission = row.authorization
    if permission is None:
        if row.reason == Reason.THEFT_SUSPECTED and not row.awaits_approval:
            yield "it reports a suspected theft, but no variance waits and nobody signed it off."
        return
    if permission.store_id != row.store_id:
        yield "its authorization is for another store."
    if permission.expires_at <= row.reported_at:
        yield "its authorization had expired."
    if permission.operator_id not in (None, row.operator_id):
        yield "its authorization is for another operator."
    if permission.issued_by_id in (row.reported_by_user_id, row.operator_id):
        yield "its authorization was issued by the person whom it permits something."


def _faults_of_days(store: Store) -> Iterator[str]:
    """Checks that the last movement never decreases from close to close, and that it matches the audit trail."""
    before = 0
    for day in BusinessDay.objects.filter(store=store).order_by("pk").iterator(chunk_size=500):
        seen = day.last_movement
        if seen < before:
            yield f"Business day {day.date} of store {store.number}: a day that was closed earlier includes later movements."
        if seen and not Movement.objects.filter(pk=seen, store=store).exists():
            yield f"Business day {day.date} of store {store.number}: its last movement belongs to another store."
        noted = AuditEntry.objects.filter(
            action="business_day.closed", subject=f"day:{store.pk}:{day.date}", detail__has_key="last_movement"
        ).first()
        if noted is not None and noted.detail["last_movement"] != seen:
            yield f"Business day {day.date} of store {store.number}: the audit trail names another last movement."
        before = max(before, seen)
