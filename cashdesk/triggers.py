"""The laws as the database holds them: triggers that refuse, on SQLite and on PostgreSQL, whoever asks and by whatever road.

Django has no word for triggers, so this module is their one home: the migrations install them from here, the system
check below says when one is missing (on SQLite a migration that rebuilds a table drops its triggers), and the test
suite lifts them for the flush between tests alone.
"""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

APPEND_ONLY: Final = ("movement", "seal", "count", "countamount", "countpieces", "auditentry")
"""Tables whose rows are never changed and never deleted (laws 1 and 4)."""

NEVER_DELETED: Final = (*APPEND_ONLY, "cashsession", "payment", "place")

SESSION_FROZEN: Final = (
    "uuid", "store_id", "register_id", "user_id", "currency", "business_date", "start_amount", "opening_difference",
    "opened_at", "opened_by_id",
)  # fmt: skip
PAYMENT_FROZEN: Final = (
    "store_id", "external_id", "order", "type", "method", "currency", "amount", "tendered", "change", "tax", "discount",
    "channel", "service", "register_id", "session_id", "operator_id", "paid_at", "reported_at", "reported_by_id",
    "reported_with_id", "fingerprint",
)  # fmt: skip
PLACE_FROZEN: Final = ("store_id", "kind", "number")


def _changed(columns: Iterable[str], differs: str) -> str:
    return " OR ".join(f'NEW."{column}" {differs} OLD."{column}"' for column in columns)


