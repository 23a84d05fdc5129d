"""The laws of settlements in the database: both databases refuse SQL that breaks them, from every role."""

from copy import deepcopy
from typing import Any

import pytest
from django.db import connection
from django.db.models import Model

from cashdesk import triggers
from cashdesk.domain.ledger.entry import Entry
from cashdesk.domain.ledger.ledger import record
from cashdesk.domain.store.place import places_of
from cashdesk.enums import MovementKind, PlaceKind
from cashdesk.models import Movement
from settlements.domain.cashbook import accounts_of
from settlements.domain.change_order import cancel_change, receive_change
from settlements.domain.deposit import credit_deposit, prepare_deposit
from settlements.enums import SettlementType
from settlements.models import (
    CashbookAccount,
    ChangeOrder,
    ClosingAmount,
    CreditCorrection,
    Deposit,
    InitialAmount,
    Settlement,
    SettlementCount,
)
from tests.cashdesk.desk import assert_refused, counted, execute, insertion_of, refusal_of
from tests.cashdesk.test_triggers import columns_of, is_postgresql, is_sqlite, other_value
from tests.module_world import ModuleWorld
from tests.settlements.desk import Shop
from tests.settlements.ordering import ordered
from tests.stories import make_cast

LAWS = triggers.laws_of("settlements")
APPEND_ONLY = (InitialAmount, ClosingAmount, SettlementCount)
STAYING = (*APPEND_ONLY, Settlement, Deposit, ChangeOrder, CashbookAccount)


@pytest.fixture(scope="module")
def _day(module_world: ModuleWorld) -> Shop:
    return module_world.make(traded)


@pytest.fixture
def day(db: None, _day: Shop) -> Shop:
    """A closed settlement of a register, an open settlement of the vault, a bag and a change order, so that every
    table has rows.
    """
    return deepcopy(_day)


def traded() -> Shop:
    """Makes the rows."""
    shop = Shop(cast=make_cast())
    shop.vault()
    shop.close(shop.open(), 199_00)
    accounts_of(store=shop.cast.store, type=SettlementType.VAULT)
    pack(shop, "B-1")
    order(shop)
    return shop


def pack(shop: Shop, bag: str) -> Deposit:
    """Prepares a bag."""
    return prepare_deposit(
        store=shop.cast.store, amount=100_00, currency="EUR", bag_number=bag, by=shop.by(), at=shop.tick()
    )


def order(shop: Shop) -> ChangeOrder:
    """Orders change."""
    return ordered(shop.cast, at=shop.tick(), wanted_on=shop.at.date(), note="for Saturday")


def closed() -> Settlement:
    """The closed settlement."""
    return Settlement.objects.get(state="CLOSED")


def change(row: Model, column: str, value: str) -> str:
    """Tries to change a column of a row by SQL, and returns the error message."""
    return refusal_of(f'UPDATE {row._meta.db_table} SET "{column}" = {value} WHERE id = %s', [row.pk])


@pytest.mark.parametrize("model", STAYING)
def test_no_row_is_ever_deleted(day: Shop, model: type[Model]) -> None:
    rows = model._default_manager.count()
    assert rows > 0
    name = model._meta.model_name
    assert f"a {name} is never deleted" in refusal_of(f"DELETE FROM {model._meta.db_table}")
    assert model._default_manager.count() == rows


@is_postgresql
@pytest.mark.parametrize("model", STAYING)
def test_no_table_is_emptied_at_once(day: Shop, model: type[Model]) -> None:
    connection.check_constraints()
    assert f"a {model._meta.model_name} is never deleted" in refusal_of(f"TRUNCATE {model._meta.db_table} CASCADE")


@is_sqlite
@pytest.mark.parametrize("model", STAYING)
def test_no_row_is_replaced_by_an_insert(day: Shop, model: type[Model]) -> None:
    statement, values = insertion_of(model._default_manager.order_by("pk").first())  # type: ignore[arg-type]  # the day has rows
    assert refusal_of(statement.replace("INSERT INTO", "INSERT OR REPLACE INTO"), values)


