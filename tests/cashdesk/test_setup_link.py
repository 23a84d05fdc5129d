"""Setup links: who reaches an empty installation first cannot take it over without the server's link."""

import re
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from cashdesk.domain.people.access_token import digest_of
from cashdesk.domain.setup.setup_link import (
    ONE_START,
    WORKS_FOR,
    AlreadySetUp,
    issue_setup_link,
    issue_setup_link_of_start,
    works,
)
from cashdesk.models import SetupLink
from cashdesk.web.setup_address import log_setup_link, setup_address
from tests.cashdesk.desk import NOON
from tests.stories import Cast
from tests.web.real_server import serving
from tests.web.side_by_side import at_once, database_for_threads

pytestmark = pytest.mark.django_db


def test_a_link_is_random_stored_as_a_digest_and_expires() -> None:
    first, second = issue_setup_link(at=NOON), issue_setup_link(at=NOON)
    assert first != second
    assert len(first) > 40
    assert set(SetupLink.objects.values_list("digest", flat=True)) == {digest_of(first), digest_of(second)}
    for secret in (first, second):
        assert works(digest_of(secret), at=NOON + WORKS_FOR - timedelta(seconds=1))
        assert not works(digest_of(secret), at=NOON + WORKS_FOR)
        assert not works(secret, at=NOON)


def test_a_new_link_removes_those_that_expired() -> None:
    issue_setup_link(at=NOON)
    issue_setup_link(at=NOON + WORKS_FOR)
    assert SetupLink.objects.count() == 1


def test_nobody_gets_a_link_once_an_account_exists(cast: Cast) -> None:
    with pytest.raises(AlreadySetUp):
        issue_setup_link(at=NOON)
    assert issue_setup_link_of_start(at=NOON) == ""
    assert not SetupLink.objects.exists()


def test_one_start_of_the_server_prints_one_link() -> None:
    assert issue_setup_link_of_start(at=NOON)
    assert issue_setup_link_of_start(at=NOON + ONE_START / 2) == ""
    assert issue_setup_link_of_start(at=NOON + ONE_START)


@pytest.mark.django_db(transaction=True)
def test_workers_that_start_at_once_print_one_link(tmp_path: Path) -> None:
    with database_for_threads(tmp_path):
        printed = at_once([lambda: issue_setup_link_of_start(at=NOON)] * 4)
        assert len([secret for secret in printed if secret]) == 1
        assert SetupLink.objects.count() == 1


def test_the_address_is_on_this_machine_or_in_production_on_the_first_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "8123")
    assert setup_address("cs_x") == "http://127.0.0.1:8123/setup?token=cs_x"
    with override_settings(IS_PRODUCTION=True, ALLOWED_HOSTS=[".cash.example.com", "other.example.com"]):
        assert setup_address("cs_x") == "https://cash.example.com/setup?token=cs_x"


def test_the_command_prints_a_link_that_works(db: None) -> None:
    out = StringIO()
    call_command("setup_link", stdout=out)
    secret = re.search(r"http://127\.0\.0\.1:\d+/setup\?token=(\S+)", out.getvalue())
    assert secret is not None
    assert SetupLink.objects.filter(digest=digest_of(secret[1])).exists()
    assert "within 24 hours" in out.getvalue()


def test_the_command_refuses_where_an_account_exists(cast: Cast) -> None:
    with pytest.raises(CommandError, match="already set up"):
        call_command("setup_link", stdout=StringIO())


def test_a_server_that_finds_no_tables_starts_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SetupLink._meta, "db_table", "nowhere")
    log_setup_link()
    monkeypatch.undo()
    assert not SetupLink.objects.exists()


@pytest.fixture
def log_of_start(tmp_path: Path, transactional_db: None) -> Iterator[str]:
    """What a server writes while it starts on an empty installation."""
    with serving(tmp_path) as server:
        for _try in range(200):
            if "installation_is_empty" in server.log.read_text():
                break
            server.ask("GET", "/livez")
        yield server.log.read_text()


def test_the_server_writes_a_link_into_its_log(log_of_start: str) -> None:
    assert len(re.findall(r'"set_up_at": "http://[^"]+/setup\?token=cs_[^"]+"', log_of_start)) == 1
