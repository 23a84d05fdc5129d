"""The databases and servers of the storms. Most storms share one server, and each has its own shop."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.storms.house import House, Server, Shop, World, answering, serving, temporary_house

SHOPS = 24


@pytest.fixture(scope="session")
def _world() -> Iterator[World]:
    with answering() as world:
        yield world


@pytest.fixture(scope="session")
def _template(
    migrated_database: str, _world: World, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[House, list[Shop]]]:
    """A database with unused shops. To create it takes seconds; to copy it takes no time."""
    with temporary_house(tmp_path_factory.mktemp("storm-template"), world=_world, like=migrated_database) as house:
        yield house, house.make_shops(SHOPS)


@pytest.fixture(scope="session")
def house(
    _template: tuple[House, list[Shop]], _world: World, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """The database that the storms share."""
    with temporary_house(tmp_path_factory.mktemp("storms"), world=_world, like=_template[0].copied_from) as house:
        yield house
        # The server and every other process on it have ended by now, so the count is complete.
        assert house.deadlocks() == 0


@pytest.fixture(scope="session")
def _shops(_template: tuple[House, list[Shop]]) -> Iterator[Shop]:
    return iter(_template[1])


@pytest.fixture
def shop(_shops: Iterator[Shop]) -> Shop:
    """An unused shop."""
    return next(_shops)


@pytest.fixture(scope="session")
def _running(house: House) -> Iterator[Server]:
    with serving(house) as server:
        yield server


@pytest.fixture
def server(_running: Server) -> Iterator[Server]:
    """The server of the shared database. Fails the test if its log has a complaint."""
    complaints_before = len(_running.complaints())
    yield _running
    assert _running.complaints()[complaints_before:] == []


@pytest.fixture
def own_house(_template: tuple[House, list[Shop]], _world: World, tmp_path: Path) -> Iterator[House]:
    """A database of its own for one test, which may break it."""
    with temporary_house(tmp_path, world=_world, like=_template[0].copied_from) as house:
        yield house
