"""Business days of a store: reads their state, closes them, and finds the days that are not closed yet."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Max, Min
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.event import events_together, record_event
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.session.closing import force_close_session
from cashdesk.domain.store.business_day import business_date
from cashdesk.domain.store.place_lock import lock_places
from cashdesk.enums import EventType, PlaceKind, Role, SessionStatus
from cashdesk.errors import Conflict, Forbidden, InvalidInput
from cashdesk.formats import style
from cashdesk.models import BusinessDay, CashSession, Movement, Place, Store
from reconciliations.domain.store_day_report import make_report
from reconciliations.enums import DayAct, DayState
from reconciliations.state_flow import FLOW
from settlements.domain.closing import force_close_settlement
from settlements.enums import SettlementState, SettlementType
from settlements.models import Settlement

DAYS_BACK: Final = 31
"""How many days back to look for open days between closed days."""


_NOT_CLOSED: Final = """
WITH day(number, date, opened_from, opened_before) AS (VALUES {days})
SELECT day.number FROM day
WHERE NOT EXISTS (SELECT 1 FROM cashdesk_businessday c WHERE c.store_id = %s AND c.date = day.date) AND (
    EXISTS (SELECT 1 FROM cashdesk_movement m WHERE m.store_id = %s AND m.business_date = day.date)
    OR EXISTS (SELECT 1 FROM cashdesk_cashsession s WHERE s.store_id = %s AND s.business_date = day.date)
    OR EXISTS (
        SELECT 1 FROM settlements_settlement s
        WHERE s.store_id = %s AND s.business_date = day.date
            AND s.opened_at >= day.opened_from AND s.opened_at < day.opened_before
    )
)
ORDER BY day.number
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A business day and its state. `opened_at` is the time of its first movement or session, or None."""

    date: date
    state: DayState
    opened_at: datetime | None
    closed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """A closed day, with the sessions and settlements that its close closed without a count."""

    day: BusinessDay
    sessions: Sequence[CashSession]
    settlements: Sequence[Settlement]


def day_of(*, store: Store, on: date) -> Day:
    """Returns a business day of a store."""
    closed = BusinessDay.objects.filter(store=store, date=on).first()
    # An expression, because PostgreSQL would look for the first instant in the index on instants: through the whole ledger.
    recorded = Coalesce("recorded_at", "recorded_at")
    moved = Movement.objects.filter(store=store, business_date=on).aggregate(first=Min(recorded))["first"]
    opened = CashSession.objects.filter(store=store, business_date=on).aggregate(first=Min("opened_at"))["first"]
    return Day(
        date=on,
        state=DayState.CLOSED if closed else DayState.OPEN,
        opened_at=min((moment for moment in (moved, opened) if moment is not None), default=None),
        closed_at=closed.closed_at if closed else None,
    )


def current_date(*, store: Store, at: datetime) -> date:
    """Returns the current business date of the store."""
    return business_date(store=store, at=at)


def open_drawers(*, store: Store, on: date) -> tuple[list[CashSession], list[Settlement]]:
    """Returns the sessions and register settlements of this day or an earlier day that are still open.

    The close of the day would close them without a count.
    """
    sessions = CashSession.objects.filter(store=store, status=SessionStatus.OPEN, business_date__lte=on)
    settlements = Settlement.objects.filter(
        store=store, type=SettlementType.CASHREGISTER, business_date__lte=on
    ).exclude(state=SettlementState.CLOSED)
    return (
        list(sessions.select_related("register", "user").order_by("pk")),
        list(settlements.select_related("place", "store").order_by("pk")),
    )


def keeps_day_open(*, store: Store, still_open: Collection[Any]) -> bool:
    """Whether these open drawers prevent the close of the day, because the store wants each of them counted first."""
    return bool(still_open) and not store.closes_stale_sessions


@transaction.atomic
@events_together()
def close_business_day(*, store: Store, on: date, by: Principal, at: datetime, reason: str = "") -> Closed:
    """Closes a business day of a store and makes its numbered report.

    Open sessions and settlements of this or an earlier day are closed without a count, if the store allows it
    (`closes_stale_sessions`). They are returned and noted in the audit trail, with `reason`. Movements that are
    recorded for the date afterwards are late.
    Raises Forbidden for a cashier and InvalidInput for a future day. Raises Conflict for a closed day, and for open
    sessions or settlements if the store requires a count.
    """
    if not by.has_role(Role.MANAGER):
        raise Forbidden(_("Only a manager can close a business day."))
    if on > current_date(store=store, at=at):
        raise InvalidInput.of("date", _("This day has not begun in the store. Choose an earlier day."))
    # Locks every place that trades, so that no posting is in progress and the last movement is final.
    lock_places(exclusive=Place.objects.filter(store=store, kind__in=(PlaceKind.VAULT, PlaceKind.REGISTER)))
    is_closed = BusinessDay.objects.filter(store=store, date=on).exists()
    if DayAct.CLOSE not in FLOW["business day"][DayState.CLOSED if is_closed else DayState.OPEN]:
        told = _("The business day %(day)s is already closed.")
        raise Conflict(told % {"day": on}, code="day_closed", page_message=told % {"day": style().date(on)})
    sessions, settlements = open_drawers(store=store, on=on)
    if keeps_day_open(store=store, still_open=[*sessions, *settlements]):
        raise _still_open(on, sessions, settlements)
    why = f"business day {on} closed{f': {reason}' if reason else ''}"
    sessions = [force_close_session(session=session, by=by, at=at, reason=why) for session in sessions]
    settlements = [
        force_close_settlement(settlement=settlement, by=by, at=at, reason=why) for settlement in settlements
    ]
    day = BusinessDay.objects.create(
        store=store,
        date=on,
        closed_at=at,
        closed_by=by.user,
        closed_with=by.token,
        last_movement=Movement.objects.filter(store=store).aggregate(last=Max("pk"))["last"] or 0,
    )
    make_report(day=day)
    record_event(
        type_=EventType.DAY_CLOSED,
        store=store,
        at=at,
        body={
            "business_date": on,
            "closed_by": day.closed_by_id,
            "uncounted_sessions": [session.pk for session in sessions],
            "uncounted_settlements": [settlement.uuid for settlement in settlements],
        },
    )
    audit.note(
        action="business_day.closed",
        subject=f"day:{store.pk}:{on}",
        by=by,
        at=at,
        store=store,
        detail={
            "sessions": [session.pk for session in sessions],
            "settlements": [settlement.pk for settlement in settlements],
            "last_movement": day.last_movement,
            **({"reason": reason} if reason else {}),
        },
    )
    return Closed(day=day, sessions=sessions, settlements=settlements)


def days_to_close(*, store: Store, at: datetime) -> list[date]:
    """Returns the past business dates of a store that had activity and are not closed, oldest first.

    Finds every such date of the last DAYS_BACK days. Finds an older date only if it is after the newest closed day.
    The number of statements is fixed. Each recent date that is not closed costs a few index probes.
    """
    recent = _recent_dates(store=store, at=at)
    return _long_ago(store=store, before=recent[0]) + recent_days_to_close(store=store, at=at)


def recent_days_to_close(*, store: Store, at: datetime) -> list[date]:
    """Returns the dates of the last DAYS_BACK days that had activity and are not closed, oldest first.

    Runs one statement, which reads nothing older, so a store that never closes a day costs no more than another. Each date
    costs a few index probes. Settlements are found by `opened_at`, which has an index. The search covers four days in UTC,
    which contain the date in every time zone. Written in SQL, because it takes Django a tenth of a second to write the
    statement for a month.
    """
    days = _recent_dates(store=store, at=at)
    ops = connection.ops
    values: list[Any] = []
    for number, on in enumerate(days):
        first = datetime.combine(on, time.min, tzinfo=UTC) - timedelta(days=1)
        ends = (first, first + timedelta(days=4))
        values += [number, ops.adapt_datefield_value(on), *(ops.adapt_datetimefield_value(end) for end in ends)]
    rows = ", ".join(["(%s, %s, %s, %s)"] * len(days))
    with connection.cursor() as cursor:
        cursor.execute(_NOT_CLOSED.format(days=rows), [*values, *[store.pk] * _NOT_CLOSED.count("store_id")])
        return [days[number] for (number,) in cursor.fetchall()]


def _recent_dates(*, store: Store, at: datetime) -> list[date]:
    today = current_date(store=store, at=at)
    return [today - timedelta(days=back) for back in range(DAYS_BACK, 0, -1)]


def _long_ago(*, store: Store, before: date) -> list[date]:
    """Returns the dates with activity that are before `before` and after the store's newest closed day.

    Without a closed day, returns all dates before `before`.
    """
    last = BusinessDay.objects.filter(store=store).aggregate(last=Max("date"))["last"] or date.min
    window = {"store": store, "business_date__gt": last, "business_date__lt": before}
    moved = Movement.objects.filter(**window).order_by().values_list("business_date", flat=True).distinct()
    opened = CashSession.objects.filter(**window).order_by().values_list("business_date", flat=True).distinct()
    return sorted({*moved, *opened})


def drawers_in_words(sessions: Sequence[CashSession], settlements: Sequence[Settlement]) -> list[str]:
    """Describes open sessions and settlements for a message, one text for each."""
    session_words, settlement_words = (
        _("cash session %(number)s of %(name)s at %(place)s"),
        _("settlement %(id)s at %(place)s"),
    )
    return [
        *(session_words % {"number": one.pk, "name": one.user, "place": one.register} for one in sessions),
        *(settlement_words % {"id": one.uuid, "place": one.place} for one in settlements),
    ]


def _still_open(on: date, sessions: Sequence[CashSession], settlements: Sequence[Settlement]) -> Conflict:
    named = "; ".join(drawers_in_words(sessions, settlements))
    told = _("The business day %(day)s cannot be closed yet. Close these first: %(drawers)s.")
    on_page = told % {"day": style().date(on), "drawers": named}
    return Conflict(told % {"day": on, "drawers": named}, code="day_has_open_drawers", page_message=on_page)
