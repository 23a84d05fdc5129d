"""Seals: a Z number without gaps per place, in a chain. Every changed, added or removed row is found."""

import json
from copy import deepcopy
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection

from cashdesk.domain.caller.principal import SYSTEM
from cashdesk.domain.ledger.expected import book_of
from cashdesk.domain.ledger.proof import faults_of_store
from cashdesk.domain.ledger.seal import DIGESTED, faults_of, seal_period
from cashdesk.domain.people.access_token import issue_token
from cashdesk.domain.session.closing import force_close_session
from cashdesk.domain.session.count_afterwards import count_afterwards
from cashdesk.enums import CASH, MovementKind, PlaceKind
from cashdesk.models import CashSession, Movement, Place, Seal
from tests import roles
from tests.cashdesk.desk import NOON, close_drawer, counted, execute, minutes, move, open_drawer, pay, refusal_of, sell
from tests.module_world import ModuleWorld
from tests.stories import Cast, make_cast


@pytest.fixture(scope="module")
def _traded(module_world: ModuleWorld) -> tuple[Cast, Place]:
    return module_world.make(three_days)


@pytest.fixture
def cast(db: None, _traded: tuple[Cast, Place]) -> Cast:
    """Store 1337, where register 1 has traded and register 2 is new."""
    return deepcopy(_traded[0])


@pytest.fixture
def register(db: None, _traded: tuple[Cast, Place]) -> Place:
    """Register 1 after three closed days with sales. The second day was closed without a count and counted afterwards."""
    return deepcopy(_traded[1])


def three_days() -> tuple[Cast, Place]:
    """Trades for three days at register 1."""
    cast = make_cast()
    for day in range(3):
        session = open_drawer(cast.carla, 10000, at=minutes(day), station=1)
        sell(session, 500 + day)
        pay(session, 700, method="CARD")
        move(session, MovementKind.DROP, 300)
        if day == 1:
            session = force_close_session(session=session, by=SYSTEM, at=minutes(day), reason="power cut")
            count_afterwards(session=session, counted=counted(10200), by=SYSTEM, at=minutes(day))
        else:
            close_drawer(session, 10200, at=minutes(day))
    return cast, cast.place(PlaceKind.REGISTER, 1)


def tamper(statement: str, parameters: list[Any] | tuple[Any, ...] = ()) -> None:
    """Changes rows as the owner of the database could, with the triggers lifted until the end of the test."""
    roles.lift_laws(connection)
    assert execute(statement, parameters) > 0


def test_each_place_counts_its_own_periods_without_a_gap(cast: Cast, register: Place) -> None:
    close_drawer(open_drawer(cast.bruno, 100, station=2), 100)
    numbers = list(Seal.objects.filter(place=register).order_by("number").values_list("number", flat=True))
    assert numbers == [1, 2, 3, 4]
    assert list(Seal.objects.filter(place=cast.place(PlaceKind.REGISTER, 2)).values_list("number", flat=True)) == [1]


def test_each_seal_begins_where_the_last_one_ended_and_names_it(register: Place) -> None:
    seals = list(Seal.objects.filter(place=register).order_by("number"))
    assert (seals[0].after_movement, seals[0].previous_digest) == (0, "")
    for before, after in pairwise(seals):
        assert (after.after_movement, after.previous_digest) == (before.last_movement, before.digest)
    assert len({seal.digest for seal in seals}) == len(seals)
    assert all(len(seal.digest) == 64 for seal in seals)


def test_together_the_seals_hold_every_movement_of_the_place_once(register: Place) -> None:
    seals = Seal.objects.filter(place=register)
    moved = Movement.objects.filter(source=register).count() + Movement.objects.filter(destination=register).count()
    assert sum(seal.movement_count for seal in seals) == moved > 0


def test_a_seal_states_what_stays_at_the_place(cast: Cast) -> None:
    session = open_drawer(cast.carla, 10000, station=2)
    sell(session, 250)
    pay(session, 990, method="CARD")
    pay(session, 5, currency="USD")
    forced = force_close_session(session=session, by=SYSTEM, at=NOON, reason="power cut")
    assert forced.seal is not None
    forced.seal.refresh_from_db()
    assert forced.seal.balances == [
        {"currency": "EUR", "method": CASH, "amount": 10250},
        {"currency": "USD", "method": CASH, "amount": 5},
    ]
    assert (forced.seal.sealed_at, forced.seal.movement_count) == (NOON, 5)  # four and the one to clearing


