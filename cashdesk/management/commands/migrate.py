"""`manage.py migrate`: Django's command, but it drops a table's triggers while a migration changes that table."""

from contextlib import ExitStack
from typing import Any, Final

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.operations import (
    AddConstraint,
    AddField,
    AddIndex,
    AlterModelManagers,
    AlterModelOptions,
    CreateModel,
    RemoveConstraint,
    RemoveIndex,
)
from django.db.migrations.operations.base import Operation
from django.db.migrations.operations.models import ModelOperation

from cashdesk import checks, triggers
from cashdesk.trigger_statements import Trigger

HARMLESS: Final[dict[str, tuple[type[Operation], ...]]] = {
    "sqlite": (CreateModel, AddIndex, RemoveIndex, AlterModelOptions, AlterModelManagers),
    "postgresql": (
        CreateModel, AddIndex, RemoveIndex, AlterModelOptions, AlterModelManagers, AddField, AddConstraint, RemoveConstraint,
    ),
}  # fmt: skip
"""Operations during which the triggers can stay, because they neither rewrite rows nor rebuild a table."""


class Command(migrate.Command):
    """Drops the triggers of the tables that a migration changes, inside the transaction of that migration.

    Triggers name columns of several tables, so some schema changes fail while the triggers exist. A data migration may
    also write rows that the triggers refuse. The command creates the triggers again before the commit, so no other
    connection ever sees the ledger unprotected.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._migration = ExitStack()
        self._lifted: list[Trigger] = []
        self._alias = DEFAULT_DB_ALIAS

    def get_check_kwargs(self, options: dict[str, Any]) -> Any:
        """Skips the database checks, because this command creates missing triggers afterwards."""
        kwargs: Any = super().get_check_kwargs(options)
        return {**kwargs, "databases": None}

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrates, then creates every missing trigger and replaces triggers of another version.

        If not all migrations have run, for example after a migration backwards, the triggers of this version do not fit the
        tables. Then the command creates none of them, and `manage.py check --database default` reports them.
        """
        self._alias = options["database"]
        connection = connections[self._alias]
        if options["plan"] or options["check_unapplied"]:
            super().handle(*args, **options)
            return
        faults = checks.faults_of_encoding(connection)
        if faults:
            raise CommandError(f"{faults[0].msg} {faults[0].hint}")
        with self._migration:
            super().handle(*args, **options)
        if is_migrated(connection):
            triggers.install(connection)

    def migration_progress_callback(self, action: str, migration: Any = None, fake: bool = False) -> None:  # noqa: FBT001, FBT002
        """Wraps a migration in a transaction. After an error, the rollback also restores the triggers."""
        if action in ("apply_start", "unapply_start") and not fake:
            self._begin(migration, is_backward=action == "unapply_start")
        elif action in ("apply_success", "unapply_success"):
            self._end()
        super().migration_progress_callback(action, migration, fake)

    def _begin(self, migration: Migration, *, is_backward: bool) -> None:
        connection = connections[self._alias]
        tables = guarded_tables(migration, connection, is_backward=is_backward)
        if not tables or not migration.atomic:
            return
        # Django's schema editor requires this on SQLite, and SQLite ignores it inside a transaction. So it comes first.
        connection.disable_constraint_checking()
        self._migration.callback(connection.enable_constraint_checking)
        self._migration.enter_context(transaction.atomic(using=self._alias))
        lifted = triggers.lift(connection, tables=tables)
        self._lifted = [] if is_backward else lifted

    def _end(self) -> None:
        triggers.put_back(connections[self._alias], self._lifted)
        self._lifted = []
        self._migration.pop_all().close()


def guarded_tables(
    migration: Migration, connection: BaseDatabaseWrapper, *, is_backward: bool = False
) -> frozenset[str]:
    """Returns the tables whose triggers the command must drop for a migration.

    - A migration of a third-party app: no tables.
    - A migration backwards, or an operation that names no table: all tables with triggers.
    - An operation that is not HARMLESS on SQLite: all tables with triggers, because SQLite rebuilds the changed table
      and checks every trigger that names it.
    - An operation that is not HARMLESS on PostgreSQL: the table that it changes.
    """
    guarded = triggers.guarded_tables()
    if not any(table.startswith(f"{migration.app_label}_") for table in guarded):
        return frozenset()
    changing = [each for each in migration.operations if not isinstance(each, HARMLESS[connection.vendor])]
    if is_backward or (changing and connection.vendor == "sqlite"):
        return guarded
    tables = set()
    for operation in changing:
        name = getattr(operation, "model_name", "") or (isinstance(operation, ModelOperation) and operation.name)
        if not name:
            return guarded
        tables.add(f"{migration.app_label}_{str(name).lower()}")
    return guarded & tables


def is_migrated(connection: BaseDatabaseWrapper) -> bool:
    """Whether all migrations of the installed apps have run."""
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())
