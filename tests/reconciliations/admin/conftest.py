"""Fixtures for the back-office tests of reconciliations."""

import pytest

from tests.reconciliations.admin.declared import Declared, declare_a_day
from tests.stories import Cast


@pytest.fixture
def declared(cast: Cast) -> Declared:
    """A business day of the shop that Erika declared and Anna authorized."""
    return declare_a_day(cast.store, cast.carla, cast.erika, cast.anna)
