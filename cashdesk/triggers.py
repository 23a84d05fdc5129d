"""Creates the triggers that enforce the laws in the database, on SQLite and PostgreSQL.

The triggers refuse forbidden changes by any connection or program. Django has no API for triggers, so this module creates
them. Each app declares its laws as data (`Laws`). `manage.py migrate` drops a table's triggers while a migration changes
the table. Afterwards it creates all missing triggers and replaces outdated ones. The system check below reports missing
and outdated triggers. Only the test suite drops all triggers, for the flush between tests.
"""

from collections.abc import Collection, Iterable
from contextlib import suppress
from hashlib import sha256
from typing import Any, Final

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from cashdesk.enums import EVENTS_KEPT_DAYS
from cashdesk.insert_laws import INSERT_LAWS
from cashdesk.trigger_statements import (
    POSTGRESQL_REFUSE,
    POSTGRESQL_REFUSE_WHERE,
    Laws,
    Trigger,
    postgresql_rules_function,
    postgresql_triggers,
    sqlite_triggers,
)

_OPERATOR_UID: Final = (
    "LTRIM(LOWER(CASE WHEN {row}.operator_code = '' THEN CAST({row}.id AS TEXT) ELSE {row}.operator_code END), '0')"
)

_DISTINCT_PEOPLE: Final = {
    "user_sign_in_names": (
        ("username", "email", "rut"),
        """
            EXISTS (
                SELECT 1 FROM cashdesk_user other WHERE other.id <> NEW.id AND (
                    LOWER(other.username) IN (NULLIF(LOWER(NEW.email), ''), NULLIF(LOWER(NEW.rut), ''))
                    OR (other.email <> '' AND LOWER(other.email) IN (LOWER(NEW.username), NULLIF(LOWER(NEW.rut), '')))
                    OR (other.rut <> '' AND LOWER(other.rut) IN (LOWER(NEW.username), NULLIF(LOWER(NEW.email), '')))
                )
            )
        """,
        "a username, email or tax id names one person",
    ),
    "user_operator_uid": (
        ("operator_code", "account_id"),
        f"""
            EXISTS (
                SELECT 1 FROM cashdesk_user other
                WHERE other.id <> NEW.id AND other.account_id = NEW.account_id
                  AND {_OPERATOR_UID.format(row="other")} = {_OPERATOR_UID.format(row="NEW")}
            )
        """,
        "an operator code or user id names one person of an account",
    ),
}

_LAWS: Final[dict[str, Laws]] = {}


def register_laws(laws: Laws) -> None:
    """Registers the laws of an app. Each app calls this once, when it is loaded."""
    _LAWS[laws.app] = laws


register_laws(
    Laws(
        app="cashdesk",
        never_changed=(
            "movement", "seal", "count", "countamount", "countpieces", "foreigncash", "sessionnote", "auditentry",
            "businessday",
        ),
        also_never_deleted=("cashsession", "order", "payment", "place", "variance"),
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
                    "paid_at", "clock_adjusted", "reported_at",
                    "reported_by_id", "reported_with_id", "source", "fingerprint",
                ),
                "the figures of a payment never change",
            ),
            "order": (
                (
                    "uuid", "store_id", "number", "type", "currency", "net_total", "created_at", "created_by_id",
                    "created_with_id",
                ),
                "what an order costs never changes",
            ),
            "paymentmethod": (("uuid", "account_id", "code", "is_cash", "created_at"), "a payment method keeps its code"),
            "place": (("store_id", "kind", "number"), "a place stays what and where it is"),
            "variance": (
                (
                    "uuid", "store_id", "kind", "subject", "place_id", "session_id", "person_id", "counted_by_id",
                    "business_date", "currency", "method", "expected_amount", "counted_amount", "tolerance",
                    "first_movement", "raised_at",
                ),
                "the figures of a variance never change",
            ),
            "event": (
                ("uid", "type", "account_id", "store_id", "place_id", "occurred_at", "body"),
                "events never change",
            ),
        },
        final={
            "cashsession": ("OLD.status <> 'OPEN'", "a closed cash session never changes"),
            "payment": ("OLD.status <> 'PENDING'", "a payment that was approved or rejected never changes"),
            "order": ("OLD.status <> 'OPEN'", "a paid or cancelled order never changes"),
            "variance": ("OLD.state IN ('APPROVED', 'SUPERSEDED')", "a variance that was dealt with never changes"),
        },
        refused=INSERT_LAWS,
        distinct={"user": _DISTINCT_PEOPLE},
        set_once={"event": "position"},
        kept_for={"event": ("occurred_at", EVENTS_KEPT_DAYS)},
    )
)  # fmt: skip


def _triggers(connection: BaseDatabaseWrapper) -> list[Trigger]:
    build = postgresql_triggers if connection.vendor == "postgresql" else sqlite_triggers
    return [trigger for laws in _LAWS.values() for trigger in build(laws)]


def laws_of(app: str) -> Laws:
    """Returns the laws of an app as data."""
    return _LAWS[app]


def guarded_tables() -> frozenset[str]:
    """Returns the names of the tables that have triggers."""
    return frozenset(
        f"{laws.app}_{table}"
        for laws in _LAWS.values()
        for table in (*laws.never_deleted, *laws.frozen, *laws.final, *laws.refused, *laws.distinct, *laws.kept_for)
    )


