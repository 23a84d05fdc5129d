"""Fixtures for the tests of the back office."""

import pytest

from cashdesk.models import User
from tests.admin.back_office import Traces, make_operator, trade_a_day
from tests.stories import Cast


@pytest.fixture
def traces(cast: Cast) -> Traces:
    """The rows of a day of Carla."""
    return trade_a_day(cast.store, cast.carla)


@pytest.fixture
def operator(db: None) -> User:
    """An operator of the installation."""
    return make_operator()
