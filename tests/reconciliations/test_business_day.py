"""Business days: when they begin and end, the effect of a close on open drawers, and late money."""

from collections.abc import Callable
from datetime import date, timedelta
from io import StringIO
from threading import Barrier, Thread
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from cashdesk.domain.caller.principal import SYSTEM, Principal
from cashdesk.enums import PlaceKind, Scope, SessionStatus
from cashdesk.errors import Conflict, Forbidden, InvalidInput
from cashdesk.models import AuditEntry, BusinessDay, Movement, Store
from reconciliations import queries
from reconciliations.domain.business_day_close import close_business_day, day_of, days_to_close
from reconciliations.domain.reconciliation import Declaration, record_reconciliation
from reconciliations.models import Authorization, Reconciliation
from settlements.domain.opening import open_settlement
from settlements.enums import Closing, SettlementState, SettlementType
from settlements.models import Settlement
from tests.cashdesk.desk import NOON, close_drawer, counted, insertion_of, open_drawer, pay, refusal_of
from tests.reconciliations.desk import authorized, local, reconciled, today, vendor_of
from tests.stories import Cast, caller, exact, key_caller, make_cast

DAY = date(2026, 3, 10)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("zone", "cut_off_hour", "still", "over", "day"),
    [
        # The clocks of Berlin go forward on 29 March 2026 and back on 25 October; those of Santiago back on 5 April.
        ("Europe/Berlin", 0, "2026-03-29 23:59", "2026-03-30 00:00", "2026-03-29"),
        ("Europe/Berlin", 4, "2026-03-29 03:59", "2026-03-29 04:00", "2026-03-28"),
        ("Europe/Berlin", 4, "2026-10-25 03:59", "2026-10-25 04:00", "2026-10-24"),
        ("America/Santiago", 0, "2026-04-04 23:59", "2026-04-05 00:01", "2026-04-04"),
        ("America/Santiago", 6, "2026-04-05 05:59", "2026-04-05 06:00", "2026-04-04"),
        ("Asia/Jakarta", 3, "2026-01-01 02:59", "2026-01-01 03:00", "2025-12-31"),
    ],
)  # fmt: skip
def test_a_day_waits_to_be_closed_from_its_cut_off_on(
    zone: str, cut_off_hour: int, still: str, over: str, day: str
) -> None:
    cast = make_cast(time_zone=zone)
    Store.objects.filter(pk=cast.store.pk).update(cut_off_hour=cut_off_hour)
    store = Store.objects.get(pk=cast.store.pk)
    cast.carla.store = store
    on = date.fromisoformat(day)
    open_drawer(cast.carla, 100, station=1, at=local(still, zone))
    assert days_to_close(store=store, at=local(still, zone)) == []
    with pytest.raises(InvalidInput):
        close_business_day(store=store, on=on + timedelta(days=1), by=SYSTEM, at=local(still, zone))
    assert days_to_close(store=store, at=local(over, zone)) == [on]
    opened = day_of(store=store, on=on)
    assert (opened.state, opened.opened_at) == ("OPEN", local(still, zone))
    close_business_day(store=store, on=on, by=SYSTEM, at=local(over, zone))
    assert days_to_close(store=store, at=local(over, zone)) == []
    assert (day_of(store=store, on=on).state, day_of(store=store, on=on).closed_at) == ("CLOSED", local(over, zone))


@pytest.fixture
def stale(cast: Cast) -> dict[str, Any]:
    """Carla left without a count, a settlement still holds register 2, and Bruno counted his drawer."""
    erika = Principal(user=cast.erika)
    open_settlement(type=SettlementType.VAULT, store=cast.store, initial=[], by=erika, at=NOON)
    settlement = open_settlement(
        type=SettlementType.CASHREGISTER, store=cast.store, initial=[counted(300)], by=erika, at=NOON, station=2
    )
    bruno = open_drawer(cast.bruno, 300, station=2)
    close_drawer(bruno, 300)
    return {"session": open_drawer(cast.carla, 500, station=1), "settlement": settlement}


