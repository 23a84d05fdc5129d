"""A shop in Jakarta with an open shift and an order, and the double of the gateway."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.api.steps import opened
from tests.midtrans.double import SERVER_KEY, Double, notification, running
from tests.stories import Caller, Cast, caller, exact, make_cast


@dataclass(frozen=True, kw_only=True)
class Shop:
    """The shop: its people, Carla's client with an open shift, and the gateway."""

    cast: Cast
    carla: Caller
    gateway: Double

    def order(self, total: int = 75_000) -> dict[str, Any]:
        """Creates an order and returns it."""
        return dict(exact(self.carla.post("/orders", {"type": "dine_in", "net_total": total}))["data"])

    def charge(self, order: dict[str, Any], **headers: str) -> Any:
        """Charges an order as the original's client does: with an empty body."""
        return self.carla.post(f"/orders/{order['id']}/pay/midtrans", **headers)

    def status(self, order: dict[str, Any]) -> str:
        """Returns the state of an order."""
        return str(exact(self.carla.get(f"/orders/{order['id']}"))["data"]["status"])

    def notify(self, reference: str, amount: str = "75000.00", status: str = "settlement", **fields: str) -> Any:
        """Sends a signed notification."""
        return self.notify_raw(notification(reference, amount, status, **fields))

    def notify_raw(self, body: Any) -> Any:
        """Sends a notification unchanged, as Midtrans does: without a sign-in."""
        return Caller().post("/payments/midtrans-notification", body)


@pytest.fixture(scope="module")
def double() -> Iterator[Double]:
    """The double of the gateway."""
    with running() as found:
        yield found


@pytest.fixture
def gateway(double: Double, settings: Any) -> Double:
    """The double without a past, known to the settings."""
    fresh = Double(url=double.url)
    double.__dict__.update(fresh.__dict__)
    settings.MIDTRANS_SERVER_KEY = SERVER_KEY
    settings.MIDTRANS_BASE_URL = double.url
    return double


@pytest.fixture
def shop(db: None, gateway: Double) -> Shop:
    """The shop with Carla's open shift."""
    return shop_of(gateway)


def shop_of(gateway: Double) -> Shop:
    """Creates the shop, and opens Carla's shift."""
    cast = make_cast(currency="IDR", time_zone="Asia/Jakarta")
    carla = caller(cast.carla)
    carla.client.raise_request_exception = False
    opened(carla)
    return Shop(cast=cast, carla=carla, gateway=gateway)
