"""What the tests of the back office of settlements share."""

import pytest

from tests.settlements.admin.periods import REGISTERS, Periods, settle
from tests.stories import Cast, make_cast


@pytest.fixture
def cast(db: None) -> Cast:
    """The cast, in a shop with a register for every state."""
    return make_cast(registers=REGISTERS)


@pytest.fixture
def periods(cast: Cast) -> Periods:
    """The shop's day."""
    return settle(cast.store, cast.erika, cast.carla)
