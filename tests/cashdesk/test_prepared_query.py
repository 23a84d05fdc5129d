"""Prepared queries: the same rows as Django's own, with the values of each call."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.db.models import BigIntegerField, CharField, DateTimeField, QuerySet
from django.db.models.sql.compiler import SQLCompiler
from django.utils import timezone

from cashdesk.domain.people.access_token import TOKEN_OF_SECRET, issue_token, tokens
from cashdesk.domain.session.current import OPEN_SESSION_OF_PERSON
from cashdesk.domain.store.place import PLACES_OF_STORE
from cashdesk.enums import PlaceKind, Role
from cashdesk.models import AccessToken, BrowserSession, CashSession, Place, User
from cashdesk.prepared_query import Parameter, PreparedQuery
from cashdesk.web.authentication import PERSON_OF_SESSION
from cashdesk.web.browser_sessions import SESSION_ALIVE
from tests.cashdesk.desk import open_drawer
from tests.stories import Cast, counted_queries, make_cast
from tests.web.side_by_side import database_for_threads

BY_ROLE = PreparedQuery(
    lambda: User.objects.select_related("store").filter(role=Parameter("role", CharField())).order_by("username")
)


def everything_of(rows: Any) -> list[Any]:
    """Returns all loaded values of rows, and of the rows that were loaded with them."""
    return [
        {
            name: everything_of(value.values()) if name == "fields_cache" else value
            for name, value in [*row.__dict__.items(), ("fields_cache", row._state.fields_cache)]
            if name != "_state"
        }
        for row in rows
        if row is not None
    ]


@pytest.mark.django_db
def test_each_call_gets_the_rows_of_its_own_values() -> None:
    cast = make_cast()
    managers, cashiers = (BY_ROLE.rows(role=role) for role in (Role.MANAGER, Role.CASHIER))
    assert [user.username for user in managers] == ["erika", "otto"]
    assert [user.username for user in cashiers] == ["bruno", "carla"]
    assert BY_ROLE.rows(role="nobody") == []
    assert BY_ROLE.first(role="nobody") is None
    with counted_queries() as asked:
        assert managers[0].store == cast.store
    assert len(asked) == 0


@pytest.mark.django_db
def test_rows_are_read_anew_in_each_call() -> None:
    cast = make_cast()
    assert len(BY_ROLE.rows(role=Role.MANAGER)) == 2
    User.objects.filter(pk=cast.erika.pk).update(role=Role.CASHIER)
    assert len(BY_ROLE.rows(role=Role.MANAGER)) == 1


def as_django_reads(cast: Cast) -> list[tuple[PreparedQuery[Any], dict[str, Any], "QuerySet[Any]"]]:
    """Returns each prepared query of the product, with values, and the same query as Django would build it."""
    at = timezone.now()
    register = open_drawer(cast.carla, 100_00).register
    for person in (cast.carla, cast.erika):
        issue_token(user=person, at=at, lifetime=timedelta(hours=1), store=cast.store, register=register)
    User.objects.filter(pk=cast.bruno.pk).update(register=register)
    browser = BrowserSession.objects.create(
        session_key="a" * 64, session_data="x", expire_date=at + timedelta(hours=1), last_seen_at=at, user=cast.carla
    )
    digests = AccessToken.objects.values_list("digest", flat=True)
    return [
        *((TOKEN_OF_SECRET, {"digest": digest}, tokens().filter(digest=digest)) for digest in digests),
        (PERSON_OF_SESSION, {"pk": cast.carla.pk}, User.objects.able_to_sign_in().filter(pk=cast.carla.pk)),
        (
            SESSION_ALIVE,
            {"digest": browser.pk, "at": at},
            BrowserSession.objects.filter(pk=browser.pk, expire_date__gt=at),
        ),
        (
            OPEN_SESSION_OF_PERSON,
            {"user": cast.carla.pk},
            CashSession.objects.select_related("register", "store", "user").filter(user=cast.carla, status="OPEN"),
        ),
        (
            PLACES_OF_STORE,
            {"store": cast.store.pk},
            Place.objects.filter(store=cast.store).exclude(kind=PlaceKind.REGISTER),
        ),
    ]


@pytest.mark.django_db
def test_every_prepared_query_reads_what_django_would_read() -> None:
    cast = make_cast()
    for prepared, values, rows in as_django_reads(cast):
        expected = everything_of(rows)
        assert expected
        assert everything_of(prepared.rows(**values)) == expected


@pytest.mark.django_db
def test_values_of_a_union_and_of_a_subquery_are_read_too() -> None:
    make_cast()
    role = Parameter("role", CharField())
    first = User.objects.filter(role=role).order_by("username").values("pk")[:1]
    names = PreparedQuery[Any](
        lambda: (
            User.objects.filter(pk__in=first)
            .values_list("username", "role")
            .order_by()
            .union(
                User.objects.filter(username=Parameter("name", CharField())).values_list("username", "role").order_by()
            )
            .order_by("username")
        )
    )
    assert names.rows(role=Role.MANAGER, name="carla") == [("carla", "cashier"), ("erika", "manager")]
    assert names.rows(role=Role.CASHIER, name="anna") == [("anna", "admin"), ("bruno", "cashier")]


@pytest.mark.django_db
def test_sql_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    make_cast()
    BY_ROLE.rows(role=Role.ADMIN)
    with monkeypatch.context() as patch:
        patch.delattr(SQLCompiler, "as_sql")
        assert len(BY_ROLE.rows(role=Role.MANAGER)) == 2


@pytest.mark.parametrize("query", [User.objects.select_for_update, lambda: User.objects.prefetch_related("store")])
def test_a_query_that_locks_or_prefetches_is_refused(query: Callable[[], "QuerySet[User]"]) -> None:
    with pytest.raises(TypeError):
        PreparedQuery(query).rows()


@pytest.mark.django_db
def test_a_missing_value_is_an_error_and_reads_nothing() -> None:
    prepared = PreparedQuery(
        lambda: BrowserSession.objects.filter(
            user=Parameter("user", BigIntegerField()), expire_date__gt=Parameter("at", DateTimeField())
        )
    )
    with counted_queries() as asked, pytest.raises(KeyError):
        prepared.rows(user=1)
    assert len(asked) == 0


def test_threads_do_not_mix_their_values(transactional_db: None, tmp_path: Path) -> None:
    with database_for_threads(tmp_path):
        make_cast()

        def names(role: str) -> list[list[str]]:
            try:
                return [[user.username for user in BY_ROLE.rows(role=role)] for _call in range(50)]
            finally:
                connections.close_all()

        roles = [Role.MANAGER, Role.CASHIER, Role.ADMIN] * 2
        with ThreadPoolExecutor(len(roles)) as pool:
            found = [future.result(60) for future in [pool.submit(partial(names, role)) for role in roles]]
    assert found == [[[*expected]] * 50 for expected in (["erika", "otto"], ["bruno", "carla"], ["anna"])] * 2
