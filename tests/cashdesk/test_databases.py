"""Django's database settings from DATABASE_URL and related variables."""

import sqlite3
from pathlib import Path
from typing import Any

import environ
import pytest
from django.db import ConnectionHandler

from config.databases import database_settings

URL = "postgres://cashdesk:pw@db.example.com:6432/cashdesk"


def told(url: str = URL, **variables: str) -> dict[str, Any]:
    env = environ.Env()
    env.ENVIRON = {"DATABASE_URL": url, **variables}
    return database_settings(env.db_url("DATABASE_URL"), env)


def test_statements_are_prepared_and_a_pool_looks_at_its_connections_itself() -> None:
    settings = told()
    assert settings["OPTIONS"]["prepare_threshold"] == 1
    assert settings["OPTIONS"]["server_side_binding"] is True
    assert (settings["CONN_HEALTH_CHECKS"], settings["DISABLE_SERVER_SIDE_CURSORS"]) == (False, False)
    assert told(DATABASE_POOL_SIZE="0")["CONN_HEALTH_CHECKS"] is True
    assert (settings["OPTIONS"]["connect_timeout"], settings["POOL_PATIENCE"]) == (3, 3)


def test_behind_a_pooler_of_transactions_nothing_outlives_one() -> None:
    settings = told(DATABASE_TRANSACTION_POOLING="true")
    assert (settings["OPTIONS"]["prepare_threshold"], settings["DISABLE_SERVER_SIDE_CURSORS"]) == (None, True)


@pytest.mark.parametrize(
    ("query", "name", "value"),
    [
        ("prepare_threshold=none", "prepare_threshold", None),
        ("prepare_threshold=None", "prepare_threshold", None),
        ("prepare_threshold=5", "prepare_threshold", 5),
        ("server_side_binding=false", "server_side_binding", False),
        ("server_side_binding=true", "server_side_binding", True),
        ("connect_timeout=7", "connect_timeout", 7),
        ("tcp_user_timeout=99", "tcp_user_timeout", 99),
        ("sslmode=verify-full", "sslmode", "verify-full"),
    ],
)
@pytest.mark.parametrize("pooling", ["true", "false"])
def test_an_option_of_the_url_wins(query: str, name: str, value: object, pooling: str) -> None:
    settings = told(f"{URL}?{query}", DATABASE_TRANSACTION_POOLING=pooling, DATABASE_CONNECT_TIMEOUT="4")
    assert settings["OPTIONS"][name] == value
    assert type(settings["OPTIONS"][name]) is type(value)


def test_a_setting_of_django_in_the_url_wins() -> None:
    settings = told(f"{URL}?disable_server_side_cursors=True&conn_health_checks=False")
    assert (settings["CONN_HEALTH_CHECKS"], settings["DISABLE_SERVER_SIDE_CURSORS"]) == (False, True)


def test_timeouts_and_pool_are_settings() -> None:
    settings = told(DATABASE_CONNECT_TIMEOUT="9", DATABASE_POOL_TIMEOUT="8", DATABASE_POOL_SIZE="0")
    assert (settings["OPTIONS"]["connect_timeout"], settings["POOL_PATIENCE"]) == (9, 8)
    assert ("pool" in settings["OPTIONS"], settings["CONN_MAX_AGE"]) == (False, 60)


def test_sqlite_keeps_its_connection_and_notices_another_file(tmp_path: Path, django_db_blocker: Any) -> None:
    file, backup = tmp_path / "books.sqlite3", tmp_path / "backup.sqlite3"
    settings = told(f"sqlite:///{file}")
    assert (settings["CONN_MAX_AGE"], settings["CONN_HEALTH_CHECKS"]) == (60, True)
    connection = ConnectionHandler({"default": settings})["default"]

    def tables() -> list[str]:
        # As Django begins and ends each request.
        connection.close_if_unusable_or_obsolete()
        with connection.cursor() as cursor:
            return connection.introspection.table_names(cursor)

    for name, path in (("old", file), ("new", backup)):
        with sqlite3.connect(path) as made:
            made.execute(f"CREATE TABLE {name} (id)")
        made.close()
    with django_db_blocker.unblock():  # for a database of its own
        assert tables() == ["old"]
        kept = connection.connection
        assert (tables(), connection.connection) == (["old"], kept)
        backup.replace(file)
        assert tables() == ["new"]
        connection.close()