def test_a_period_in_which_nothing_moved_is_sealed_too(cast: Cast) -> None:
    register = cast.place(PlaceKind.REGISTER, 2)
    for number in (1, 2, 3):
        seal = seal_period(place=register, last_seal=book_of(register).last_seal, at=NOON)
        assert (seal.number, seal.movement_count, seal.after_movement, seal.last_movement) == (number, 0, 0, 0)
    assert faults_of(register) == []


def test_untouched_books_have_no_fault(cast: Cast, register: Place) -> None:
    assert faults_of(register) == []
    assert list(faults_of_store(cast.store)) == []


def test_reading_the_same_rows_again_gives_the_same_digest(register: Place) -> None:
    # What is proved years later is proved from rows that went through the database and back.
    assert [faults_of(Place.objects.get(pk=register.pk)) for _again in range(2)] == [[], []]


def test_every_column_of_a_movement_is_under_the_digest() -> None:
    columns = {field.attname for field in Movement._meta.concrete_fields}
    # The last one only where it says something: seals from before it was there hold.
    assert {*DIGESTED, "late_for_id"} == columns


TAMPERED: dict[str, str] = {
    "uuid": "'00000000000000000000000000000001'",
    "store_id": "(SELECT MAX(id) FROM cashdesk_store)",
    "source_id": "(SELECT MAX(id) FROM cashdesk_place)",
    "destination_id": "(SELECT MAX(id) FROM cashdesk_place)",
    "amount": "amount + 1",
    "currency": "'USD'",
    "method": "'GOLD'",
    "kind": "'LOAN'",
    "session_id": "(SELECT MAX(id) FROM cashdesk_cashsession)",
    "payment_id": "NULL",
    "reverses_id": "id - 1",
    "is_late": "TRUE",
    "business_date": "'2026-03-11'",
    "occurred_at": "'2026-03-10 12:00:01+00:00'",
    "recorded_at": "'2026-03-10 11:59:59+00:00'",
    "recorded_by_id": "NULL",
    "recorded_with_id": "(SELECT MAX(id) FROM cashdesk_accesstoken)",
    "reason": "'because'",
    "note": "'a word more'",
}


@pytest.mark.parametrize("column", [name for name in DIGESTED if name != "id"])
def test_a_changed_column_of_a_sealed_movement_is_found(cast: Cast, register: Place, column: str) -> None:
    issue_token(user=cast.carla, at=NOON, lifetime=timedelta(hours=1))
    movement = Movement.objects.filter(destination=register, kind=MovementKind.SALE, method=CASH).order_by("pk").first()
    assert movement is not None
    before = Movement.objects.values().get(pk=movement.pk)
    tamper(f"UPDATE cashdesk_movement SET {column} = {TAMPERED[column]} WHERE id = %s", [movement.pk])
    assert Movement.objects.values().get(pk=movement.pk) != before
    faults = faults_of(register)
    assert any("Z 1 " in fault and "differ from those that were sealed" in fault for fault in faults), faults


def test_a_sealed_movement_under_another_id_is_found(register: Place) -> None:
    last = Movement.objects.order_by("pk").last()
    assert last is not None
    tamper("UPDATE cashdesk_movement SET id = id + 1 WHERE id = %s", [last.pk])
    assert faults_of(register) != []


@pytest.mark.parametrize("position", [0, 3, -1])
def test_a_deleted_movement_is_found(register: Place, position: int) -> None:
    kept = Movement.objects.filter(destination=register) | Movement.objects.filter(source=register)
    movements = list(kept.order_by("pk"))
    tamper("DELETE FROM cashdesk_movement WHERE id = %s", [movements[position].pk])
    assert any("differ from those that were sealed" in fault for fault in faults_of(register))


