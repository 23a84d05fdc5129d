"""`manage.py demo` creates one world, even if two processes run it at once."""

import threading
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from cashdesk.domain.store.organisation import create_account
from cashdesk.management.commands import demo
from cashdesk.models import Account
from tests.web.side_by_side import at_once, database_for_threads


@pytest.mark.django_db(transaction=True)
def test_two_commands_at_once_make_one_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    both_have_looked = threading.Barrier(2)
    looked: set[int] = set()
    made: list[Any] = []

    def make_world(*, at: Any) -> None:
        made.append(at)
        create_account(name=demo.ACCOUNT_NAME)

    def world_exists() -> bool:
        exists = Account.objects.filter(name=demo.ACCOUNT_NAME).exists()
        if threading.get_ident() not in looked:
            looked.add(threading.get_ident())
            both_have_looked.wait(timeout=30)
        return exists

    monkeypatch.setattr(demo, "make_world", make_world)
    monkeypatch.setattr(demo, "_world_exists", world_exists)
    monkeypatch.setattr(demo, "describe", lambda **_named: {})
    with database_for_threads(tmp_path):
        at_once([lambda: call_command("demo", "--json", stdout=StringIO())] * 2)
        assert (len(made), Account.objects.filter(name=demo.ACCOUNT_NAME).count()) == (1, 1)
