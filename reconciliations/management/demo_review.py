"""Closes, reconciles and signs off the past days of a demonstration store, as its manager.

The newest variances are left open, and yesterday in all stores but the first, so that a visitor has something to do.
"""

import random
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from heapq import heapify, heappop, heapreplace
from typing import Final
from zoneinfo import ZoneInfo

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.store.business_day import business_date
from cashdesk.enums import Reason, Role, VarianceKind
from cashdesk.models import Account, Movement, Store, User, Variance
from reconciliations.domain.authorization import issue_authorization
from reconciliations.domain.business_day_close import close_business_day
from reconciliations.domain.expected_cash import expected_cash
from reconciliations.domain.reconciliation import Declaration, record_reconciliation
from reconciliations.domain.variance_acts import approve_variance, explain_variance, reject_variance, witness_variance
from reconciliations.domain.variance_permission import acts_open_to
from reconciliations.enums import Act
from reconciliations.models import PatternSetting

LEFT: Final = timedelta(days=3)
NIGHT: Final = timedelta(hours=5)
"""How long the manager takes to close a day and to reconcile it."""
RECONCILED: Final = 14
REASONS: Final = (
    (Reason.WRONG_CHANGE_GIVEN, "A ten given back for a five; the customer did not come back."),
    (Reason.COUNTING_ERROR, "Two rolls of coins were counted as one."),
    (Reason.MINOR_UNIDENTIFIED_DIFFERENCE, ""),
    (Reason.INCOMPLETE_CUSTOMER_PAYMENT, "A regular who paid the rest the next day."),
    (Reason.UNRECORDED_PAYMENT, "Sold while the till restarted."),
)


def review_history(*, store: Store, manager: User, seed: int, at: datetime) -> None:
    """Closes, reconciles and signs off the past days of a store. Leaves the variances of the last days open."""
    chance = random.Random(f"{seed}{store.number}")  # noqa: S311 (the same seed gives the same data)
    admin = User.objects.filter(account=store.account, role=Role.ADMIN).earliest("pk")
    boss, head = Principal(user=manager), Principal(user=admin)
    variances = Variance.objects.filter(store=store, raised_at__lt=at - LEFT).order_by("pk")
    _in_order_of_time(
        [
            _close_days(store, boss=boss, head=head, at=at, chance=chance),
            *(_deal_with(variance, boss=boss, head=head, chance=chance) for variance in variances),
        ]
    )
    _show_people(store.account)


def _in_order_of_time(tasks: list[Iterator[datetime]]) -> None:
    """Runs tasks that take turns, so that the audit trail is in order of time. Each yields when its next act is due."""
    due = [(first, number, task) for number, task in enumerate(tasks) if (first := next(task, None))]
    heapify(due)
    while due:
        _at, number, task = due[0]
        if following := next(task, None):
            heapreplace(due, (following, number, task))
        else:
            heappop(due)


def _close_days(
    store: Store, *, boss: Principal, head: Principal, at: datetime, chance: random.Random
) -> Iterator[datetime]:
    """Closes each past day at night, and reconciles the newer ones the next morning."""
    zone = ZoneInfo(store.time_zone)
    for on in _days_before(store, at=at):
        night = datetime.combine(on + timedelta(days=1), time(store.cut_off_hour, 5), zone)
        yield night
        close_business_day(store=store, on=on, by=boss, at=night)
        if (at - night).days <= RECONCILED:
            yield night + timedelta(hours=4)
            _reconcile(store, on=on, boss=boss, head=head, at=night + timedelta(hours=4), chance=chance)


def _show_people(account: Account) -> None:
    """Switches the patterns by person on, so that a visitor can see them."""
    agreed = {"shows_people": True, "agreed": "Everybody who works in the demonstration"}
    PatternSetting.objects.get_or_create(account=account, defaults=agreed)


def _days_before(store: Store, *, at: datetime) -> Iterator[date]:
    """Yields the business days that the manager has closed: all of the first store, elsewhere all but yesterday."""
    dates = Movement.objects.filter(store=store).order_by().values_list("business_date", flat=True).distinct()
    is_first = not Store.objects.filter(account=store.account, pk__lt=store.pk).exists()
    ended = business_date(store=store, at=at - NIGHT) - timedelta(days=1 if is_first else 2)
    yield from sorted(on for on in dates if on <= ended)


def _reconcile(
    store: Store, *, on: date, boss: Principal, head: Principal, at: datetime, chance: random.Random
) -> None:
    """Declares the expected amount or slightly less. A shortage gets a reason and sometimes an authorization."""
    system = expected_cash(store=store, business_date=on).of(store.currency).system_cash
    missing = chance.choice((0, 0, 0, 0, 2, 4)) * store.tolerance_minor
    authorization = None
    if missing and chance.random() < 0.5:
        authorization = issue_authorization(
            store=store, purpose=f"Day of {on}", expires_in=timedelta(hours=2), by=head, at=at
        )
    record_reconciliation(
        declaration=Declaration(
            store=store,
            currency=store.currency,
            declared=max(0, system - missing),
            business_date=on,
            reason=Reason.MINOR_UNIDENTIFIED_DIFFERENCE if missing else "",
            notes="Seen by the owner." if authorization else "",
            authorization_id=authorization.uuid if authorization else None,
        ),
        by=boss,
        at=at + timedelta(minutes=10),
    )


def _deal_with(variance: Variance, *, boss: Principal, head: Principal, chance: random.Random) -> Iterator[datetime]:
    """Explains a variance the next morning and approves it later. Leaves a variance alone that was dealt with.

    An admin approves escalated variances, and variances of the manager's own counts.
    """
    morning = variance.raised_at + timedelta(hours=14)
    yield morning
    variance.refresh_from_db()
    if variance.is_ended:
        return
    if not variance.reason:
        reason, notes = _explanation(variance, chance)
        variance = explain_variance(variance=variance, reason=reason, notes=notes, by=boss, at=morning)
    if chance.random() < 0.1 and Act.REJECT in acts_open_to(variance, by=head):
        yield morning + timedelta(hours=2)
        notes = "Which customer, and was the receipt found?"
        variance = reject_variance(variance=variance, notes=notes, by=head, at=morning + timedelta(hours=2))
        yield morning + timedelta(hours=5)
        variance = explain_variance(
            variance=variance,
            reason=Reason.MINOR_UNIDENTIFIED_DIFFERENCE,
            notes="No receipt; the cashier remembers no customer.",
            by=boss,
            at=morning + timedelta(hours=5),
        )
    if variance.is_escalated:
        yield morning + timedelta(hours=6)
        witness_variance(variance=variance, notes="Seen with the count.", by=head, at=morning + timedelta(hours=6))
    signs = boss if Act.APPROVE in acts_open_to(variance, by=boss) else head
    if Act.APPROVE in acts_open_to(variance, by=signs):
        yield morning + timedelta(hours=8)
        approve_variance(variance=variance, by=signs, at=morning + timedelta(hours=8))


def _explanation(variance: Variance, chance: random.Random) -> tuple[str, str]:
    if variance.kind == VarianceKind.UNCOUNTED:
        return Reason.OTHER, "The cashier was called home; the drawer was locked and counted at the next opening."
    if variance.kind == VarianceKind.LATE:
        return Reason.UNRECORDED_PAYMENT, "The card reader was offline when the drawer was counted."
    return chance.choice(REASONS)
