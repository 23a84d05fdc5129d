"""The laws in the database: both databases refuse SQL that breaks them, from every role."""

import uuid
from contextlib import nullcontext
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.core.checks import Error
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.db.migrations import AddIndex, AlterField, Migration, RunPython
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.models import CharField, Index, Model
from django.test.utils import CaptureQueriesContext

from cashdesk import triggers
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import CountedAmount, Pieces
from cashdesk.domain.session.closing import close_session
from cashdesk.domain.session.opening import open_session
from cashdesk.domain.session.session_note import add_note
from cashdesk.enums import PaymentStatus, PlaceKind, SessionStatus
from cashdesk.management.commands.migrate import Command, guarded_tables
from cashdesk.models import (
    AuditEntry,
    BusinessDay,
    CashSession,
    Count,
    CountAmount,
    CountPieces,
    Event,
    ForeignCash,
    Movement,
    Order,
    Payment,
    PaymentMethod,
    Place,
    Seal,
    SessionNote,
    User,
    Variance,
)
from tests import roles
from tests.cashdesk.desk import (
    NOON,
    counted,
    execute,
    insertion_of,
    open_drawer,
    pay,
    refusal_of,
    sell,
)
from tests.lengths import IS_LONG
from tests.stories import Cast, make_cast

LAWS = triggers.laws_of("cashdesk")
SESSION_FROZEN, PAYMENT_FROZEN, PLACE_FROZEN = (LAWS.frozen[table][0] for table in ("cashsession", "payment", "place"))

APPEND_ONLY = (Movement, Seal, Count, CountAmount, CountPieces, SessionNote, AuditEntry)
STAYING = (*APPEND_ONLY, CashSession, Payment, Place)
is_postgresql = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="only PostgreSQL has it")
is_sqlite = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="only SQLite has it")


@pytest.fixture
def day(cast: Cast) -> CashSession:
    """A closed session of Carla with counted pieces and a sale, so that every table of the ledger has rows."""
    pieces = (Pieces(denomination=5000, pieces=2),)
    by = Principal(user=cast.carla)
    session = open_session(
        user=cast.carla, counted=CountedAmount(currency="EUR", amount=10000, pieces=pieces), by=by, at=NOON, station=1
    )
    sell(session, 500)
    closed = close_session(session=session, counted=counted(10400), by=by, at=NOON)
    add_note(session=closed, text="a ten for a five", by=by, at=NOON)
    return closed


def other_value(row: Model, column: str) -> Any:
    """Returns SQL for another value of a column: NULL if possible, otherwise another value of its type."""
    field = next(field for field in row._meta.concrete_fields if field.column == column)
    kind = field.get_internal_type()
    if kind in ("CharField", "TextField", "JSONField", "UUIDField"):
        return {"UUIDField": f"'{uuid.uuid4()}'", "JSONField": "'[1]'"}.get(kind, "'ZZZ'")
    if kind == "BooleanField":
        return "FALSE" if getattr(row, field.attname) else "TRUE"
    if kind == "DateField":
        return "'2001-01-01'"
    if kind == "DateTimeField":
        return "'2001-01-01 00:00:00+00:00'"
    return f'COALESCE("{column}", 0) + 1'


def columns_of(model: type[Model]) -> list[str]:
    """Returns the columns of a table without its key."""
    return [field.column for field in model._meta.concrete_fields if not field.primary_key]


@pytest.mark.parametrize("model", STAYING)
def test_no_row_is_ever_deleted(day: CashSession, model: type[Model]) -> None:
    rows = model._default_manager.count()
    assert rows > 0
    name = model._meta.model_name
    assert f"a {name} is never deleted" in refusal_of(f"DELETE FROM {model._meta.db_table}")
    assert f"a {name} is never deleted" in refusal_of(
        f"DELETE FROM {model._meta.db_table} WHERE id = %s", [model._default_manager.order_by("pk").last().pk]
    )
    assert model._default_manager.count() == rows


@is_postgresql
@pytest.mark.parametrize("model", STAYING)
def test_no_table_is_emptied_at_once(day: CashSession, model: type[Model]) -> None:
    connection.check_constraints()  # else the foreign keys that are still to be looked at would refuse it
    assert f"a {model._meta.model_name} is never deleted" in refusal_of(f"TRUNCATE {model._meta.db_table} CASCADE")
    assert model._default_manager.exists()


