"""`manage.py migrate`: Django's own, with the laws of the database lifted while tables change, and back in force after."""

from typing import Any

from django.core.management.commands import migrate
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

from cashdesk import triggers


class Command(migrate.Command):
    """Triggers name columns of several tables, and on SQLite a table that is rebuilt loses its own and trips over those of
    others. So migrations know nothing of triggers: they are lifted before the first and installed after the last one.
    """

    def get_check_kwargs(self, options: dict[str, Any]) -> Any:
        """All checks but those of the database as it is: what they would miss is what is about to be put there."""
        kwargs: Any = super().get_check_kwargs(options)
        return {**kwargs, "databases": None}

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrates. The laws are in force afterwards if all is migrated: one half way back or forward, or stopped by an
        error, leaves tables that they do not describe, and then `manage.py check --database default` says that they miss.
        """
        connection = connections[options["database"]]
        if options["plan"] or options["check_unapplied"]:
            super().handle(*args, **options)
            return
        if not options["app_label"] and _is_migrated(connection):
            triggers.install(connection)
            super().handle(*args, **options)
            return
        triggers.remove(connection)
        super().handle(*args, **options)
        if _is_migrated(connection):
            triggers.install(connection)


def _is_migrated(connection: BaseDatabaseWrapper) -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())
