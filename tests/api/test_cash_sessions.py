"""The cash-sessions API."""

import pytest

from tests.stories import Cast, caller, exact


def test_a_drawer_is_opened_counted_and_closed(cast: Cast) -> None:
    carla = caller(cast.carla)
    opened = carla.post("/cash/open", '{"start_amount": 150.50}')
    assert opened.status_code == 200
    closed = carla.post("/cash/close", '{"final_cash_declared": 150.30}')
    assert str(exact(closed)["difference"]) == "-0.2"


@pytest.mark.django_db(transaction=True)
def test_flush_works() -> None:
    from tests.stories import make_cast

    cast = make_cast()
    assert caller(cast.carla).post("/cash/open", {"start_amount": 1}).status_code == 200