def test_what_is_left_open_is_closed_uncounted_and_named(cast: Cast, stale: dict[str, Any]) -> None:
    closed = close_business_day(store=cast.store, on=DAY, by=Principal(user=cast.erika), at=NOON)
    (session,), (settlement,) = closed.sessions, closed.settlements
    assert (session.pk, session.status, session.declared_amount) == (
        stale["session"].pk, SessionStatus.CLOSED_SYSTEM, 0,
    )  # fmt: skip
    assert settlement.pk == stale["settlement"].pk
    kept = Settlement.objects.get(pk=settlement.pk)
    assert (kept.state, kept.closing) == (SettlementState.CLOSED, Closing.FORCED)
    # Nothing was counted, so nothing is over or short: the cash is still where it lay.
    assert (cast.book(PlaceKind.REGISTER, 1), cast.book(PlaceKind.OVER_SHORT)) == (500, 0)
    entry = AuditEntry.objects.get(action="business_day.closed")
    assert (entry.user, entry.store) == (cast.erika, cast.store)
    assert entry.detail == {
        "sessions": [session.pk],
        "settlements": [settlement.pk],
        "last_movement": Movement.objects.latest("pk").pk,
    }


def test_a_store_may_want_them_counted(cast: Cast, stale: dict[str, Any]) -> None:
    Store.objects.filter(pk=cast.store.pk).update(closes_stale_sessions=False)
    store = Store.objects.get(pk=cast.store.pk)
    with pytest.raises(Conflict) as refusal:
        close_business_day(store=store, on=DAY, by=SYSTEM, at=NOON)
    assert refusal.value.code == "day_has_open_drawers"
    assert f"cash session {stale['session'].pk} of Carla" in refusal.value.message
    assert str(stale["settlement"].uuid) in refusal.value.message
    assert not BusinessDay.objects.exists()
    told, complained = StringIO(), StringIO()
    call_command("close_days", stdout=told, stderr=complained)
    assert (told.getvalue(), complained.getvalue().startswith("1337: ")) == ("", True)
    assert not BusinessDay.objects.exists()


def test_of_a_later_day_nothing_is_touched(cast: Cast) -> None:
    later = open_drawer(cast.carla, 500, station=1, at=NOON + timedelta(days=1))
    closed = close_business_day(store=cast.store, on=DAY, by=SYSTEM, at=NOON + timedelta(days=1))
    later.refresh_from_db()
    assert (list(closed.sessions), later.is_open) == ([], True)


def test_the_command_closes_what_is_over_once_and_says_so(cast: Cast, stale: dict[str, Any]) -> None:
    told = StringIO()
    call_command("close_days", "--store", "1337", stdout=told)
    assert told.getvalue().splitlines() == [
        "1337: 2026-03-10 closed",
        f"  cash session {stale['session'].pk} of Carla closed without a count",
        f"  settlement {stale['settlement'].uuid} at Register 2 closed without a count",
    ]
    again = StringIO()
    call_command("close_days", stdout=again, stderr=again)
    assert again.getvalue() == ""
    assert BusinessDay.objects.count() == 1
    assert AuditEntry.objects.filter(action="business_day.closed").count() == 1


def test_today_is_not_closed_by_the_command(cast: Cast) -> None:
    open_drawer(cast.carla, 500, station=1, at=timezone.now())
    call_command("close_days", stdout=StringIO())
    assert not BusinessDay.objects.exists()


def test_what_comes_for_a_closed_day_is_late_for_it(cast: Cast) -> None:
    session = open_drawer(cast.carla, 500, station=1)
    pay(session, 100)
    assert list(queries.late_for_closed_days(store=cast.store)) == []
    close_business_day(store=cast.store, on=DAY, by=SYSTEM, at=NOON)
    assert list(queries.late_for_closed_days(store=cast.store)) == []
    late = pay(session, 700)
    next_day = NOON + timedelta(days=1)
    pay(open_drawer(cast.bruno, 100, station=2, at=next_day), 900, at=next_day)
    assert list(queries.late_for_closed_days(store=cast.store)) == [Movement.objects.get(payment=late)]
    assert list(queries.late_for_closed_days(store=cast.otto.store)) == []  # type: ignore[arg-type]


def test_a_cashier_does_not_close_a_day(cast: Cast) -> None:
    with pytest.raises(Forbidden):
        close_business_day(store=cast.store, on=DAY, by=Principal(user=cast.carla), at=NOON)
    assert caller(cast.carla).post("/business-days/2026-03-10/close", {}).status_code == 403


def test_the_door_closes_a_day_once(cast: Cast, stale: dict[str, Any]) -> None:
    erika = caller(cast.erika)
    path = "/business-days/2026-03-10/close"
    response = erika.post(path, {})
    assert response.status_code == 201
    answer = exact(response)
    assert answer.pop("closed_at").endswith("Z")
    assert answer == {
        "store": "1337",
        "date": "2026-03-10",
        "uncounted_sessions": [stale["session"].pk],
        "uncounted_settlements": [str(stale["settlement"].uuid)],
    }
    again = erika.post(path, {})
    assert (again.status_code, exact(again)["code"]) == (409, "day_closed")
    assert exact(again)["detail"] == f"The business day {DAY} is already closed.", (
        "programs get dates as they send them"
    )
    assert reconciled(erika, cast.store, 1, businessDayDate="2026-03-10")["details"]["post_close"] is True
    assert reconciled(erika, cast.store, 1, businessDayDate="2026-03-11")["details"]["post_close"] is False


