"""Fixtures for the tests of the API."""

from collections.abc import Callable
from copy import deepcopy

import pytest

from cashdesk.models import User
from tests.api.blind import FLOAT, SALES, Drawer
from tests.api.roads import OPENS, Road
from tests.api.steps import bound_key, opened, paid
from tests.module_world import ModuleWorld
from tests.stories import Caller, Cast, caller, exact, make_cast


@pytest.fixture
def cashier_of(cast: Cast) -> Callable[[Road], tuple[Caller, Road]]:
    """The client of Carla, with an open drawer if the path needs one."""

    def prepared(road: Road) -> tuple[Caller, Road]:
        carla = caller(cast.carla)
        if road.path not in OPENS:
            opened(carla, 10)
        cash = exact(carla.get("/payment-methods"))["data"][0]["uuid"]
        return carla, Road(
            path=road.path, body=road.body.replace("CASH-ID", cash), field=road.field, is_optional=road.is_optional
        )

    return prepared


@pytest.fixture(scope="module")
def _drawers(module_world: ModuleWorld) -> dict[str, Drawer]:
    return module_world.make(two_drawers)


@pytest.fixture
def drawers(db: None, _drawers: dict[str, Drawer]) -> dict[str, Drawer]:
    """Two open drawers with the same float. Tills reported the sales, so no cashier typed an amount."""
    made = deepcopy(_drawers)
    for drawer in made.values():
        drawer.browser.force_login(drawer.user)
    return made


def two_drawers() -> dict[str, Drawer]:
    """Opens the two drawers and reports the sales."""
    cast = make_cast(registers=4)
    User.objects.filter(pk=cast.bruno.pk).update(rut="22.222.222-2")
    made = {}
    for station, name in enumerate(SALES, start=1):
        user = User.objects.select_related("store", "account").get(username=name)
        drawer = Drawer(cast=cast, user=user, station=station, spare=station + 2, till=caller(user))
        opened(drawer.till, FLOAT, station=station)
        made[name] = drawer
    till = bound_key(cast.store)
    for station, (name, amount) in enumerate(SALES.items(), start=1):
        paid(till, f"{name}-1", amount - 200, station=station, operator=str(made[name].user.pk))
        paid(till, f"{name}-2", 200, station=station, method="EFECTIVO")
        paid(till, f"{name}-3", 5_000, station=station, method="CARD")
        assert made[name].expected == 100 * FLOAT + amount
    return made
