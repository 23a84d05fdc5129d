"""Settings of each database. Options in DATABASE_URL override everything here."""

import os
from typing import Any, Final

import environ

SQLITE_SECONDS: Final = 20
UNACKNOWLEDGED_MILLISECONDS: Final = 10_000
"""A connection whose peer disappears is given up after this time, instead of TCP's fifteen minutes."""

WORDS: Final = {"none": None, "off": None, "true": True, "on": True, "false": False}
"""Values that django-environ leaves as text. psycopg would read any text as true, or fail."""
WORDED: Final = ("prepare_threshold", "server_side_binding")


def database_settings(told: dict[str, Any], env: environ.Env) -> dict[str, Any]:
    """Returns Django's settings for the database in DATABASE_URL."""
    if told["ENGINE"] == "django.db.backends.sqlite3":
        return _sqlite(told)
    return _postgresql(told, env)


def _sqlite(told: dict[str, Any]) -> dict[str, Any]:
    """Settings chosen by measurement (docs/decisions/0006-locks-and-databases.md)."""
    if os.name == "posix":
        # TEST is explicit, because Django's test runner tests in memory only if the engine has Django's own name.
        told |= {"ENGINE": "cashdesk.sqlite", "TEST": {"NAME": ":memory:"}}
    told["OPTIONS"] = {
        # Deferred transactions, the default of SQLite, fail with "database is locked" under many writers.
        "transaction_mode": "IMMEDIATE",
        "timeout": SQLITE_SECONDS,
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
            # Without this, INSERT OR REPLACE deletes a row without the triggers that refuse deletion.
            "PRAGMA recursive_triggers=ON;"
        ),
    }
    return told


def _postgresql(told: dict[str, Any], env: environ.Env) -> dict[str, Any]:
    """Settings with a pool that checks its connections before a request uses them (docs/decisions/0018-outages.md)."""
    pool_size = env.int("DATABASE_POOL_SIZE", default=16)
    is_pooled_per_transaction = env.bool("DATABASE_TRANSACTION_POOLING", default=False)
    options = {
        # Without both of these Django never prepares statements, and does not say so. A pooler that gives each
        # transaction another server connection loses statements prepared on the previous one.
        "server_side_binding": True,
        "prepare_threshold": None if is_pooled_per_transaction else 1,
        "connect_timeout": env.int("DATABASE_CONNECT_TIMEOUT", default=3),
        "tcp_user_timeout": UNACKNOWLEDGED_MILLISECONDS,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 2,
        **told.get("OPTIONS", {}),
    }
    for name in WORDED:
        if isinstance(options[name], str):
            options[name] = WORDS.get(options[name].lower(), options[name])
    if pool_size:
        # After the pool has given up connecting, the next request makes it try again.
        options["pool"] = {"min_size": 1, "max_size": pool_size, "reconnect_timeout": 2}
    return {
        # Django's check costs a round trip per request; cashdesk/postgresql checks the pool's connections itself.
        "CONN_HEALTH_CHECKS": not pool_size,
        # A server-side cursor outlives its transaction, but the next statement may reach another server connection.
        "DISABLE_SERVER_SIDE_CURSORS": is_pooled_per_transaction,
        **told,
        "ENGINE": "cashdesk.postgresql" if told["ENGINE"] == "django.db.backends.postgresql" else told["ENGINE"],
        "CONN_MAX_AGE": 0 if pool_size else 60,
        "POOL_PATIENCE": env.int("DATABASE_POOL_TIMEOUT", default=3),
        "OPTIONS": options,
    }