@pytest.mark.parametrize("model", APPEND_ONLY)
def test_no_column_of_an_append_only_row_is_changed(day: Shop, model: type[Model]) -> None:
    row = model._default_manager.order_by("pk").last()
    assert row is not None
    for column in columns_of(model):
        assert f"a {model._meta.model_name} is never changed" in change(row, column, str(other_value(row, column)))


def test_no_column_of_a_closed_settlement_is_changed(day: Shop) -> None:
    row = closed()
    for column in [*columns_of(Settlement), "id"]:
        value = "id" if column == "id" else str(other_value(row, column))
        assert "never changes" in change(row, column, value), column
    assert "a closed settlement never changes" in change(row, "state", "'OPEN'")


def test_who_opened_which_settlement_stays(day: Shop) -> None:
    row = Settlement.objects.get(state="OPEN")
    frozen = LAWS.frozen["settlement"][0]
    for column in frozen:
        assert "never changes" in change(row, column, str(other_value(row, column))), column
    written = {"state", "counted_at", "counted_by_id", "counted_by_name", "last_count_at", "last_count_by_name"}
    written |= {"preview_count", "closed_at", "closed_by_id", "closed_by_name", "closing", "seal_id"}
    assert set(columns_of(Settlement)) - set(frozen) == written


def test_what_was_packed_and_what_was_credited_stays(day: Shop) -> None:
    deposit = Deposit.objects.get()
    for column in LAWS.frozen["deposit"][0]:
        assert "never changes" in change(deposit, column, str(other_value(deposit, column))), column
    credit_deposit(deposit=deposit, amount=99_00, by=day.by(), at=day.tick())
    for column in columns_of(Deposit):
        assert "never changes" in change(deposit, column, str(other_value(deposit, column))), column


def test_what_was_ordered_and_what_came_of_it_stays(day: Shop) -> None:
    awaited, other, by = ChangeOrder.objects.get(), order(day), day.by()
    frozen = LAWS.frozen["changeorder"][0]
    for column in frozen:
        assert "what was ordered" in change(awaited, column, str(other_value(awaited, column))), column
    written = {"state", "reason", "ended_at", "ended_by_id", "received", "received_pieces", "movement_id"}
    assert set(columns_of(ChangeOrder)) - set(frozen) == written
    receive_change(order=awaited, received=counted(195_00), by=by, at=day.tick())
    cancel_change(order=other, reason="enough", by=by, at=day.tick())
    for ended in (awaited, other):
        for column in [*columns_of(ChangeOrder), "id"]:
            value = "id" if column == "id" else str(other_value(ended, column))
            assert "never changes" in change(ended, column, value), column
        assert "never changes" in change(ended, "state", "'ORDERED'")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"state": "ARRIVED"}, "a change order begins ordered"),
        ({"state": "LOST"}, "a change order begins ordered"),
        ({"amount": 0}, "change_order_of_something"),
        ({"received": 5}, "change_order_ended_with_its_state"),
        ({"reason": "x"}, "change_order_ended_with_its_state"),
        ({"ended_at": "at"}, "change_order_ended_with_its_state"),
    ],
)
def test_an_order_that_could_not_be(day: Shop, fields: dict[str, Any], words: str) -> None:
    usual: dict[str, Any] = {"store": day.cast.store, "currency": "EUR", "amount": 5, "ordered_at": day.at}
    fields = {name: day.at if value == "at" else value for name, value in fields.items()}
    assert words in refusal_of(*insertion_of(ChangeOrder(**{**usual, **fields})))


