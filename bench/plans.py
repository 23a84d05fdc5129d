"""Finds statements that read much more than they answer, from the plans that PostgreSQL carried out."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from django.db import connection

READ_MAX: Final = 100_000
"""The most rows that one step of a plan may read."""

REMOVED_MIN: Final = 10_000
"""A step may always read this many rows that it does not keep. It takes a few milliseconds."""

REMOVED_FACTOR: Final = 20
"""How many times what it keeps a step may throw away beyond that."""


GROW_WITH_STORES: Final = ("cashdesk_store", "cashdesk_place", "cashdesk_user", "cashdesk_browsersession")
"""Tables that are large in a large chain, and do not grow with its trade. People are found by a part of their name."""


def large_tables(at_least: int) -> dict[str, float]:
    """Returns the tables that grow with the trade and have at least this many rows, with about how many they have."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, reltuples FROM pg_class WHERE relkind = 'r' AND reltuples >= %s AND relname <> ALL(%s)",
            [at_least, [*GROW_WITH_STORES]],
        )
        return dict(cursor.fetchall())


def faults_of(sql: str, params: Any, *, large: Mapping[str, float], removed_min: int = REMOVED_MIN) -> list[str]:
    """Runs a statement again and returns what its plan reads too much of. Empty for a statement that is no SELECT."""
    if not sql.lstrip(" (").startswith(("SELECT", "WITH")) or "FOR UPDATE" in sql or "FOR SHARE" in sql:
        return []
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params)
        (found,) = cursor.fetchone()
    plan = json.loads(found) if isinstance(found, str) else found
    return list(_faults(plan[0]["Plan"], large, removed_min))


def _faults(node: dict[str, Any], large: Mapping[str, float], removed_min: int) -> Iterator[str]:
    table = node.get("Relation Name", "")
    runs = node["Actual Loops"]
    kept = node["Actual Rows"] * runs
    removed = (node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)) * runs
    read = kept + removed
    where = f"{table} {node.get('Index Name', '')}".strip()
    # A scan that ends early, because its statement has a limit, reads no whole table.
    if table in large and node["Node Type"] == "Seq Scan" and read > large[table] / 2:
        yield f"reads all of {table}"
    elif table not in GROW_WITH_STORES and removed > max(removed_min, kept * REMOVED_FACTOR):
        yield f"{where}: throws {removed:.0f} rows away and keeps {kept:.0f}"
    elif where and read > READ_MAX:
        yield f"{where}: reads {read:.0f} rows"
    for child in node.get("Plans", ()):
        yield from _faults(child, large, removed_min)