@is_sqlite
@pytest.mark.parametrize("model", STAYING)
def test_no_row_is_replaced_by_an_insert(day: CashSession, model: type[Model]) -> None:
    # REPLACE deletes the row in its way, and SQLite fires no DELETE trigger for that unless it is told to.
    row = model._default_manager.order_by("pk").last()
    statement, values = insertion_of(row)
    assert refusal_of(statement.replace("INSERT INTO", "INSERT OR REPLACE INTO"), values)


@pytest.mark.parametrize("model", APPEND_ONLY)
def test_no_column_of_an_append_only_row_is_changed(day: CashSession, model: type[Model]) -> None:
    row = model._default_manager.order_by("pk").last()
    assert row is not None
    for column in columns_of(model):
        statement = f'UPDATE {model._meta.db_table} SET "{column}" = {other_value(row, column)} WHERE id = %s'
        assert f"a {model._meta.model_name} is never changed" in refusal_of(statement, [row.pk]), column
    untouched = f"UPDATE {model._meta.db_table} SET id = id"
    assert f"a {model._meta.model_name} is never changed" in refusal_of(untouched)


def test_no_column_of_a_closed_session_is_changed(day: CashSession) -> None:
    for column in [*columns_of(CashSession), "id"]:
        value = "id" if column == "id" else other_value(day, column)
        statement = f'UPDATE cashdesk_cashsession SET "{column}" = {value} WHERE id = %s'
        assert "never changes" in refusal_of(statement, [day.pk]), column


def test_a_session_that_was_closed_without_a_count_stays_too(cast: Cast) -> None:
    open_drawer(cast.carla, 10000)
    open_drawer(cast.carla, 10000, force_close_previous=True)
    forced = CashSession.objects.get(status=SessionStatus.CLOSED_SYSTEM)
    for change in ("declared_amount = 10000, difference = 0, status = 'CLOSED'", "status = 'OPEN'", "id = id"):
        statement = f"UPDATE cashdesk_cashsession SET {change} WHERE id = %s"
        assert "a closed cash session never changes" in refusal_of(statement, [forced.pk])


def test_who_opened_what_where_and_with_which_float_stays(cast: Cast) -> None:
    session = open_drawer(cast.carla, 10000)
    for column in SESSION_FROZEN:
        statement = f'UPDATE cashdesk_cashsession SET "{column}" = {other_value(session, column)} WHERE id = %s'
        assert "never changes" in refusal_of(statement, [session.pk]), column
        same = f'UPDATE cashdesk_cashsession SET "{column}" = "{column}" WHERE id = %s'
        assert refusal_of(same, [session.pk]) == "", column


def test_only_the_closing_of_an_open_session_may_be_written() -> None:
    figures = {"expected_amount", "declared_amount", "difference"}
    closing = {"status", "closed_at", "closed_by_id", "seal_id", "is_handed_over", "is_cancelled", *figures}
    assert set(columns_of(CashSession)) - set(SESSION_FROZEN) == closing


def test_the_figures_of_a_payment_stay_while_it_is_pending(cast: Cast) -> None:
    payment = pay(open_drawer(cast.carla, 0), 500, status=PaymentStatus.PENDING)
    for column in PAYMENT_FROZEN:
        statement = f'UPDATE cashdesk_payment SET "{column}" = {other_value(payment, column)} WHERE id = %s'
        assert "the figures of a payment never change" in refusal_of(statement, [payment.pk]), column


def test_only_the_decision_on_a_pending_payment_may_be_written() -> None:
    assert set(columns_of(Payment)) - set(PAYMENT_FROZEN) == {"status", "booked", "decided_at"}


@pytest.mark.parametrize("status", [PaymentStatus.APPROVED, PaymentStatus.REJECTED])
def test_a_decided_payment_stays(cast: Cast, status: PaymentStatus) -> None:
    payment = pay(open_drawer(cast.carla, 0), 500, status=status)
    for column in columns_of(Payment):
        value = "'PENDING'" if column == "status" else other_value(payment, column)
        statement = f'UPDATE cashdesk_payment SET "{column}" = {value} WHERE id = %s'
        assert "never change" in refusal_of(statement, [payment.pk]), column


def test_a_pending_payment_may_be_decided(cast: Cast) -> None:
    payment = pay(open_drawer(cast.carla, 0), 500, status=PaymentStatus.PENDING)
    assert execute("UPDATE cashdesk_payment SET status = 'REJECTED' WHERE id = %s", [payment.pk]) == 1


