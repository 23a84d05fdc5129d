"""Fixtures for the back-office tests of settlements."""

import pytest

from tests.settlements.admin.periods import REGISTERS, Periods, settle
from tests.stories import Cast, make_cast


@pytest.fixture
def cast(db: None) -> Cast:
    """The cast, in a shop with a register for every state of a settlement."""
    return make_cast(registers=REGISTERS)


@pytest.fixture
def periods(cast: Cast) -> Periods:
    """The settlements of a day in that shop."""
    return settle(cast.store, cast.erika, cast.carla)
