"""The settings of SQLite and PostgreSQL. For PostgreSQL, options in DATABASE_URL override the options here."""

import os
from typing import Any, Final

import environ

SQLITE_SECONDS: Final = 20
SQLITE_KEPT_SECONDS: Final = 60
"""How long a thread keeps its connection to an SQLite file."""

UNACKNOWLEDGED_MILLISECONDS: Final = 10_000
"""The time after which a connection to a server that has disappeared ends. TCP alone would wait fifteen minutes."""

WORDS: Final = {"none": None, "off": None, "true": True, "on": True, "false": False}
"""The values of options that django-environ leaves as text. psycopg would read any text as true, or fail."""
WORDED: Final = ("prepare_threshold", "server_side_binding")


def database_settings(told: dict[str, Any], env: environ.Env) -> dict[str, Any]:
    """Returns Django's settings for the database in DATABASE_URL."""
    if told["ENGINE"] == "django.db.backends.sqlite3":
        return _sqlite(told)
    return _postgresql(told, env)


def _sqlite(told: dict[str, Any]) -> dict[str, Any]:
    """Returns the settings for SQLite, which were chosen by measurement (docs/decisions/0006-locks-and-databases.md)."""
    if os.name == "posix":
        # pytest-django renames the test database of each parallel worker, which makes it a file. It leaves a database
        # in memory alone only if the engine has Django's own name, or if TEST says `:memory:`.
        told |= {"ENGINE": "cashdesk.sqlite", "TEST": {"NAME": ":memory:"}}
        # To open the file and read its schema takes several times as long as a payment. The engine notices a file that
        # was replaced.
        told = {"CONN_MAX_AGE": SQLITE_KEPT_SECONDS, "CONN_HEALTH_CHECKS": True} | told
    told["OPTIONS"] = {
        # SQLite's default, deferred transactions, fails with "database is locked" if there are many writers.
        "transaction_mode": "IMMEDIATE",
        "timeout": SQLITE_SECONDS,
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
            # Without this, INSERT OR REPLACE deletes a row and skips the triggers that refuse deletion.
            "PRAGMA recursive_triggers=ON;"
        ),
    }
    return told


def _postgresql(told: dict[str, Any], env: environ.Env) -> dict[str, Any]:
    """Returns the settings for PostgreSQL, with a pool of connections (docs/decisions/0018-outages.md)."""
    pool_size = env.int("DATABASE_POOL_SIZE", default=16)
    is_pooled_per_transaction = env.bool("DATABASE_TRANSACTION_POOLING", default=False)
    options = {
        # Statements are prepared only if both of these options are set; Django gives no warning. If a pooler gives each
        # transaction another server connection, prepared statements get lost. So with such a pooler nothing is
        # prepared.
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
        # After `reconnect_timeout` seconds the pool stops its attempts to connect. The next request makes it try again.
        options["pool"] = {"min_size": 1, "max_size": pool_size, "reconnect_timeout": 2}
    return {
        # Django's check costs a round trip per request; cashdesk/postgresql checks the pool's connections itself.
        "CONN_HEALTH_CHECKS": not pool_size,
        # With a pooler per transaction, the next statement may use another server connection, which does not know the
        # cursor.
        "DISABLE_SERVER_SIDE_CURSORS": is_pooled_per_transaction,
        **told,
        "ENGINE": "cashdesk.postgresql" if told["ENGINE"] == "django.db.backends.postgresql" else told["ENGINE"],
        "CONN_MAX_AGE": 0 if pool_size else 60,
        "POOL_PATIENCE": env.int("DATABASE_POOL_TIMEOUT", default=3),
        "OPTIONS": options,
    }
