"""`manage.py migrate`: Django's own, with the triggers of a table lifted only while a migration changes that table."""

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
"""Operations that work while the triggers are there: they neither rewrite rows nor rebuild a table."""


class Command(migrate.Command):
    """Triggers name columns of several tables, so some changes of a table fail while they are there, and a data migration
    may have to write what they refuse. Each migration that needs it lifts them inside its own transaction and puts them
    back before the commit: no other connection ever sees the books unguarded.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._migration = ExitStack()
        self._lifted: list[Trigger] = []
        self._alias = DEFAULT_DB_ALIAS

    def get_check_kwargs(self, options: dict[str, Any]) -> Any:
        """All checks but those of the database: a trigger that is missing is about to be created."""
        kwargs: Any = super().get_check_kwargs(options)
        return {**kwargs, "databases": None}

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrates, then creates every trigger that is missing or that another version wrote.

        Migrating back, or forward to a version that is not the newest, leaves tables that the triggers of this version do
        not describe. They stay away then, and `manage.py check --database default` names them.
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
        """Brackets each migration. An error in it unwinds the transaction, and with it the lifting."""
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
        # SQLite ignores this inside a transaction, and Django's schema editor asks for it.
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
    """Returns the tables whose triggers a migration must lift.

    A migration of another project's app needs none. SQLite rebuilds a table for most changes and then checks every trigger
    that names it, so it needs all. So do a way back, and an operation that does not say which table it changes.
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
    """Whether every migration of the installed apps was run."""
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())
