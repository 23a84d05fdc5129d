"""Fixtures for the tests of settlements."""

import pytest

from tests.settlements.desk import Shop
from tests.stories import Cast


@pytest.fixture
def shop(cast: Cast) -> Shop:
    """Store 1337 with a clock that moves."""
    return Shop(cast=cast)