@pytest.mark.parametrize("column", PLACE_FROZEN)
def test_a_place_stays_what_and_where_it_is(cast: Cast, column: str) -> None:
    register = cast.place(PlaceKind.REGISTER, 1)
    value = {"store_id": cast.otto.store_id, "kind": "'VAULT'", "number": 77}[column]
    assert "a place stays" in refusal_of(f"UPDATE cashdesk_place SET {column} = {value} WHERE id = %s", [register.pk])
    assert execute("UPDATE cashdesk_place SET transitions = transitions + 1 WHERE id = %s", [register.pk]) == 1


# --- The triggers themselves ---------------------------------------------------------------------------------------------


def drop(name: str) -> None:
    """Drops one trigger."""
    table = next(trigger.table for trigger in triggers._triggers(connection) if trigger.name == name)
    execute(f"DROP TRIGGER {name}" + (f" ON {table}" if connection.vendor == "postgresql" else ""))


def faults() -> list[Any]:
    """Returns the errors of the system check of the database."""
    return triggers.check_triggers(databases=["default"])


def test_none_is_missing(db: None) -> None:
    assert triggers.missing(connection) == []
    assert faults() == []
    tables = {trigger.table for trigger in triggers._triggers(connection)}
    staying = [*STAYING, BusinessDay, Event, ForeignCash, Order, PaymentMethod, Variance, User]
    for app in ("settlements", "reconciliations"):
        staying += apps.get_app_config(app).get_models()
    # Wishes of people and accounts, which they may change and take back.
    assert tables == {model._meta.db_table for model in staying} - {
        "reconciliations_patternsetting", "reconciliations_varianceview",
    }  # fmt: skip


def test_a_missing_trigger_is_named_by_the_system_check_and_put_back(db: None) -> None:
    for name in [trigger.name for trigger in triggers._triggers(connection)]:
        drop(name)
        assert triggers.missing(connection) == [name]
        (fault,) = faults()
        assert isinstance(fault, Error)
        assert (fault.id, name in fault.msg) == ("cashdesk.E001", True)
        with roles.owning(connection):
            triggers.install(connection)
        assert faults() == []


def test_manage_py_check_fails_while_one_is_missing(db: None) -> None:
    call_command("check", databases=["default"])
    drop("movement_never_changed")
    with pytest.raises(CommandError, match=r"cashdesk\.E001"):
        call_command("check", databases=["default"])


@is_postgresql
def test_a_disabled_trigger_counts_as_missing(db: None) -> None:
    execute("ALTER TABLE cashdesk_movement DISABLE TRIGGER movement_never_deleted")
    assert triggers.missing(connection) == ["movement_never_deleted"]
    execute("ALTER TABLE cashdesk_movement ENABLE TRIGGER movement_never_deleted")


def test_installing_again_is_safe(day: CashSession) -> None:
    before = triggers.installed(connection)
    for _again in range(2):
        triggers.install(connection)
    assert triggers.installed(connection) == before
    assert refusal_of("DELETE FROM cashdesk_movement")


def test_lifted_triggers_let_through_what_they_refused(day: CashSession) -> None:
    roles.lift_laws(connection)
    assert refusal_of("UPDATE cashdesk_movement SET note = 'x'") == ""
    assert len(faults()) == len(triggers._triggers(connection)) > 20
    triggers.install(connection)
    assert refusal_of("UPDATE cashdesk_movement SET note = 'x'")


@pytest.mark.parametrize("change", ["message", "condition"])
def test_a_trigger_of_another_version_is_named_and_written_again(db: None, change: str) -> None:
    table, name = "cashdesk_payment", "payment_final"
    condition = "OLD.status = 'REJECTED'" if change == "condition" else "OLD.status <> 'PENDING'"
    words = "it stays" if change == "message" else "a payment that was approved or rejected never changes"
    drop(name)
    if connection.vendor == "postgresql":
        execute(
            f"CREATE TRIGGER {name} BEFORE UPDATE ON {table} FOR EACH ROW WHEN ({condition}) "
            f"EXECUTE FUNCTION cashdesk_refuse('{words}')"
        )
    else:
        execute(
            f"CREATE TRIGGER {name} BEFORE UPDATE ON {table} WHEN {condition} BEGIN SELECT RAISE(ABORT, '{words}'); END"
        )
    assert (triggers.missing(connection), triggers.outdated(connection)) == ([], [name])
    (fault,) = faults()
    assert f"{name} is of another version" in fault.msg
    with roles.owning(connection):
        triggers.install(connection)
    assert faults() == []


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_migrating_back_lifts_the_laws_and_migrating_again_puts_them_back() -> None:
    """The short form goes back by one migration, the long form to the first one of all."""
    of_the_top = sorted(name for app, name in MigrationLoader(connection).disk_migrations if app == "reconciliations")
    back_to = ("cashdesk", "0001") if IS_LONG else ("reconciliations", of_the_top[-2])
    try:
        roles.migrate(*back_to)
        there = connection.introspection.table_names()
        remaining = [trigger for trigger in triggers._triggers(connection) if trigger.table in there]
        assert len(triggers.missing(connection)) == len(remaining) > 20
    finally:
        roles.migrate()
    assert faults() == []


