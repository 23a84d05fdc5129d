"""The health checks: the process lives, and it can do its work."""

from collections.abc import Iterator

import pytest
from django.db import connection, connections
from django.http import HttpResponse
from django.test import Client

from cashdesk import triggers
from tests import roles
from tests.stories import counted_queries
from tests.web.side_by_side import begun


def test_it_lives_without_asking_the_database() -> None:
    answer = Client().get("/livez")  # without the db fixture: a query would fail here
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_it_is_ready() -> None:
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    assert set(answer.json()["checks"].values()) == {True}


@pytest.mark.django_db
@pytest.mark.parametrize("place", [0, -1])
def test_it_is_not_ready_while_the_ledger_is_unprotected(place: int) -> None:
    name = sorted(triggers.installed(connection))[place]
    with roles.owning(connection), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT tgrelid::regclass FROM pg_trigger WHERE tgname = %s", [name])
            (table,) = cursor.fetchone()
            cursor.execute(f'DROP TRIGGER "{name}" ON {table}')
        else:
            cursor.execute(f'DROP TRIGGER "{name}"')
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"] == {"database": True, "migrations": True, "triggers": False, "writable": True}


@pytest.mark.django_db
def test_it_is_not_ready_while_a_trigger_is_switched_off() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite cannot switch a trigger off")
    with roles.owning(connection), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE cashdesk_movement DISABLE TRIGGER USER")
    assert Client().get("/readyz").status_code == 503


@pytest.mark.django_db
def test_it_is_not_ready_before_it_is_migrated() -> None:
    with roles.owning(connection), connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE id = (SELECT MAX(id) FROM django_migrations)")
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()["checks"]["migrations"]) == (503, False)


@pytest.fixture
def no_database(transactional_db: None) -> Iterator[None]:
    """Makes new connections fail, such as the connection of a thread."""
    settings = connections.settings["default"]
    before = {**settings, "OPTIONS": dict(settings["OPTIONS"])}
    settings["OPTIONS"].pop("pool", None)
    settings |= (
        {"NAME": "/nowhere/at/all.sqlite3"} if connection.vendor == "sqlite" else {"HOST": "127.0.0.1", "PORT": "9"}
    )
    yield
    settings |= before


def test_it_lives_and_is_not_ready_without_a_database(no_database: None) -> None:
    def asked() -> tuple[HttpResponse, HttpResponse, HttpResponse]:
        client = Client(raise_request_exception=False)
        return (
            client.get("/livez"),
            client.get("/readyz"),
            client.get("/api/v1/cash/status", headers={"authorization": "Bearer x"}),
        )

    alive, ready, api = begun(asked).result(timeout=60)
    assert (alive.status_code, ready.status_code) == (200, 503)
    assert ready.json()["checks"] == {"database": False, "migrations": False, "triggers": False, "writable": False}
    assert (api.status_code, set(api.json()), api.headers["Retry-After"]) == (503, {"detail"}, "1")


@pytest.mark.django_db
def test_health_tells_no_secrets_and_takes_no_orders() -> None:
    for path in ("/livez", "/readyz"):
        assert Client().post(path).status_code == 405
        assert Client().head(path).status_code == 200
        assert Client().get(path).headers.get("Cache-Control", "").find("no-store") >= 0


@pytest.mark.django_db
def test_ready_is_cheap() -> None:
    Client().get("/readyz")
    with counted_queries() as queries:
        Client().get("/readyz")
    # One of them is the write that finds no row, with the lock timeout around it.
    assert len(queries) <= 9
