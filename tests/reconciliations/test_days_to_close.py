"""The command closes all open days once, in any order of earlier closes."""

from datetime import date, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from cashdesk.domain.caller.principal import SYSTEM, Principal
from cashdesk.domain.ledger.cash_movement import move_money
from cashdesk.domain.store.business_day import business_date
from cashdesk.enums import MovementKind, PlaceKind
from cashdesk.models import AuditEntry, BusinessDay, CashSession, Movement, Store
from reconciliations.domain.business_day_close import close_business_day, days_to_close
from settlements.domain.opening import open_settlement
from settlements.enums import SettlementType
from tests.cashdesk.desk import NOON, close_drawer, open_drawer, pay
from tests.reconciliations.desk import local
from tests.stories import Cast, counted_queries, make_cast

DAY = date(2026, 3, 10)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("zone", "cut_off_hour", "first", "order"),
    [
        # Three days over a change of clocks; where the day begins after midnight, each is opened in the night.
        ("Europe/Berlin", 0, "2026-03-28 09:00", (2, 1, 0)),
        ("Europe/Berlin", 4, "2026-03-29 03:59", (1, 0, 2)),
        ("Europe/Berlin", 3, "2026-10-25 02:30", (2, 0, 1)),
        ("America/Santiago", 6, "2026-04-04 05:59", (0, 2, 1)),
        ("Pacific/Kiritimati", 0, "2026-01-02 00:30", (2, 1, 0)),
        ("Pacific/Pago_Pago", 12, "2026-01-02 11:59", (1, 2, 0)),
    ],
)  # fmt: skip
@pytest.mark.parametrize("recorded", ["session", "settlement", "movement"])
def test_days_are_closed_in_any_order(
    zone: str, cut_off_hour: int, first: str, recorded: str, order: tuple[int, ...]
) -> None:
    cast = make_cast(time_zone=zone, cut_off_hour=cut_off_hour)
    erika = Principal(user=cast.erika)
    vault = cast.place(PlaceKind.VAULT)
    days = []
    for number in range(3):
        wall = datetime.fromisoformat(first) + timedelta(days=number)
        at = local(wall.isoformat(), zone)
        days.append((wall - timedelta(hours=cut_off_hour)).date())
        if recorded == "session":
            open_drawer(cast.carla, 0, station=1, at=at, force_close_previous=True)
        elif recorded == "settlement":
            open_settlement(
                type=SettlementType.VAULT if not number else SettlementType.CASHREGISTER, store=cast.store,
                initial=[], by=erika, at=at, station=number or None,
            )  # fmt: skip
        else:
            move_money(
                here=vault, store=cast.store, kind=MovementKind.PAID_IN, amount=1, currency="EUR", by=erika, at=at
            )
    later = local(first, zone) + timedelta(days=5)
    left = list(days)
    for number in order:
        assert days_to_close(store=cast.store, at=later) == left
        assert days_to_close(store=cast.store, at=local(first, zone) + timedelta(days=31)) == left
        close_business_day(store=cast.store, on=days[number], by=SYSTEM, at=later)
        left.remove(days[number])
    assert days_to_close(store=cast.store, at=later) == []


def test_a_day_left_open_between_closed_ones_is_looked_for_a_month_back_and_behind_the_last_for_ever(
    cast: Cast,
) -> None:
    for back in (40, 33, 32, 31, 3, 2, 1):
        pay(open_drawer(cast.carla, 0, at=NOON - timedelta(days=back), force_close_previous=True), 100)
    before = [DAY - timedelta(days=back) for back in (40, 33, 32, 31, 3, 2, 1)]
    assert days_to_close(store=cast.store, at=NOON) == before
    close_business_day(store=cast.store, on=before[1], by=SYSTEM, at=NOON)
    assert days_to_close(store=cast.store, at=NOON) == before[2:]
    close_business_day(store=cast.store, on=before[-1], by=SYSTEM, at=NOON)
    # Today is not over, whatever happened on it.
    assert days_to_close(store=cast.store, at=NOON) == before[3:-1]


def test_looking_for_days_costs_the_same_however_many_wait(cast: Cast) -> None:
    with counted_queries() as none:
        assert days_to_close(store=cast.store, at=NOON) == []
    for back in range(1, 40):
        pay(open_drawer(cast.carla, 0, at=NOON - timedelta(days=back), force_close_previous=True), 100)
    with counted_queries() as all_of_them:
        assert len(days_to_close(store=cast.store, at=NOON)) == 39
    for back in range(1, 32):
        close_business_day(store=cast.store, on=DAY - timedelta(days=back), by=SYSTEM, at=NOON)
    with counted_queries() as closed:
        assert days_to_close(store=cast.store, at=NOON) == []
    assert len(none) == len(all_of_them) == len(closed) == 4


@pytest.mark.parametrize("order", [(1, 2, 3), (1, 3, 2), (2, 1, 3)])
def test_run_every_minute_the_command_does_each_thing_once(cast: Cast, order: tuple[int, ...]) -> None:
    """Somebody has closed one of the days by hand, in any order. The command closes the others, and no day twice."""
    now = timezone.now()
    for back in (3, 2, 1):
        open_drawer(cast.carla, 100, station=1, at=now - timedelta(days=back), force_close_previous=True)
    open_drawer(cast.bruno, 100, station=2, at=now)
    by_hand = business_date(store=cast.store, at=now - timedelta(days=order[0]))
    close_business_day(store=cast.store, on=by_hand, by=SYSTEM, at=now)
    told = StringIO()
    call_command("close_days", stdout=told, stderr=told)
    closed = sorted(business_date(store=cast.store, at=now - timedelta(days=back)) for back in order[1:])
    assert [line for line in told.getvalue().splitlines() if line.endswith(" closed")] == [
        f"1337: {on} closed" for on in closed
    ]
    kept = [list(model.objects.order_by("pk").values()) for model in (BusinessDay, Movement, CashSession, AuditEntry)]
    for _minute in range(2):
        again = StringIO()
        call_command("close_days", stdout=again, stderr=again)
        assert again.getvalue() == ""
    assert kept == [
        list(model.objects.order_by("pk").values()) for model in (BusinessDay, Movement, CashSession, AuditEntry)
    ]


def test_the_last_days_of_a_store_that_is_switched_off_are_closed(cast: Cast) -> None:
    now = timezone.now()
    session = open_drawer(cast.carla, 100, at=now - timedelta(days=2))
    close_drawer(session, 100, at=now - timedelta(days=2))
    Store.objects.filter(pk=cast.store.pk).update(is_active=False)
    told = StringIO()
    call_command("close_days", stdout=told, stderr=told)
    assert told.getvalue() == f"1337: {session.business_date} closed\n"