@pytest.mark.django_db(transaction=True)
def test_migrating_again_puts_back_what_is_missing() -> None:
    drop("movement_never_changed")
    roles.migrate()
    assert triggers.missing(connection) == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("arguments", [(), ("cashdesk",), ("contenttypes",)])
def test_migrating_lifts_nothing_where_nothing_is_to_be_done(arguments: tuple[str, ...]) -> None:
    with CaptureQueriesContext(connection) as asked:
        roles.migrate(*arguments)
    assert not [query["sql"] for query in asked if "TRIGGER " in query["sql"]]


class Harmful(Migration):
    """A migration that writes a change that a trigger refuses. It records the triggers at that time."""

    atomic = True

    def __init__(self, *, fails: bool) -> None:
        super().__init__("0099_harmful", "cashdesk")
        self.operations = [RunPython(self.write)]
        self.fails = fails

    def write(self, _apps: Any, editor: Any) -> None:
        editor.execute("UPDATE cashdesk_place SET number = number + 100 WHERE kind = 'REGISTER'")
        if self.fails:
            raise RuntimeError("it fails after it wrote")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("fails", [False, True])
def test_a_migration_lifts_the_triggers_in_its_own_transaction(*, fails: bool) -> None:
    cast = make_cast()
    numbers = set(cast.store.places.filter(kind=PlaceKind.REGISTER).values_list("number", flat=True))
    command = Command()
    command.verbosity = 0
    executor = MigrationExecutor(connection, command.migration_progress_callback)
    with roles.owning(connection):
        with pytest.raises(RuntimeError) if fails else nullcontext(), command._migration:
            executor.apply_migration(executor.loader.project_state(), Harmful(fails=fails))
        executor.recorder.record_unapplied("cashdesk", "0099_harmful")
    assert triggers.missing(connection) == []
    moved = set(cast.store.places.filter(kind=PlaceKind.REGISTER).values_list("number", flat=True))
    assert moved == (numbers if fails else {number + 100 for number in numbers})
    assert "stays what and where it is" in refusal_of("UPDATE cashdesk_place SET number = 7")


def test_only_a_migration_that_rewrites_lifts_triggers(db: None) -> None:
    foreign = Migration("0099_other", "sessions")
    foreign.operations = [RunPython(RunPython.noop)]
    adding = Migration("0099_adding", "cashdesk")
    adding.operations = [AddIndex("payment", Index(fields=("order",), name="by_order"))]
    typing = Migration("0099_typing", "cashdesk")
    typing.operations = [AlterField("payment", "order", CharField(max_length=999))]
    assert guarded_tables(foreign, connection) == guarded_tables(adding, connection) == frozenset()
    assert "cashdesk_payment" in guarded_tables(typing, connection)
    if connection.vendor == "postgresql":
        assert guarded_tables(typing, connection) == {"cashdesk_payment"}


def test_no_migration_is_waiting_to_be_written(db: None) -> None:
    told = StringIO()
    call_command("makemigrations", dry_run=True, stdout=told)
    assert told.getvalue().strip() == "No changes detected"


def test_a_refused_statement_undoes_the_transaction_it_was_in(cast: Cast) -> None:
    session = open_drawer(cast.carla, 0)
    before = Movement.objects.count()

    def sell_and_tamper() -> None:
        with transaction.atomic():
            sell(session, 500)
            execute("UPDATE cashdesk_movement SET amount = 1")

    with pytest.raises(IntegrityError, match="never changed"):
        sell_and_tamper()
    assert Movement.objects.count() == before
