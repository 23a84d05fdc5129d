"""A real browser for the running product. It fails a test if a page has a complaint."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import override_settings
from playwright.sync_api import Browser

from tests.browser.chromium import NoBrowser, running_chromium
from tests.browser.emptying import only_filled_tables_are_emptied
from tests.browser.screen import Screen
from tests.browser.slow import slowed
from tests.stories import Cast

SCREENSHOTS = Path(__file__).resolve().parents[2] / "test-results"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Starts the installed browser."""
    try:
        with running_chromium() as browser:
            yield browser
    except NoBrowser as missing:
        if os.environ.get("CI"):
            pytest.fail(str(missing))
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keeps SQLite in a file. In memory, the test and the server threads would share one connection and its
    transactions. No commit waits for the disk, as on the PostgreSQL of tests/with_postgres.py.
    """
    if connection.vendor == "sqlite":
        told = connection.settings_dict
        told["TEST"]["NAME"] = str(tmp_path_factory.mktemp("browser") / "cashdesk.sqlite3")
        told["OPTIONS"]["init_command"] += " PRAGMA synchronous=OFF;"


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """Lets PostgreSQL empty only the tables that have rows."""
    if connection.vendor != "postgresql":
        yield
        return
    with only_filled_tables_are_emptied(connection):
        yield


@pytest.fixture(autouse=True, scope="session")
def _answers_come_late_where_asked_for() -> Iterator[None]:
    with override_settings(MIDDLEWARE=slowed(settings.MIDDLEWARE)):
        yield


@pytest.fixture
def cast(live_server: Any) -> Cast:
    """The cast, in a database that the server sees too."""
    from tests.stories import make_cast

    return make_cast()


@pytest.fixture
def screen(chromium: Browser, live_server: Any, request: pytest.FixtureRequest) -> Iterator[Screen]:
    """A desktop screen. A test can choose another: `@pytest.mark.parametrize("screen", [{"width": 360}],
    indirect=True)`.

    After the test, there must be no complaints. A failed test leaves a picture.
    """
    screen = Screen(chromium, origin=live_server.url, **getattr(request, "param", {}))
    failed_before = request.session.testsfailed
    yield screen
    if request.session.testsfailed > failed_before:
        SCREENSHOTS.mkdir(exist_ok=True)
        screen.page.screenshot(path=SCREENSHOTS / f"{request.node.name}.png", full_page=True)
    screen.quiet()
    screen.close()
    assert screen.complaints == []
