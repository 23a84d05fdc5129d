"""Events: their row never changes, and their position is the order in which everybody reads them."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cashdesk.domain.caller import event_sequence
from cashdesk.domain.caller.event import event_of, published, record_event, record_events
from cashdesk.domain.caller.event_sequence import last_position, sequence_events
from cashdesk.domain.caller.event_types import EVENT_RULES, complete
from cashdesk.enums import EventType, PlaceKind, Scope
from cashdesk.models import Event
from tests.cashdesk.desk import NOON, execute, insertion_of, refusal_of
from tests.cashdesk.test_triggers import columns_of, other_value
from tests.stories import Cast, make_cast
from tests.web.side_by_side import begun, database_for_threads

is_postgresql = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer at a time")


def body_of(type_: EventType, **known: Any) -> dict[str, Any]:
    """Returns a body with every field of a type."""
    return {field: known.get(field) for field in EVENT_RULES[type_].fields}


def happened(cast: Cast, type_: EventType = EventType.DAY_CLOSED, **known: Any) -> Event:
    """Writes an event and returns it."""
    at = known.pop("at", NOON)
    record_event(type_=type_, store=cast.store, at=at, body=body_of(type_, **known))
    return Event.objects.order_by("pk").last() or Event()


def in_order() -> list[int]:
    """Returns the ids of the events that have a position, in the order of their positions."""
    return list(Event.objects.filter(position__isnull=False).order_by("position").values_list("pk", flat=True))


# --- The table of types, and the row -----------------------------------------------------------------------------------------


def test_every_type_has_a_row_with_a_scope_and_fields() -> None:
    assert list(EVENT_RULES) == list(EventType)
    for rule in EVENT_RULES.values():
        assert rule.scope in Scope
        assert len(set(rule.fields)) == len(rule.fields) > 2
        assert set(rule.figures) <= set(rule.fields)
    with pytest.raises(ImproperlyConfigured, match=r"no row for day\.closed"):
        complete({type_: EVENT_RULES[type_] for type_ in EventType if type_ != EventType.DAY_CLOSED})


@pytest.mark.parametrize("change", [{"expected_amount": 1}, {"closed_by": ...}])
def test_a_body_with_another_field_or_without_one_is_refused(cast: Cast, change: dict[str, Any]) -> None:
    body = {**body_of(EventType.DAY_CLOSED), **change}
    with pytest.raises(ValueError, match=r"day\.closed needs exactly the fields business_date, closed_by"):
        record_event(
            type_=EventType.DAY_CLOSED,
            store=cast.store,
            at=NOON,
            body={key: value for key, value in body.items() if value is not ...},
        )
    assert not Event.objects.exists()


def test_an_event_is_published_with_its_place_and_the_same_way_each_time(cast: Cast) -> None:
    type_ = EventType.SETTLEMENT_COUNTING
    body = body_of(type_, settlement_id="s", counted_by=7, business_date=NOON.date())
    record_event(type_=type_, store=cast.store, at=NOON, body=body, place_id=cast.place(PlaceKind.REGISTER, 2).pk)
    row = Event.objects.select_related("store", "place").get()
    assert published(row) == {
        "id": str(row.uid),
        "type": "settlement.counting",
        "timestamp": "2026-03-10T12:00:00Z",
        "store_id": str(cast.store.uuid),
        "store": cast.store.number,
        "station": 2,
        "data": {"settlement_id": "s", "settlement_type": None, "business_date": "2026-03-10", "counted_by": 7},
    }
    assert list(published(row)["data"]) == list(EVENT_RULES[type_].fields)
    assert row.account == cast.store.account
    assert published(happened(cast))["station"] is None


def test_each_way_to_write_events_is_one_statement(cast: Cast) -> None:
    made = partial(event_of, type_=EventType.DAY_CLOSED, store=cast.store, at=NOON, body=body_of(EventType.DAY_CLOSED))
    with CaptureQueriesContext(connection) as one:
        happened(cast)
    assert len([query for query in one if "INSERT" in query["sql"]]) == 1
    with CaptureQueriesContext(connection) as several:
        record_events([made(), made(), made()])
        record_events([])
    assert len([query for query in several if "INSERT" in query["sql"]]) == 1
    assert Event.objects.count() == 4


# --- The laws in the database -------------------------------------------------------------------------------------------------


def test_no_column_of_an_event_changes_but_its_position_and_that_once(cast: Cast) -> None:
    row = happened(cast)
    for column in columns_of(Event):
        change = f'UPDATE cashdesk_event SET "{column}" = {other_value(row, column)} WHERE id = %s'
        wanted = "" if column == "position" else "events never change"
        assert wanted in refusal_of(change, [row.pk]), column
        assert bool(refusal_of(change, [row.pk])) == bool(wanted), column
    sequence_events()
    for value in ("position + 1", "NULL"):
        told = refusal_of(f"UPDATE cashdesk_event SET position = {value} WHERE id = %s", [row.pk])
        assert "the position of events is set once" in told


def test_an_event_is_deleted_only_after_ninety_days(cast: Cast) -> None:
    now = timezone.now()
    young = happened(cast, at=now - timedelta(days=90) + timedelta(minutes=5))
    old = happened(cast, at=now - timedelta(days=90, minutes=5))
    delete = "DELETE FROM cashdesk_event WHERE id = %s"
    assert "events are kept for 90 days" in refusal_of(delete, [young.pk])
    assert execute(delete, [old.pk]) == 1
    if connection.vendor == "postgresql":
        connection.check_constraints()
        assert "events are kept for 90 days" in refusal_of("TRUNCATE cashdesk_event CASCADE")
    else:
        statement, values = insertion_of(young)
        told = refusal_of(statement.replace("INSERT INTO", "INSERT OR REPLACE INTO"), values)
        assert "events are kept for 90 days" in told


# --- The order ------------------------------------------------------------------------------------------------------------------


def test_positions_follow_the_ids_without_gaps_and_go_on(cast: Cast) -> None:
    made = [happened(cast).pk for _ in range(3)]
    assert sequence_events() is False
    assert in_order() == made
    made += [happened(cast).pk for _ in range(2)]
    sequence_events()
    assert in_order() == made
    assert list(Event.objects.values_list("position", flat=True)) == [1, 2, 3, 4, 5]
    assert last_position() == 5


def test_no_position_is_used_again_after_the_oldest_events_are_gone(cast: Cast) -> None:
    for _ in range(3):
        happened(cast, at=timezone.now() - timedelta(days=100))
    sequence_events()
    execute("DELETE FROM cashdesk_event WHERE position < 3")
    happened(cast)
    sequence_events()
    assert list(Event.objects.values_list("position", flat=True)) == [3, 4]


def test_one_statement_when_there_is_nothing_new_and_the_same_number_for_one_and_for_many(cast: Cast) -> None:
    numbers = []
    for size in (0, 1, 50):
        for _ in range(size):
            happened(cast)
        with CaptureQueriesContext(connection) as asked:
            sequence_events()
        numbers.append(len([query for query in asked if "SAVEPOINT" not in query["sql"]]))
    # Besides the look: the update, and two that keep it from waiting for a lock.
    assert numbers == [1, 4, 4]


def test_a_long_queue_is_worked_off_in_parts(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_sequence, "SEQUENCED_AT_ONCE", 2)
    made = [happened(cast).pk for _ in range(5)]
    assert [sequence_events() for _ in range(3)] == [True, True, False]
    assert in_order() == made


@pytest.fixture
def shared(transactional_db: None, tmp_path: Path) -> Iterator[Cast]:
    """A shop in a database that threads can share."""
    with database_for_threads(tmp_path):
        yield make_cast()


@is_postgresql
def test_a_slow_transaction_with_a_smaller_id_comes_after_what_was_read_already(shared: Cast) -> None:
    with transaction.atomic():
        slow = happened(shared)
        quick = begun(partial(happened, shared)).result(30)
        assert slow.pk < quick.pk
        begun(sequence_events).result(30)
        assert begun(in_order).result(30) == [quick.pk]
        reached = begun(last_position).result(30)
    sequence_events()
    assert list(Event.objects.filter(position__gt=reached).values_list("pk", flat=True)) == [slow.pk]


@is_postgresql
def test_a_transition_never_waits_for_the_sequencer_nor_another_reader(shared: Cast) -> None:
    first = happened(shared)
    with transaction.atomic():
        sequence_events()
        # It holds the lock now, as a process does that was stopped in the middle.
        second = begun(partial(happened, shared)).result(30)
        assert begun(sequence_events).result(30) is True
        assert begun(in_order).result(30) == []
    assert in_order() == [first.pk]
    sequence_events()
    assert in_order() == [first.pk, second.pk]


@is_postgresql
def test_a_sequencer_that_is_stopped_loses_the_lock_after_a_while(shared: Cast) -> None:
    made = happened(shared)

    def stopped() -> bool:
        with transaction.atomic():
            sequence_events()
            with connection.cursor() as cursor:
                cursor.execute("SHOW idle_in_transaction_session_timeout")
                assert cursor.fetchone() == ("1min",)
                cursor.execute("SET LOCAL idle_in_transaction_session_timeout = '10ms'")
            # PostgreSQL ends the session while this one waits for nothing.
            return begun(partial(gives_positions_at_last, made.pk)).result(60)

    with pytest.raises(DatabaseError):
        begun(stopped).result(90)
    assert in_order() == [made.pk]


def gives_positions_at_last(pk: int) -> bool:
    """Tries until the event has a position."""
    while pk not in in_order():
        sequence_events()
    return True


@is_postgresql
def test_a_sequencer_that_is_killed_leaves_the_work_to_the_next_one(shared: Cast) -> None:
    made = [happened(shared).pk, happened(shared).pk]

    def killed() -> None:
        with transaction.atomic():
            sequence_events()
            connection.close()

    begun(killed).result(30)
    assert in_order() == []
    assert sequence_events() is False
    assert in_order() == made