def test_a_movement_slipped_into_a_sealed_period_is_found(register: Place) -> None:
    sale = Movement.objects.filter(destination=register, kind=MovementKind.SALE).order_by("pk").first()
    drop = Movement.objects.filter(source=register, kind=MovementKind.DROP).order_by("-pk").first()
    assert sale is not None
    assert drop is not None
    tamper("UPDATE cashdesk_movement SET source_id = %s WHERE id = %s", [sale.source_id, drop.pk])
    assert faults_of(register) != []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("number = number + 10", "is missing"),
        ("movement_count = movement_count + 1", "differ from those that were sealed"),
        ("after_movement = after_movement - 1", "differ from those that were sealed"),
        ("last_movement = last_movement + 1", "differ from those that were sealed"),
        ("digest = '0000000000000000000000000000000000000000000000000000000000000000'", "does not follow"),
        ("previous_digest = 'x'", "does not follow"),
        ("sealed_at = '2020-01-01 00:00:00+00:00'", "differ from those that were sealed"),
    ],
)
def test_a_changed_seal_is_found(register: Place, change: str, words: str) -> None:
    second = Seal.objects.get(place=register, number=2)
    tamper(f"UPDATE cashdesk_seal SET {change} WHERE id = %s", [second.pk])
    assert any(words in fault for fault in faults_of(register)), faults_of(register)


def test_a_changed_balance_is_found(register: Place) -> None:
    second = Seal.objects.get(place=register, number=2)
    richer = [{**balance, "amount": balance["amount"] + 1} for balance in second.balances]
    tamper("UPDATE cashdesk_seal SET balances = %s WHERE id = %s", [json.dumps(richer), second.pk])
    assert any("balances of Z 2" in fault for fault in faults_of(register))


def test_a_deleted_seal_is_found(register: Place) -> None:
    second = Seal.objects.get(place=register, number=2)
    roles.lift_laws(connection)
    execute("UPDATE cashdesk_cashsession SET seal_id = NULL, status = 'OPEN', expected_amount = NULL, declared_amount = NULL, "
            "difference = NULL, closed_at = NULL WHERE seal_id = %s", [second.pk])  # fmt: skip
    execute("DELETE FROM cashdesk_seal WHERE id = %s", [second.pk])
    faults = faults_of(register)
    assert any("Z 2 is missing" in fault for fault in faults)
    assert any("Z 3 does not follow" in fault for fault in faults)


def test_a_seal_of_another_place_does_not_pass_for_its_own(cast: Cast, register: Place) -> None:
    first = Seal.objects.get(place=register, number=1)
    tamper("UPDATE cashdesk_seal SET place_id = %s WHERE id = %s", [cast.place(PlaceKind.REGISTER, 2).pk, first.pk])
    assert faults_of(register) != []
    assert faults_of(cast.place(PlaceKind.REGISTER, 2)) != []


def test_what_comes_after_the_last_seal_is_no_fault(cast: Cast, register: Place) -> None:
    sell(open_drawer(cast.carla, 10000, station=1), 100)
    assert faults_of(register) == []


def test_late_money_touches_no_seal(cast: Cast, register: Place) -> None:
    session = CashSession.objects.filter(register=register).order_by("pk").first()
    assert session is not None
    seals = list(Seal.objects.values())
    assert sell(session, 900).is_late
    assert list(Seal.objects.values()) == seals
    assert faults_of(register) == []


def test_the_chain_of_a_place_never_forks(register: Place) -> None:
    first, second = Seal.objects.filter(place=register).order_by("number")[:2]
    columns = "place_id, after_movement, last_movement, movement_count, balances, digest, sealed_at"
    fork = (
        f"INSERT INTO cashdesk_seal (number, previous_digest, {columns}) "
        f"SELECT %s, %s, {columns} FROM cashdesk_seal WHERE id = %s"
    )
    assert "unique" in refusal_of(fork, [99, first.digest, second.pk]).lower()
    assert "unique" in refusal_of(fork, [1, "another", second.pk]).lower()
    assert "seal_number_from_one" in refusal_of(fork, [0, "another", second.pk])
    assert refusal_of(fork, [99, "another", second.pk]) == ""
