"""Turns laws into CREATE TRIGGER statements for SQLite and PostgreSQL."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple


@dataclass(frozen=True, slots=True, kw_only=True)
class Laws:
    """The changes that the database refuses in the tables of one app. Table names have no app prefix.

    - `never_changed`: tables whose rows never change and are never deleted (laws 1 and 4).
    - `also_never_deleted`: more tables whose rows are never deleted.
    - `frozen`: per table, (columns that never change, error message).
    - `final`: per table, (condition on the old row, error message). A row that meets the condition never changes.
    - `refused`: per table and error message, the condition that refuses a new row, in SQL that both databases
      understand.
    - `distinct`: per table and trigger, (columns, condition, error message). The columns hold names that must be unique.
      The condition is SQL on the new row: it is true if another row already has one of the names. It is checked at each
      INSERT, and when an UPDATE changes one of the columns.
    - `set_once`: per table, a column that gets a value once.
    - `kept_for`: per table, (column with an instant, days). A row is not deleted before this many days have passed.
    """

    app: str
    never_changed: tuple[str, ...]
    also_never_deleted: tuple[str, ...]
    frozen: Mapping[str, tuple[tuple[str, ...], str]]
    final: Mapping[str, tuple[str, str]]
    refused: Mapping[str, Mapping[str, str]]
    distinct: Mapping[str, Mapping[str, tuple[tuple[str, ...], str, str]]] = field(default_factory=dict)
    set_once: Mapping[str, str] = field(default_factory=dict)
    kept_for: Mapping[str, tuple[str, int]] = field(default_factory=dict)

    @property
    def never_deleted(self) -> tuple[str, ...]:
        """The tables whose rows are never deleted."""
        return (*self.never_changed, *self.also_never_deleted)


def _changed(columns: Iterable[str], differs: str) -> str:
    return " OR ".join(f'NEW."{column}" {differs} OLD."{column}"' for column in columns)


def _update_rules(laws: Laws, differs: str) -> list[tuple[str, str, str, str]]:
    """Returns (trigger, table, condition, message) for each rule. A rule without a condition refuses every UPDATE."""
    return [
        *((f"{table}_never_changed", table, "", f"a {table} is never changed") for table in laws.never_changed),
        *((f"{table}_final", table, condition, words) for table, (condition, words) in laws.final.items()),
        *(
            (f"{table}_frozen", table, _changed(columns, differs), words)
            for table, (columns, words) in laws.frozen.items()
        ),
        *(
            (
                f"{table}_set_once",
                table,
                f"OLD.{column} IS NOT NULL AND ({_changed([column], differs)})",
                f"the {column} of {table}s is set once",
            )
            for table, column in laws.set_once.items()
        ),
    ]


def _kept(table: str, days: int) -> str:
    return f"{table}s are kept for {days} days"


class Trigger(NamedTuple):
    """A trigger: its name, the table that it protects, and its CREATE statement."""

    name: str
    table: str
    statement: str


def _sqlite(laws: Laws, name: str, table: str, event: str, condition: str, message: str) -> Trigger:
    when = f" WHEN {condition}" if condition else ""
    body = f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
    full = f"{laws.app}_{table}"
    return Trigger(name, full, f"CREATE TRIGGER {name} BEFORE {event} ON {full}{when} {body}")


def sqlite_triggers(laws: Laws) -> list[Trigger]:
    """Returns the triggers of an app's laws for SQLite."""
    changes = [
        _sqlite(laws, name, table, "UPDATE", condition, message)
        for name, table, condition, message in _update_rules(laws, "IS NOT")
    ]
    deletions = [
        _sqlite(laws, f"{table}_never_deleted", table, "DELETE", "", f"a {table} is never deleted")
        for table in laws.never_deleted
    ] + [
        _sqlite(
            laws,
            f"{table}_kept",
            table,
            "DELETE",
            # SQLite stores instants as text in this format, so the comparison of texts compares instants.
            f"OLD.{column} > strftime('%Y-%m-%d %H:%M:%f', 'now', '-{days} days')",
            _kept(table, days),
        )
        for table, (column, days) in laws.kept_for.items()
    ]
    rules = [
        _sqlite(laws, f"{table}_rule_{number}", table, "INSERT", condition, message)
        for table, conditions in laws.refused.items()
        for number, (message, condition) in enumerate(conditions.items(), start=1)
    ]
    # REPLACE skips DELETE triggers unless the connection sets recursive_triggers (config/databases.py). So these triggers
    # refuse it on every connection.
    replacements = [
        _sqlite(
            laws,
            f"{table}_never_replaced",
            table,
            "INSERT",
            f"EXISTS (SELECT 1 FROM {laws.app}_{table} WHERE id = NEW.id)",
            words,
        )
        for table, words in (
            *((table, f"a {table} is never replaced") for table in laws.never_deleted),
            *((table, _kept(table, days)) for table, (_column, days) in laws.kept_for.items()),
        )
    ]
    # AFTER, because in a BEFORE trigger SQLite does not know the id of the new row yet.
    names = [
        Trigger(
            f"{name}_{event.lower()}",
            f"{laws.app}_{table}",
            f"CREATE TRIGGER {name}_{event.lower()} AFTER {event} ON {laws.app}_{table} "
            f"WHEN {f'({changed}) AND ' if event == 'UPDATE' else ''}{condition} "
            f"BEGIN SELECT RAISE(ABORT, '{words}'); END",
        )
        for table, name, changed, condition, words in _distinct_rules(laws, "IS NOT")
        for event in ("INSERT", "UPDATE")
    ]
    return changes + deletions + rules + replacements + names


