"""The house of the storms: one database and one server for all of them, and a shop of its own for each."""

from collections.abc import Iterator

import pytest

from tests.storms.house import House, Server, Shop, serving, temporary_house

SHOPS = 20


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with temporary_house(tmp_path_factory.mktemp("storms")) as house:
        yield house
        # The server and every other process on it have ended by now, so the count is complete.
        assert house.deadlocks() == 0


@pytest.fixture(scope="session")
def shops(house: House) -> Iterator[Shop]:
    return iter(house.make_shops(SHOPS))


@pytest.fixture
def shop(shops: Iterator[Shop]) -> Shop:
    return next(shops)


@pytest.fixture(scope="session")
def _running(house: House) -> Iterator[Server]:
    with serving(house) as server:
        yield server


@pytest.fixture
def server(_running: Server) -> Iterator[Server]:
    complaints_before = len(_running.complaints())
    yield _running
    assert _running.complaints()[complaints_before:] == []
