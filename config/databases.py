"""How each database is set up. Options in DATABASE_URL win over all that is said here."""

import os
from typing import Any, Final

import environ

SQLITE_SECONDS: Final = 20
UNACKNOWLEDGED_MILLISECONDS: Final = 10_000
"""A connection whose other end vanished without a word is given up after this time, not after TCP's quarter of an hour."""

WORDS: Final = {"none": None, "off": None, "true": True, "on": True, "false": False}
"""django-environ leaves these as text; psycopg would take any text for true, or fail on it."""
WORDED: Final = ("prepare_threshold", "server_side_binding")


def database_settings(told: dict[str, Any], env: environ.Env) -> dict[str, Any]:
    """Returns Django's settings for the database that DATABASE_URL names."""
    if told["ENGINE"] == "django.db.backends.sqlite3":
        return _sqlite(told)
    return _postgresql(told, env)


def _sqlite(told: dict[str, Any]) -> dict[str, Any]:
    """As measured in docs/decisions/0006-locks-and-databases.md."""
    if os.name == "posix":
        # TEST is said outright: the test runner knows by Django's own name alone that SQLite is tested in memory.
        told |= {"ENGINE": "cashdesk.sqlite", "TEST": {"NAME": ":memory:"}}
    told["OPTIONS"] = {
        # Deferred transactions, SQLite's default, answer "database is locked" under a storm of writers.
        "transaction_mode": "IMMEDIATE",
        "timeout": SQLITE_SECONDS,
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
            # Without it INSERT OR REPLACE deletes a row past the triggers that refuse deletion.
            "PRAGMA recursive_triggers=ON;"
        ),
    }
    return told


def _postgresql(told: dict[str, Any], env: environ.Env) -> dict[str, Any]:
    """With a pool of connections that are looked at before they serve a request (docs/decisions/0018-outages.md)."""
    pool_size = env.int("DATABASE_POOL_SIZE", default=16)
    is_pooled_per_transaction = env.bool("DATABASE_TRANSACTION_POOLING", default=False)
    options = {
        # Without both of these Django's backend silently never prepares a statement. A pooler that gives each transaction
        # another server connection does not find statements that were prepared on the one before.
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
        # A pool that gave up connecting tries again when the next request asks.
        options["pool"] = {"min_size": 1, "max_size": pool_size, "reconnect_timeout": 2}
    return {
        # Django's check costs a round trip per request; cashdesk/postgresql looks at the connections of its pool itself.
        "CONN_HEALTH_CHECKS": not pool_size,
        # A cursor on the server outlives its transaction, and would be looked for on another server connection.
        "DISABLE_SERVER_SIDE_CURSORS": is_pooled_per_transaction,
        **told,
        "ENGINE": "cashdesk.postgresql" if told["ENGINE"] == "django.db.backends.postgresql" else told["ENGINE"],
        "CONN_MAX_AGE": 0 if pool_size else 60,
        "POOL_PATIENCE": env.int("DATABASE_POOL_TIMEOUT", default=3),
        "OPTIONS": options,
    }