POSTGRESQL_REFUSE: Final = """
CREATE OR REPLACE FUNCTION cashdesk_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'restrict_violation';
END $$
"""


POSTGRESQL_REFUSE_WHERE: Final = """
CREATE OR REPLACE FUNCTION cashdesk_refuse_where() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE is_refused boolean;
BEGIN
    -- Two transactions that take the same name wait here for each other; the second one then sees the first one's row.
    PERFORM pg_advisory_xact_lock(hashtext(TG_TABLE_NAME));
    EXECUTE 'SELECT ' || replace(TG_ARGV[1], 'NEW.', '($1).') INTO is_refused USING NEW;
    IF is_refused THEN
        RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$
"""


def _distinct_rules(laws: Laws, differs: str) -> list[tuple[str, str, str, str, str]]:
    """Returns (table, trigger, changed, condition, message) for every name that must be unique.

    `changed` is the SQL condition that an UPDATE changes the name.
    """
    return [
        (table, name, _changed(columns, differs), condition, words)
        for table, rules in laws.distinct.items()
        for name, (columns, condition, words) in rules.items()
    ]


def postgresql_rules_function(laws: Laws, table: str) -> str:
    """Returns the CREATE statement of a function that checks all rules for a table's new rows.

    It is a single function because one trigger is faster than several.
    """
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


def postgresql_triggers(laws: Laws) -> list[Trigger]:
    """Returns the triggers of an app's laws for PostgreSQL."""
    changes = [
        _postgresql(laws, name, table, "UPDATE", condition, message)
        for name, table, condition, message in _update_rules(laws, "IS DISTINCT FROM")
    ]
    deletions = [
        _postgresql(laws, f"{table}_never_{event.lower()}d", table, event, "", f"a {table} is never deleted")
        for table in laws.never_deleted
        for event in ("DELETE", "TRUNCATE")
    ]
    for table, (column, days) in laws.kept_for.items():
        is_young = f"OLD.{column} > now() - interval '{days} days'"
        deletions += [
            _postgresql(laws, f"{table}_kept", table, "DELETE", is_young, _kept(table, days)),
            _postgresql(laws, f"{table}_never_truncated", table, "TRUNCATE", "", _kept(table, days)),
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
    names = [
        Trigger(
            f"{name}_{event.lower()}",
            f"{laws.app}_{table}",
            f"CREATE TRIGGER {name}_{event.lower()} AFTER {event} ON {laws.app}_{table} FOR EACH ROW "
            + (f"WHEN ({changed}) " if event == "UPDATE" else "")
            + f"EXECUTE FUNCTION cashdesk_refuse_where('{words}', '{condition.replace(chr(39), chr(39) * 2)}')",
        )
        for table, name, changed, condition, words in _distinct_rules(laws, "IS DISTINCT FROM")
        for event in ("INSERT", "UPDATE")
    ]
    return changes + deletions + rules + names
