"""The laws as the database holds them: triggers that refuse, on SQLite and on PostgreSQL, whoever asks and by whatever road.

Django has no word for triggers, so this module is their one home: each app says its laws as data (`Laws`), `manage.py
migrate` lifts them while tables change and installs them after, the system check below says when one is missing, and the
test suite lifts them for the flush between tests alone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper


@dataclass(frozen=True, slots=True, kw_only=True)
class Laws:
    """What the database refuses in the tables of one app; table names without the app's prefix.

    `never_changed`: rows are never changed and never deleted (laws 1 and 4). `never_deleted`: those, and more.
    `frozen`: per table the columns that never change, with the words of the refusal. `final`: per table the condition on
    a row from which on it never changes. `refused`: per table the conditions, written so that both databases read them,
    under which a new row is refused, by the words of the refusal.
    """

    app: str
    never_changed: tuple[str, ...]
    also_never_deleted: tuple[str, ...]
    frozen: Mapping[str, tuple[tuple[str, ...], str]]
    final: Mapping[str, tuple[str, str]]
    refused: Mapping[str, Mapping[str, str]]

    @property
    def never_deleted(self) -> tuple[str, ...]:
        """The tables from which no row is ever deleted."""
        return (*self.never_changed, *self.also_never_deleted)


_INSERT_RULES: Final = {
    "movement": {
        "both places of a movement belong to its store": """
            (
                SELECT COUNT(*) FROM cashdesk_place
                WHERE id IN (NEW.source_id, NEW.destination_id) AND store_id = NEW.store_id
            ) <> 2
        """,
        "a reversal mirrors what it reverses, once": """
            NEW.reverses_id IS NOT NULL AND NOT EXISTS (
                SELECT 1 FROM cashdesk_movement original
                WHERE original.id = NEW.reverses_id AND original.reverses_id IS NULL
                  AND original.amount = NEW.amount AND original.currency = NEW.currency
                  AND original.method = NEW.method AND original.kind = NEW.kind
                  AND original.store_id = NEW.store_id
                  AND (
                      original.destination_id = NEW.source_id
                      OR (NEW.is_late AND EXISTS (
                          SELECT 1 FROM cashdesk_place counted, cashdesk_place over_short
                          WHERE counted.id = original.destination_id AND counted.kind IN ('REGISTER', 'VAULT')
                            AND over_short.id = NEW.source_id AND over_short.kind = 'OVER_SHORT'
                      ))
                  )
                  AND (
                      original.source_id = NEW.destination_id
                      OR (NEW.is_late AND EXISTS (
                          SELECT 1 FROM cashdesk_place counted, cashdesk_place over_short
                          WHERE counted.id = original.source_id AND counted.kind IN ('REGISTER', 'VAULT')
                            AND over_short.id = NEW.destination_id AND over_short.kind = 'OVER_SHORT'
                      ))
                  )
            )
        """,
        "a movement of a session belongs to the store of the session": """
            NEW.session_id IS NOT NULL AND NOT EXISTS (
                SELECT 1 FROM cashdesk_cashsession WHERE id = NEW.session_id AND store_id = NEW.store_id
            )
        """,
        "a movement is late for a place of its store": """
            NEW.late_for_id IS NOT NULL AND NOT EXISTS (
                SELECT 1 FROM cashdesk_place WHERE id = NEW.late_for_id AND store_id = NEW.store_id
            )
        """,
    },
    "cashsession": {
        "the register of a session belongs to its store": """
            NOT EXISTS (
                SELECT 1 FROM cashdesk_place
                WHERE id = NEW.register_id AND store_id = NEW.store_id AND kind = 'REGISTER'
            )
        """,
    },
}

_LAWS: Final[dict[str, Laws]] = {}


def lay_down(laws: Laws) -> None:
    """Adds the laws of an app, once, when the app is loaded."""
    _LAWS[laws.app] = laws


lay_down(
    Laws(
        app="cashdesk",
        never_changed=("movement", "seal", "count", "countamount", "countpieces", "auditentry", "businessday"),
        also_never_deleted=("cashsession", "payment", "place", "variance"),
        frozen={
            "cashsession": (
                (
                    "uuid", "store_id", "register_id", "user_id", "currency", "business_date", "start_amount",
                    "opening_difference", "opened_at", "opened_by_id",
                ),
                "who opened what, where and with which float never changes",
            ),
            "payment": (
                (
                    "store_id", "external_id", "order", "type", "method", "currency", "amount", "tendered", "change", "tax",
                    "discount", "channel", "service", "register_id", "session_id", "operator_id", "business_date",
                    "paid_at", "reported_at",
                    "reported_by_id", "reported_with_id", "fingerprint",
                ),
                "the figures of a payment never change",
            ),
            "place": (("store_id", "kind", "number"), "a place stays what and where it is"),
            "variance": (
                (
                    "uuid", "store_id", "kind", "subject", "place_id", "session_id", "person_id", "counted_by_id",
                    "business_date", "currency", "method", "expected_amount", "counted_amount", "tolerance",
                    "first_movement", "raised_at",
                ),
                "the figures of a variance never change",
            ),
        },
        final={
            "cashsession": ("OLD.status <> 'OPEN'", "a closed cash session never changes"),
            "payment": ("OLD.status <> 'PENDING'", "a payment that was approved or rejected never changes"),
            "variance": ("OLD.state IN ('APPROVED', 'SUPERSEDED')", "a variance that was dealt with never changes"),
        },
        refused=_INSERT_RULES,
    )
)  # fmt: skip


def _changed(columns: Iterable[str], differs: str) -> str:
    return " OR ".join(f'NEW."{column}" {differs} OLD."{column}"' for column in columns)


def _update_rules(laws: Laws, differs: str) -> list[tuple[str, str, str, str]]:
    """Returns (trigger, table, condition, message) for every refused UPDATE; an empty condition refuses them all."""
    return [
        *((f"{table}_never_changed", table, "", f"a {table} is never changed") for table in laws.never_changed),
        *((f"{table}_final", table, condition, words) for table, (condition, words) in laws.final.items()),
        *(
            (f"{table}_frozen", table, _changed(columns, differs), words)
            for table, (columns, words) in laws.frozen.items()
        ),
    ]


class Trigger(NamedTuple):
    """A trigger: its name, the table it guards, and the statement that creates it."""

    name: str
    table: str
    statement: str


def _sqlite(laws: Laws, name: str, table: str, event: str, condition: str, message: str) -> Trigger:
    when = f" WHEN {condition}" if condition else ""
    body = f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
    full = f"{laws.app}_{table}"
    return Trigger(name, full, f"CREATE TRIGGER {name} BEFORE {event} ON {full}{when} {body}")


def _sqlite_triggers(laws: Laws) -> list[Trigger]:
    changes = [
        _sqlite(laws, name, table, "UPDATE", condition, message)
        for name, table, condition, message in _update_rules(laws, "IS NOT")
    ]
    deletions = [
        _sqlite(laws, f"{table}_never_deleted", table, "DELETE", "", f"a {table} is never deleted")
        for table in laws.never_deleted
    ]
    rules = [
        _sqlite(laws, f"{table}_rule_{number}", table, "INSERT", condition, message)
        for table, conditions in laws.refused.items()
        for number, (message, condition) in enumerate(conditions.items(), start=1)
    ]
    # REPLACE deletes without a DELETE trigger, unless the connection says otherwise (config.settings): refused here too.
    replacements = [
        _sqlite(
            laws,
            f"{table}_never_replaced",
            table,
            "INSERT",
            f"EXISTS (SELECT 1 FROM {laws.app}_{table} WHERE id = NEW.id)",
            f"a {table} is never replaced",
        )
        for table in laws.never_deleted
    ]
    return changes + deletions + rules + replacements


_POSTGRESQL_REFUSE: Final = """
CREATE OR REPLACE FUNCTION cashdesk_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'restrict_violation';
END $$
"""


def _postgresql_rules_function(laws: Laws, table: str) -> str:
    """All rules for a new row of a table in one function, since each trigger on a hot table costs."""
    rules = "\n".join(
        f"IF {condition} THEN RAISE EXCEPTION '{message}' USING ERRCODE = 'check_violation'; END IF;"
        for message, condition in laws.refused[table].items()
    )
    body = f"BEGIN {rules} RETURN NEW; END"
    return f"CREATE OR REPLACE FUNCTION {laws.app}_{table}_rules() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$"


def _postgresql(laws: Laws, name: str, table: str, event: str, condition: str, message: str) -> Trigger:
    when = f" WHEN ({condition})" if condition else ""
    each = "STATEMENT" if event == "TRUNCATE" else "ROW"
    body = f"FOR EACH {each}{when} EXECUTE FUNCTION cashdesk_refuse('{message}')"
    full = f"{laws.app}_{table}"
    return Trigger(name, full, f"CREATE TRIGGER {name} BEFORE {event} ON {full} {body}")


def _postgresql_triggers(laws: Laws) -> list[Trigger]:
    changes = [
        _postgresql(laws, name, table, "UPDATE", condition, message)
        for name, table, condition, message in _update_rules(laws, "IS DISTINCT FROM")
    ]
    deletions = [
        _postgresql(laws, f"{table}_never_{event.lower()}d", table, event, "", f"a {table} is never deleted")
        for table in laws.never_deleted
        for event in ("DELETE", "TRUNCATE")
    ]
    rules = [
        Trigger(
            f"{table}_rules",
            f"{laws.app}_{table}",
            f"CREATE TRIGGER {table}_rules BEFORE INSERT ON {laws.app}_{table} "
            f"FOR EACH ROW EXECUTE FUNCTION {laws.app}_{table}_rules()",
        )
        for table in laws.refused
    ]
    return changes + deletions + rules


def _triggers(connection: BaseDatabaseWrapper) -> list[Trigger]:
    build = _postgresql_triggers if connection.vendor == "postgresql" else _sqlite_triggers
    return [trigger for laws in _LAWS.values() for trigger in build(laws)]


def laws_of(app: str) -> Laws:
    """Returns the laws of an app, as data."""
    return _LAWS[app]


def install(connection: BaseDatabaseWrapper) -> None:
    """Creates every trigger that is missing on a table that is there. Safe to call again."""
    absent = set(missing(connection))
    if not absent:
        return
    tables = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_POSTGRESQL_REFUSE)
            for laws in _LAWS.values():
                for table in laws.refused:
                    if f"{laws.app}_{table}" in tables:
                        cursor.execute(_postgresql_rules_function(laws, table))
        for trigger in _triggers(connection):
            if trigger.name in absent:
                cursor.execute(trigger.statement)


def remove(connection: BaseDatabaseWrapper) -> None:
    """Drops every trigger on the project's tables, also those of an earlier version: for `manage.py migrate`, and for the
    test suite's flush.
    """
    prefixes = tuple(f"{app}_" for app in _LAWS)
    query = (
        "SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal"
        if connection.vendor == "postgresql"
        else "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'"
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        for name, table in cursor.fetchall():
            if table.startswith(prefixes):
                cursor.execute(f"DROP TRIGGER {name}" + (f" ON {table}" if connection.vendor == "postgresql" else ""))


def installed(connection: BaseDatabaseWrapper) -> set[str]:
    """Returns the names of the triggers that the database has on the project's tables."""
    query = (
        "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
        if connection.vendor == "postgresql"
        else "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        return {row[0] for row in cursor.fetchall()}


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """Returns the names of the triggers that should be there and are not, in order. Those of a table that is not there
    yet, since its migration was not run, are not missed.
    """
    present, tables = installed(connection), set(connection.introspection.table_names())
    return sorted(
        trigger.name for trigger in _triggers(connection) if trigger.table in tables and trigger.name not in present
    )


@register(Tags.database)
def check_triggers(databases: Iterable[str] | None = None, **_kwargs: Any) -> list[CheckMessage]:
    """Says at `manage.py migrate` and `manage.py check --database default` which triggers are missing."""
    return [
        Error(
            f"The trigger {name} is missing: the ledger is not protected.",
            hint="Run manage.py migrate, which puts it back.",
            id="cashdesk.E001",
        )
        for alias in databases or ()
        for name in missing(connections[alias])
    ]