def _update_rules(differs: str) -> list[tuple[str, str, str, str]]:
    """Returns (trigger, table, condition, message) for every refused UPDATE; an empty condition refuses them all."""
    return [
        *((f"{table}_never_changed", table, "", f"a {table} is never changed") for table in APPEND_ONLY),
        ("cashsession_closed_stays", "cashsession", "OLD.status <> 'OPEN'", "a closed cash session never changes"),
        (
            "cashsession_opening_stays",
            "cashsession",
            _changed(SESSION_FROZEN, differs),
            "who opened what, where and with which float never changes",
        ),
        (
            "payment_decided_stays",
            "payment",
            "OLD.status <> 'PENDING'",
            "a payment that was approved or rejected never changes",
        ),
        ("payment_figures_stay", "payment", _changed(PAYMENT_FROZEN, differs), "the figures of a payment never change"),
        ("place_stays", "place", _changed(PLACE_FROZEN, differs), "a place stays what and where it is"),
    ]


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
                          SELECT 1 FROM cashdesk_place register, cashdesk_place over_short
                          WHERE register.id = original.destination_id AND register.kind = 'REGISTER'
                            AND over_short.id = NEW.source_id AND over_short.kind = 'OVER_SHORT'
                      ))
                  )
                  AND (
                      original.source_id = NEW.destination_id
                      OR (NEW.is_late AND EXISTS (
                          SELECT 1 FROM cashdesk_place register, cashdesk_place over_short
                          WHERE register.id = original.source_id AND register.kind = 'REGISTER'
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
"""Per table the conditions under which a new row is refused, written so that both databases read them."""


class Trigger(NamedTuple):
    """A trigger: its name, the table it guards (without the app's prefix), and the statement that creates it."""

    name: str
    table: str
    statement: str


def _sqlite(name: str, table: str, event: str, condition: str, message: str) -> Trigger:
    when = f" WHEN {condition}" if condition else ""
    body = f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
    return Trigger(name, table, f"CREATE TRIGGER {name} BEFORE {event} ON cashdesk_{table}{when} {body}")


def _sqlite_triggers() -> list[Trigger]:
    changes = [
        _sqlite(name, table, "UPDATE", condition, message)
        for name, table, condition, message in _update_rules("IS NOT")
    ]
    deletions = [
        _sqlite(f"{table}_never_deleted", table, "DELETE", "", f"a {table} is never deleted") for table in NEVER_DELETED
    ]
    rules = [
        _sqlite(f"{table}_rule_{number}", table, "INSERT", condition, message)
        for table, conditions in _INSERT_RULES.items()
        for number, (message, condition) in enumerate(conditions.items(), start=1)
    ]
    # REPLACE deletes without a DELETE trigger, unless the connection says otherwise (config.settings): refused here too.
    replacements = [
        _sqlite(
            f"{table}_never_replaced",
            table,
            "INSERT",
            f"EXISTS (SELECT 1 FROM cashdesk_{table} WHERE id = NEW.id)",
            f"a {table} is never replaced",
        )
        for table in NEVER_DELETED
    ]
    return changes + deletions + rules + replacements


_POSTGRESQL_REFUSE: Final = """
CREATE OR REPLACE FUNCTION cashdesk_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'restrict_violation';
END $$
"""


def _postgresql_rules_function(table: str) -> str:
    """All rules for a new row of a table in one function, since each trigger on a hot table costs."""
    rules = "\n".join(
        f"IF {condition} THEN RAISE EXCEPTION '{message}' USING ERRCODE = 'check_violation'; END IF;"
        for message, condition in _INSERT_RULES[table].items()
    )
    body = f"BEGIN {rules} RETURN NEW; END"
    return f"CREATE OR REPLACE FUNCTION cashdesk_{table}_rules() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$"


def _postgresql(name: str, table: str, event: str, condition: str, message: str) -> Trigger:
    when = f" WHEN ({condition})" if condition else ""
    each = "STATEMENT" if event == "TRUNCATE" else "ROW"
    body = f"FOR EACH {each}{when} EXECUTE FUNCTION cashdesk_refuse('{message}')"
    return Trigger(name, table, f"CREATE TRIGGER {name} BEFORE {event} ON cashdesk_{table} {body}")


def _postgresql_triggers() -> list[Trigger]:
    changes = [
        _postgresql(name, table, "UPDATE", condition, message)
        for name, table, condition, message in _update_rules("IS DISTINCT FROM")
    ]
    deletions = [
        _postgresql(f"{table}_never_{event.lower()}d", table, event, "", f"a {table} is never deleted")
        for table in NEVER_DELETED
        for event in ("DELETE", "TRUNCATE")
    ]
    rules = [
        Trigger(
            f"{table}_rules",
            table,
            f"CREATE TRIGGER {table}_rules BEFORE INSERT ON cashdesk_{table} "
            f"FOR EACH ROW EXECUTE FUNCTION cashdesk_{table}_rules()",
        )
        for table in _INSERT_RULES
    ]
    return changes + deletions + rules


def _triggers(connection: BaseDatabaseWrapper) -> list[Trigger]:
    return _postgresql_triggers() if connection.vendor == "postgresql" else _sqlite_triggers()


def install(connection: BaseDatabaseWrapper) -> None:
    """Creates every trigger that is missing. Safe to call again."""
    present = installed(connection)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_POSTGRESQL_REFUSE)
            for table in _INSERT_RULES:
                cursor.execute(_postgresql_rules_function(table))
        for trigger in _triggers(connection):
            if trigger.name not in present:
                cursor.execute(trigger.statement)


def remove(connection: BaseDatabaseWrapper) -> None:
    """Drops every trigger: for undoing the migration, and for the test suite's flush."""
    present = installed(connection)
    with connection.cursor() as cursor:
        for trigger in _triggers(connection):
            if trigger.name in present:
                on_table = f" ON cashdesk_{trigger.table}" if connection.vendor == "postgresql" else ""
                cursor.execute(f"DROP TRIGGER {trigger.name}{on_table}")


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
    """Returns the names of the triggers that should be there and are not, in order."""
    present = installed(connection)
    return sorted(trigger.name for trigger in _triggers(connection) if trigger.name not in present)


@register(Tags.database)
def check_triggers(databases: Iterable[str] | None = None, **_kwargs: Any) -> list[CheckMessage]:
    """Says at `manage.py migrate` and `manage.py check --database default` which triggers are missing."""
    found: list[CheckMessage] = []
    for alias in databases or ():
        connection = connections[alias]
        if "cashdesk_movement" not in connection.introspection.table_names():
            continue
        found.extend(
            Error(
                f"The trigger {name} is missing: the ledger is not protected.",
                hint="Call cashdesk.triggers.install().",
                id="cashdesk.E001",
            )
            for name in missing(connection)
        )
    return found