@pytest.mark.parametrize(
    "changes",
    [
        "state = 'LOST'",
        "state = 'ARRIVED', ended_at = ordered_at, received = 5",
        "state = 'ARRIVED', ended_at = ordered_at, movement_id = {movement}",
        "state = 'ARRIVED', ended_at = ordered_at, movement_id = {movement}, received = 0",
        "state = 'ARRIVED', movement_id = {movement}, received = 5",
        "state = 'CANCELLED', ended_at = ordered_at",
        "state = 'CANCELLED', reason = 'x'",
        "state = 'CANCELLED', ended_at = ordered_at, reason = 'x', movement_id = {movement}",
    ],
)
def test_an_order_does_not_end_by_halves(day: Shop, changes: str) -> None:
    movement = Movement.objects.filter(kind="DEPOSIT").get().pk
    statement = f"UPDATE settlements_changeorder SET {changes.format(movement=movement)}"
    assert "change_order_ended_with_its_state" in refusal_of(statement)


def test_what_a_reason_means_stays_and_it_may_be_retired(day: Shop) -> None:
    account = CashbookAccount.objects.first()
    assert account is not None
    for column in LAWS.frozen["cashbookaccount"][0]:
        assert "never changes" in change(account, column, str(other_value(account, column))), column
    assert execute("UPDATE settlements_cashbookaccount SET is_active = FALSE WHERE id = %s", [account.pk]) == 1


def amount_of(settlement: Settlement, **fields: Any) -> ClosingAmount:
    """Returns an unsaved closing amount that adds up."""
    return ClosingAmount(
        **{
            "settlement": settlement,
            "currency": "CHF",
            "method": "CASH",
            "target": 5,
            "actual": 5,
            "difference": 0,
            **fields,
        }
    )


def test_nothing_is_added_to_what_a_closed_one_began_with(day: Shop) -> None:
    row = InitialAmount(settlement=closed(), currency="CHF", method="CASH", amount=1)
    assert "opening amounts are written at the opening" in refusal_of(*insertion_of(row))


def test_nothing_is_added_to_what_a_closed_one_was_closed_with(day: Shop) -> None:
    assert "closing amounts are written with the close" in refusal_of(*insertion_of(amount_of(closed())))


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"difference": 1}, "closing_amount_difference_adds_up"),
        ({"is_assumed": True, "actual": 6, "difference": 1}, "closing_amount_assumed_is_equal"),
        ({}, "closing_amount_once_per_pair"),
    ],
)
def test_figures_that_do_not_add_up(day: Shop, fields: dict[str, Any], constraint: str) -> None:
    running = Settlement.objects.get(state="OPEN")
    if not fields:
        amount_of(running).save()
    assert_refused(amount_of(running, **fields), constraint)


def settlement_of(day: Shop, **fields: Any) -> Settlement:
    """Returns another unsaved settlement of register 2."""
    usual: dict[str, Any] = {
        "store": day.cast.store,
        "place": day.register(2),
        "type": "CASHREGISTER",
        "business_date": "2026-03-10",
        "opened_after": 0,
        "opened_after_z": 0,
        "opened_at": day.at,
        "opened_by_name": "X",
    }
    return Settlement(**{**usual, **fields})


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"state": "CLOSED"}, "a settlement begins open"),
        ({"state": "COUNTING"}, "a settlement begins open"),
        ({"type": "VAULT"}, "is of its store and type"),
        ({"place": PlaceKind.VAULT}, "is of its store and type"),
        ({"place": PlaceKind.BANK}, "is of its store and type"),
        ({"store": "otto"}, "is of its store and type"),
        ({"preview_count": 4}, "settlement_three_previews"),
        ({"closed_at": "at"}, "settlement_sealed_when_closed"),
        ({"closing": "DECLARED"}, "settlement_sealed_when_closed"),
        ({"type": "SAFE"}, "is of its store and type"),
    ],
)
def test_a_settlement_that_could_not_be(day: Shop, fields: dict[str, Any], words: str) -> None:
    if isinstance(fields.get("place"), PlaceKind):
        fields = {"place": day.cast.place(fields["place"])}
    if fields.get("store") == "otto":
        fields = {"store": day.cast.otto.store}
    if "closed_at" in fields:
        fields = {"closed_at": day.at}
    assert words in refusal_of(*insertion_of(settlement_of(day, **fields)))


