"""Fixtures for the back-office tests of settlements."""

from copy import deepcopy

import pytest

from tests.module_world import ModuleWorld
from tests.settlements.admin.periods import REGISTERS, Periods, settle
from tests.stories import Cast, make_cast

Settled = tuple[Cast, Periods]


@pytest.fixture(scope="module")
def _settled_once(module_world: ModuleWorld) -> Settled:
    return module_world.make(settled_cast)


def settled_cast() -> Settled:
    """Creates the cast in a shop with a register for every state of a settlement, and lets it work for a day."""
    cast = make_cast(registers=REGISTERS)
    return cast, settle(cast.store, cast.erika, cast.carla)


@pytest.fixture
def _settled(db: None, _settled_once: Settled) -> Settled:
    return deepcopy(_settled_once)


@pytest.fixture
def cast(_settled: Settled) -> Cast:
    """The cast, in a shop with a register for every state of a settlement."""
    return _settled[0]


@pytest.fixture
def periods(_settled: Settled) -> Periods:
    """The settlements of a day in that shop."""
    return _settled[1]
