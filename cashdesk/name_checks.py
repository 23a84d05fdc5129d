"""Database checks for duplicate sign-in names and operator codes in data older than the triggers.

The triggers refuse new duplicates. Older duplicates stay, because nobody can guess which person should keep the
name. These checks list the people, so that an admin can give one of them another name.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, Final

from django.apps import apps
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections

NAMED_MAX: Final = 50


@register(Tags.database)
def check_names(databases: Iterable[str] | None = None, **_kwargs: Any) -> list[CheckMessage]:
    """Reports people who share a sign-in name or operator code, in `manage.py check --database default`."""
    return [message for alias in databases or () for message in _faults(alias)]


def _faults(alias: str) -> Iterator[CheckMessage]:
    people = apps.get_model("cashdesk", "User")
    connection = connections[alias]
    with connection.cursor() as cursor:
        tables = connection.introspection.get_table_list(cursor)
        if people._meta.db_table not in {table.name for table in tables}:
            return
        cursor.execute(_SIGN_IN_NAMES)
        sign_in_names = _by_name(cursor.fetchall())
        cursor.execute(_OPERATOR_UIDS)
        operator_uids = _by_name(cursor.fetchall())
    for (_account, name), users in sign_in_names[:NAMED_MAX]:
        yield Error(
            f"The users {users} have the same username, email or tax id: {name!r}. On the pages it signs nobody in.",
            hint="Give all but one of them another name in the back office.",
            id="cashdesk.E020",
        )
    for (account, uid), users in operator_uids[:NAMED_MAX]:
        yield Error(
            f"The users {users} of account {account} have the same operator code or user id: {uid!r}. Payments for it are "
            "booked for the one who was given the code.",
            hint="Give all but one of them another operator code in the back office.",
            id="cashdesk.E021",
        )


def _by_name(rows: Iterable[tuple[Any, str, int]]) -> list[tuple[tuple[Any, str], str]]:
    """Returns ((account, name), user ids as text) for each name that more than one person has."""
    found: dict[tuple[Any, str], set[int]] = defaultdict(set)
    for account, name, user in rows:
        found[account, name].add(user)
    return [(key, ", ".join(str(user) for user in sorted(users))) for key, users in found.items() if len(users) > 1]


_SIGN_IN_NAMES: Final = """
    WITH named AS (
        SELECT id, LOWER(username) AS name FROM cashdesk_user
        UNION ALL SELECT id, LOWER(email) FROM cashdesk_user WHERE email <> ''
        UNION ALL SELECT id, LOWER(rut) FROM cashdesk_user WHERE rut <> ''
    )
    SELECT 0, name, id FROM named
    WHERE name IN (SELECT name FROM named GROUP BY name HAVING COUNT(DISTINCT id) > 1)
    ORDER BY name, id
"""

_OPERATOR_UIDS: Final = """
    WITH named AS (
        SELECT account_id, id,
            LTRIM(LOWER(CASE WHEN operator_code = '' THEN CAST(id AS TEXT) ELSE operator_code END), '0') AS uid
        FROM cashdesk_user WHERE account_id IS NOT NULL
    ), twice AS (
        SELECT account_id, uid FROM named GROUP BY account_id, uid HAVING COUNT(*) > 1
    )
    SELECT named.account_id, named.uid, named.id FROM named
    JOIN twice ON twice.account_id = named.account_id AND twice.uid = named.uid
    ORDER BY named.account_id, named.uid, named.id
"""
