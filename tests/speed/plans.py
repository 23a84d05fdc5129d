"""How the database reads: the plans of statements, and the rows that they look at."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection

READS: Final = re.compile(r"\s*(SELECT|WITH)\b", re.IGNORECASE)
SMALL: Final = 200
"""A table of so many rows may be read as a whole: the database fetches a page or two."""

FEW: Final = frozenset({"cashdesk_store"})
"""Tables that SQLite may look through: it begins with the stores of a person, because they are few."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How one statement reads. `scanned` are the tables that it reads as a whole. SQLite counts no `rows_read`."""

    statement: str
    scanned: tuple[str, ...]
    rows_read: int
    text: str


def plan_of(statement: str) -> Plan | None:
    """Returns the plan of a statement, or None if it reads no rows. On PostgreSQL the statement runs once more."""
    if not READS.match(statement):
        return None
    # EXPLAIN cannot lock rows again in a transaction that is over.
    statement = re.sub(r" FOR (NO KEY UPDATE|UPDATE|SHARE|KEY SHARE)\b[^)]*$", "", statement)
    return _postgresql(statement) if connection.vendor == "postgresql" else _sqlite(statement)


def _postgresql(statement: str) -> Plan:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement.replace('%', '%%')}", [])
        (found,) = cursor.fetchone()
    root = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    scans = [node for node in _nodes(root) if "Scan" in node["Node Type"] and "Relation Name" in node]
    return Plan(
        statement=statement,
        scanned=tuple(
            # A table that is small enough may be read as often as another has rows. All of that is in `rows_read`.
            node["Relation Name"]
            for node in scans
            if node["Node Type"] == "Seq Scan" and _read(node) > SMALL * max(node["Actual Loops"], 1)
        ),
        rows_read=sum(map(_read, scans)),
        text="\n".join(_told(root, 0)),
    )


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for inner in node.get("Plans", ()):
        yield from _nodes(inner)


def _read(node: dict[str, Any]) -> int:
    """Returns how many rows a scan looked at, those that it threw away too."""
    thrown = sum(rows for name, rows in node.items() if name.startswith("Rows Removed by"))
    return int((node["Actual Rows"] + thrown) * node["Actual Loops"])


def _told(node: dict[str, Any], depth: int) -> Iterator[str]:
    words = [node["Node Type"], node.get("Relation Name", ""), node.get("Index Name", "")]
    conditions = [node[name] for name in ("Index Cond", "Recheck Cond", "Filter") if name in node]
    yield "  " * depth + " ".join([*filter(None, words), f"read {_read(node)}", *map(str, conditions)])
    for inner in node.get("Plans", ()):
        yield from _told(inner, depth + 1)


def _sqlite(statement: str) -> Plan:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {statement.replace('%', '%%')}")
        lines = [str(row[-1]) for row in cursor.fetchall()]
    scanned = tuple(
        line.split()[1] for line in lines if re.match(r"SCAN (cashdesk|settlements|reconciliations)_\w+$", line)
    )
    scanned = tuple(table for table in scanned if table not in FEW)
    return Plan(statement=statement, scanned=scanned, rows_read=0, text="\n".join(lines))