@pytest.mark.parametrize(("day", "body"), [("2026-W10-1", {}), ("x", {}), ("2999-01-01", {}), ("2026-03-10", {"a": 1})])
def test_a_day_that_cannot_be_closed_is_refused(cast: Cast, day: str, body: dict[str, Any]) -> None:
    assert caller(cast.erika).post(f"/business-days/{day}/close", body).status_code == 400
    assert not BusinessDay.objects.exists()


def test_others_stores_are_as_none_and_a_key_names_its_store(cast: Cast) -> None:
    path = f"/business-days/{today(cast.store)}/close"
    answers = [
        caller(cast.erika).post(path, {"store": store})
        for store in (str(cast.otto.store.uuid), "00000000-0000-4000-8000-000000000000")  # type: ignore[union-attr]
    ]
    assert [answer.status_code for answer in answers] == [400, 400]
    assert exact(answers[0])["detail"] == exact(answers[1])["detail"]
    key = key_caller(cast.store, Scope.CASH_MANAGEMENT_WRITE, vendor=vendor_of(cast.store))
    assert key.post(path, {}).status_code == 400
    assert key.post(path, {"store": "1337"}).status_code == 201
    assert key_caller(cast.store, Scope.CASH_MANAGEMENT_READ).post(path, {"store": "1337"}).status_code == 403


def test_a_key_of_no_vendor_closes_no_day(cast: Cast) -> None:
    for binding in ({}, {"store": cast.store}):
        key = key_caller(cast.store, Scope.CASH_MANAGEMENT_WRITE, **binding)
        refused = key.post(f"/business-days/{DAY}/close", {"store": "1337"})
        assert (refused.status_code, exact(refused)["detail"]) == (
            403, "This key is bound to no vendor. Use a key of a vendor.",
        )  # fmt: skip
    assert not BusinessDay.objects.exists()


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_two_closes_at_once_give_one() -> None:
    cast = make_cast()
    open_drawer(cast.carla, 500, station=1)
    barrier, results = Barrier(3), list[str]()

    def close() -> None:
        try:
            barrier.wait()
            close_business_day(store=cast.store, on=DAY, by=SYSTEM, at=NOON)
            results.append("closed")
        except Conflict as refusal:
            results.append(refusal.code)
        finally:
            connection.close()

    threads = [Thread(target=close) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["closed", "day_closed", "day_closed"]


def _kept(cast: Cast) -> None:
    close_business_day(store=cast.store, on=DAY, by=SYSTEM, at=NOON)
    authorized(caller(cast.anna), cast.store)
    declared = Declaration(store=cast.store, currency="EUR", declared=1)
    record_reconciliation(declaration=declared, by=Principal(user=cast.erika), at=NOON)


@pytest.mark.parametrize(
    ("table", "column", "counted_rows"),
    [
        ("cashdesk_businessday", "last_movement", BusinessDay.objects.count),
        ("reconciliations_reconciliation", "declared_amount", Reconciliation.objects.count),
        ("reconciliations_authorization", "operator_id", Authorization.objects.count),
    ],
)
def test_the_database_refuses_to_change_or_delete_them(
    cast: Cast, table: str, column: str, counted_rows: Callable[[], int]
) -> None:
    _kept(cast)
    assert counted_rows() == 1
    assert "never changed" in refusal_of(f"UPDATE {table} SET {column} = {column}")
    assert "never deleted" in refusal_of(f"DELETE FROM {table}")
    assert counted_rows() == 1


def test_the_database_refuses_what_does_not_belong_together(cast: Cast) -> None:
    _kept(cast)
    authorization = Authorization.objects.get()
    first = Reconciliation.objects.get()
    assert "an authorization is of the store" in _refusal(first, store=cast.otto.store, authorization=authorization)
    assert "one takes the place of another of its own scope" in _refusal(first, currency="USD", supersedes=first)
    assert _refusal(first, authorization=authorization, supersedes=first) == ""


def _refusal(row: Reconciliation, **changes: Any) -> str:
    """Inserts a copy of a row with other values by SQL, and returns the database's error message."""
    values = {field.name: getattr(row, field.name) for field in row._meta.concrete_fields}
    del values["id"], values["uuid"]
    return refusal_of(*insertion_of(Reconciliation(**{**values, **changes})))
