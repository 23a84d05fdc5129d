"""What the tests of the back office of reconciliations share."""

import pytest

from tests.reconciliations.admin.declared import Declared, declare_a_day
from tests.stories import Cast


@pytest.fixture
def declared(cast: Cast) -> Declared:
    """A day of the shop: Erika reports, Anna permits."""
    return declare_a_day(cast.store, cast.carla, cast.erika, cast.anna)
