"""Fixtures for all tests."""

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Any

import pytest
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client, TransactionTestCase, override_settings
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from cashdesk import triggers
from cashdesk.money import AMOUNT_MAX
from tests import roles
from tests.database_template import EmptyDatabase, Template
from tests.described import comparison, fault_of
from tests.module_world import ModuleWorld, around_the_module
from tests.stories import Cast, make_cast

# A busy machine once took two seconds over one draw. How long a draw takes is not what these tests prove. CI draws the same
# examples in each run: a new one would hold up a change that has nothing to do with it. A developer's runs draw new ones.
hypothesis_settings.register_profile(
    "busy-machine",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=bool(os.environ.get("CI")),
)
hypothesis_settings.load_profile("busy-machine")


def pytest_collection_finish() -> None:
    """Collects garbage rarely from now on. Otherwise collections would take a quarter of the suite's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def _with_room_for_frames(function: Callable[..., Any], *arguments: Any) -> Any:
    return function(*arguments)


# CPython keeps the frames of functions in pieces of 16 KB, and gives a piece back as soon as it is empty. A loop that calls
# functions at the end of a piece asks the system for memory in each round. A request through pytest, middleware, views and
# templates is deep enough for two such ends. This frame is so large that one piece of a megabyte holds all calls above it.
_with_room_for_frames.__code__ = _with_room_for_frames.__code__.replace(co_stacksize=65_000)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> Any:
    """Runs a test as pytest does, with room for deep calls. Otherwise a quarter of a request's time goes into memory."""
    runner: Any = item.config.pluginmanager.get_plugin("runner")
    return _with_room_for_frames(runner.pytest_runtest_protocol, item, nextitem)


@pytest.fixture(autouse=True, scope="session")
def _fast_passwords() -> Iterator[None]:
    """The real hasher is slow on purpose; tests/web/test_sign_in.py tests with it."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture(scope="session")
def _owner_migrates(django_db_modify_db_settings: None, django_db_blocker: Any) -> None:
    with django_db_blocker.unblock():
        roles.begin_as_owner()


@pytest.fixture(scope="session")
def database_template(pytestconfig: pytest.Config) -> Template:
    """The migrated, empty database of this source (tests/database_template.py)."""
    return Template(pytestconfig.cache.mkdir("databases"))


@pytest.fixture(scope="session")
def migrated_database(database_template: Template, django_db_blocker: Any) -> str:
    """The file or the name of a migrated database, for tests that copy it. Empty if no test has made the template yet."""
    with django_db_blocker.unblock():
        return database_template.to_copy()


@pytest.fixture(scope="session")
def _copied(_owner_migrates: None, database_template: Template, django_db_blocker: Any) -> Iterator[ExitStack]:
    with ExitStack() as stack, django_db_blocker.unblock():
        stack.enter_context(database_template.used_or_made())
        yield stack


@pytest.fixture(scope="session")
def django_db_setup(_copied: ExitStack, django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The owner makes the test database and migrates it; everything after that is the application (tests/roles.py)."""
    connection = connections["default"]
    with ExitStack() as stack:
        with django_db_blocker.unblock():
            _copied.close()
            roles.hand_to_application()
            # In memory, the connections of all threads share their locks, and a copy would wait for them for ever.
            is_file = connection.vendor == "sqlite" and not connection.is_in_memory_db()
            stack.enter_context((_committed_rows_are_overwritten if is_file else _flush_lifts_the_triggers)(connection))
        yield


@pytest.fixture(autouse=True, scope="session")
def _static_files_are_found_when_asked_for() -> Iterator[None]:
    """Finds static files when asked for them. Otherwise each client would search for all of them before its first request."""
    with override_settings(WHITENOISE_AUTOREFRESH=True):
        yield


@pytest.fixture(autouse=True, scope="session")
def _answers_are_as_described() -> Iterator[None]:
    """Compares each answer of an API that a test asks for with the published description."""
    ask = Client.request

    def asked(client: Client, **request: Any) -> Any:
        response = ask(client, **request)
        sent = response.wsgi_request
        if not comparison.is_on:
            return response
        assert (fault := fault_of(sent.method, sent.path_info, response)) == "", fault
        return response

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Client, "request", asked)
        yield


@pytest.fixture
def answers_are_made_up() -> Iterator[None]:
    """Lets a test read rows that no domain function wrote, with answers that are not as described."""
    comparison.is_on = False
    yield
    comparison.is_on = True


@pytest.fixture
def any_amount(settings: Any) -> None:
    """Removes the limit on typed amounts, for tests of the books with the largest figures."""
    settings.AMOUNT_MAX_NOTES = settings.AMOUNT_MAX_UNITS = AMOUNT_MAX


@pytest.fixture
def cast(db: None) -> Cast:
    """Store 1337 with Carla, Bruno, Erika and Anna, and Otto of another account."""
    return make_cast()


@pytest.fixture(scope="module")
def module_world(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any
) -> Iterator[ModuleWorld]:
    """Makes rows that all tests of the module share (tests/module_world.py)."""
    with around_the_module(request.node, request.session.items, django_db_blocker) as world:
        yield world


@contextmanager
def _triggers_removed(connection: BaseDatabaseWrapper) -> Iterator[None]:
    triggers.remove(connection)
    try:
        yield
    finally:
        triggers.install(connection)


@contextmanager
def _triggers_disabled(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Two statements instead of one for each of 100 triggers, twice. SQLite cannot disable a trigger."""
    tables = sorted(triggers.guarded_tables())
    raw = connection.connection
    raw.execute("; ".join(f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in tables), prepare=False)
    try:
        yield
    finally:
        raw.execute("; ".join(f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in tables), prepare=False)


@contextmanager
def _flush_lifts_the_triggers(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """A test that commits is cleaned up by a flush, which the append-only triggers rightly refuse: lifted for it alone."""
    flush = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]

    def lifted(case: TransactionTestCase) -> None:
        with roles.owning(connection):
            lifts = _triggers_disabled if connection.vendor == "postgresql" else _triggers_removed
            with lifts(connection):
                flush(case)
            triggers.install(connection)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lifted)
        yield


@contextmanager
def _committed_rows_are_overwritten(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """A test that commits is cleaned up by a copy of the empty database."""
    with closing(EmptyDatabase(connection)) as empty, pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _case: empty.put_back())
        yield
