"""A world that the tests of one module share: made once, in a transaction around all of them.

A fixture of the module makes the rows, and a fixture of the test hands out a copy of the objects:

    @pytest.fixture(scope="module")
    def _shop(module_world: ModuleWorld) -> Shop:
        return module_world.make(lambda: build_shop(make_cast()))

    @pytest.fixture
    def shop(db: None, _shop: Shop) -> Shop:
        return deepcopy(_shop)

Each test runs in a savepoint of that transaction, so it sees the shared rows and takes back its own. All tests of the
module see the rows, also those that do not ask for them.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import pytest
from django.db import transaction

Made = TypeVar("Made")


class ModuleWorld:
    """Makes what the fixtures of one module share."""

    def __init__(self, blocker: Any) -> None:
        self._blocker = blocker

    def make(self, make: Callable[[], Made]) -> Made:
        """Returns what `make` returns, and lets it use the database, which pytest-django refuses outside of a test."""
        with self._blocker.unblock():
            return make()


@contextmanager
def around_the_module(module: pytest.Module, items: list[pytest.Item], blocker: Any) -> Iterator[ModuleWorld]:
    """Opens the transaction and rolls it back at the end. Raises AssertionError if a test of the module commits."""
    committing = [item.name for item in items if item.getparent(pytest.Module) is module and commits(item)]
    assert not committing, f"they would commit the world of their module: {committing}"
    with blocker.unblock():
        around = transaction.atomic()
        around.__enter__()
    yield ModuleWorld(blocker)
    with blocker.unblock():
        transaction.set_rollback(True)
        around.__exit__(None, None, None)


def commits(item: pytest.Item) -> bool:
    """Tells whether a test runs without a transaction of its own, and is cleaned up by a flush."""
    marker = item.get_closest_marker("django_db")
    fixtures = getattr(item, "fixturenames", ())
    return bool(marker and marker.kwargs.get("transaction")) or not {"transactional_db", "live_server"}.isdisjoint(
        fixtures
    )