def install(connection: BaseDatabaseWrapper) -> None:
    """Creates every missing trigger and replaces triggers of another version. It is safe to repeat."""
    with transaction.atomic(using=connection.alias):
        stale = {*missing(connection), *outdated(connection)}
        if not stale:
            return
        tables = set(connection.introspection.table_names())
        _create_functions(connection, tables)
        present = installed(connection)
        with connection.cursor() as cursor:
            for trigger in _triggers(connection):
                if trigger.name not in stale:
                    continue
                if trigger.name in present:
                    cursor.execute(_dropping(connection, trigger.name, trigger.table))
                cursor.execute(trigger.statement)
                if connection.vendor == "postgresql":
                    told = f"COMMENT ON TRIGGER {trigger.name} ON {trigger.table} IS '{_version(trigger)}'"
                    cursor.execute(told)


def lift(connection: BaseDatabaseWrapper, *, tables: Collection[str]) -> list[Trigger]:
    """Drops the triggers of these tables, including triggers of an earlier version.

    Returns them with the statements that the database stored, so that `put_back()` can create them again.
    """
    lifted = [trigger for trigger in _written(connection) if trigger.table in tables]
    with connection.cursor() as cursor:
        for trigger in lifted:
            cursor.execute(_dropping(connection, trigger.name, trigger.table))
    return lifted


def put_back(connection: BaseDatabaseWrapper, lifted: Iterable[Trigger]) -> None:
    """Creates the triggers that `lift()` dropped. Skips a trigger if the database refuses it.

    The database refuses a trigger that names a table or column that no longer exists.
    """
    for trigger in lifted:
        with suppress(DatabaseError), transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute(trigger.statement)


def remove(connection: BaseDatabaseWrapper) -> None:
    """Drops every trigger on the project's tables, including triggers of an earlier version.

    Only the test suite calls this, for its flush.
    """
    lift(connection, tables=set(connection.introspection.table_names()))


def installed(connection: BaseDatabaseWrapper) -> set[str]:
    """Returns the names of the enabled triggers in the database."""
    query = (
        "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
        if connection.vendor == "postgresql"
        else "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        return {row[0] for row in cursor.fetchall()}


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """Returns the sorted names of the triggers that should exist but do not.

    Ignores tables that do not exist yet because their migration has not run.
    """
    present, tables = installed(connection), set(connection.introspection.table_names())
    return sorted(
        trigger.name for trigger in _triggers(connection) if trigger.table in tables and trigger.name not in present
    )


def outdated(connection: BaseDatabaseWrapper) -> list[str]:
    """Returns the sorted names of the triggers whose statement in the database is from another version."""
    if connection.vendor == "postgresql":
        # PostgreSQL rewrites the statement of a trigger. So `install()` stores a digest of the original as a comment.
        query = "SELECT tgname, obj_description(oid, 'pg_trigger') FROM pg_trigger WHERE NOT tgisinternal"
    else:
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
    with connection.cursor() as cursor:
        cursor.execute(query)
        found = dict(cursor.fetchall())
    wanted = {
        trigger.name: _version(trigger) if connection.vendor == "postgresql" else trigger.statement
        for trigger in _triggers(connection)
    }
    return sorted(name for name, text in found.items() if name in wanted and text != wanted[name])


def _written(connection: BaseDatabaseWrapper) -> list[Trigger]:
    """Returns the triggers that exist on the project's tables, with their SQL."""
    query = (
        "SELECT tgname, tgrelid::regclass::text, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal"
        if connection.vendor == "postgresql"
        else "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'"
    )
    prefixes = tuple(f"{app}_" for app in _LAWS)
    with connection.cursor() as cursor:
        cursor.execute(query)
        return [Trigger(*row) for row in cursor.fetchall() if row[1].startswith(prefixes)]


def _create_functions(connection: BaseDatabaseWrapper, tables: Collection[str]) -> None:
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(POSTGRESQL_REFUSE)
        cursor.execute(POSTGRESQL_REFUSE_WHERE)
        for laws in _LAWS.values():
            for table in laws.refused:
                if f"{laws.app}_{table}" in tables:
                    cursor.execute(postgresql_rules_function(laws, table))


def _dropping(connection: BaseDatabaseWrapper, name: str, table: str) -> str:
    return f"DROP TRIGGER {name}" + (f" ON {table}" if connection.vendor == "postgresql" else "")


def _version(trigger: Trigger) -> str:
    """Returns a digest of the trigger's statement and of the rules in its function."""
    app, _, table = trigger.table.partition("_")
    rules = _LAWS[app].refused.get(table, {}) if trigger.name.endswith("_rules") else {}
    return sha256("\n".join((trigger.statement, *rules, *rules.values())).encode()).hexdigest()


@register(Tags.database)
def check_triggers(databases: Iterable[str] | None = None, **_kwargs: Any) -> list[CheckMessage]:
    """Reports missing and outdated triggers in `manage.py check --database default`."""
    return [
        Error(
            f"The trigger {name} {fault}: the ledger is not protected.",
            hint="Run manage.py migrate, which creates it.",
            id="cashdesk.E001",
        )
        for alias in databases or ()
        for fault, names in (
            ("is missing", missing(connections[alias])),
            ("is of another version", outdated(connections[alias])),
        )
        for name in names
    ]