def test_one_runs_at_a_place(day: Shop) -> None:
    day.open(station=2)
    assert_refused(settlement_of(day), "settlement_one_running_per_place")


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ("state = 'COUNTING', counted_at = opened_at", "settlement_state_is_known"),
        ("state = 'CLOSED'", "settlement_sealed_when_closed"),
    ],
)
def test_a_vault_is_never_counting_and_nothing_closes_without_a_seal(day: Shop, changes: str, constraint: str) -> None:
    assert constraint in refusal_of(f"UPDATE settlements_settlement SET {changes} WHERE state = 'OPEN'")


def test_a_bag_is_of_one_deposit(day: Shop) -> None:
    sale = day.move(MovementKind.PAID_IN, 1, here=day.cast.place(PlaceKind.VAULT))
    usual = {"store": day.cast.store, "prepared_at": day.at}
    assert "a movement of its store to the bank" in refusal_of(
        *insertion_of(Deposit(**usual, movement=sale, bag_number="B-2"))
    )
    again = Movement.objects.get(kind="DEPOSIT")
    assert refusal_of(*insertion_of(Deposit(**usual, movement=again, bag_number="B-2")))
    other = day.move(MovementKind.DEPOSIT, 1, here=day.cast.place(PlaceKind.VAULT))
    assert_refused(Deposit(**usual, movement=other, bag_number="B-1"), "deposit_bag_once_per_store")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"corrected_by": "erika"}, "a credit is corrected by another person"),
        ({"number": 2}, "a correction follows from the figure before it"),
        (
            {"corrected_from": 1, "corrected_to": 8, "difference": 8 - 100_00},
            "a correction follows from the figure before it",
        ),
        ({"difference": 1}, "a correction follows from the figure before it"),
        ({"movement": "sale"}, "is its change, between bank and over/short"),
        ({"reason": ""}, "credit_correction_has_a_reason"),
    ],
)
def test_a_correction_of_a_credit_that_could_not_be(day: Shop, fields: dict[str, Any], words: str) -> None:
    deposit = Deposit.objects.select_related("movement").get()
    if deposit.state != "CREDITED":
        credit_deposit(deposit=deposit, amount=0, by=day.by(), at=day.tick())
        deposit.refresh_from_db()
    credited, packed = deposit.credited_amount or 0, deposit.movement.amount
    ends = places_of(day.cast.store)
    entry = Entry(
        source=ends["OVER_SHORT"], destination=ends["BANK"], amount=7, currency="EUR", method="CASH",
        kind=MovementKind.OVER_SHORT, occurred_at=day.at,
    )  # fmt: skip
    (made,) = record(store=day.cast.store, entries=[entry], by=day.by(), at=day.at)
    usual: dict[str, Any] = {
        "deposit": deposit, "number": 1, "movement": Movement.objects.get(uuid=made), "corrected_from": credited,
        "corrected_to": credited + 7, "difference": credited + 7 - packed, "reason": "typo", "corrected_at": day.at,
        "corrected_by": day.cast.anna,
    }  # fmt: skip
    told = {"erika": day.cast.erika, "sale": Movement.objects.filter(kind="DEPOSIT").first()}
    changed = {name: told.get(value, value) if isinstance(value, str) else value for name, value in fields.items()}
    assert words in refusal_of(*insertion_of(CreditCorrection(**{**usual, **changed})))
    correction = CreditCorrection.objects.create(**usual)
    table = "settlements_creditcorrection"
    assert "never changed" in refusal_of(f"UPDATE {table} SET reason = 'y' WHERE id = {correction.pk}")
    assert "never deleted" in refusal_of(f"DELETE FROM {table} WHERE id = {correction.pk}")
