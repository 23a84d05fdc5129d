"""A second person confirms a large count under settlement, whatever its target."""

from typing import Any

import pytest

from cashdesk.domain.counting.count import CountedAmount
from cashdesk.errors import Forbidden, InvalidInput
from cashdesk.models import Count
from settlements.domain.closing import close_settlement
from settlements.domain.counting import preview_settlement
from settlements.models import Settlement
from tests.factories import PASSWORD
from tests.screens.desk import Browser
from tests.settlements.desk import Shop
from tests.settlements.screens.settling import path_of


@pytest.fixture
def settlement(shop: Shop) -> Settlement:
    """A register that is being counted, with 100.00 expected. The store requires a witness for counts above 50.00."""
    shop.cast.store.witness_minor = 50_00
    shop.cast.store.save()
    shop.vault()
    found = shop.open(100_00, by=shop.cast.carla)
    shop.count(found)
    return found


def attempts() -> list[Count]:
    """Returns the closing counts, in their order."""
    return list(Count.objects.filter(moment__in=("PREVIEW", "CLOSING")).order_by("pk"))


def reviewed(shop: Shop, settlement: Settlement, amount: str) -> Browser:
    """Lets Carla review her count."""
    carla = Browser(shop.cast.carla)
    carla.fill(path_of(settlement, "/count"), {"eur-cash-amount": amount, "step": "review"})
    return carla


@pytest.mark.parametrize("step", ["preview", "close"])
def test_nothing_is_compared_or_closed_until_somebody_confirms(shop: Shop, settlement: Settlement, step: str) -> None:
    carla = reviewed(shop, settlement, "50.01")
    assert "A second person confirms this count" in carla.text
    for typed in (
        {}, {"witness_name": "bruno", "witness_password": "wrong"}, {"witness_name": "otto", "witness_password": PASSWORD},
        {"witness_name": "carla", "witness_password": PASSWORD},
    ):  # fmt: skip
        carla.send(path_of(settlement, "/count"), {**typed, "step": step})
        assert carla.page.status_code in (400, 403), typed
        assert carla.hidden()["eur-cash-amount"] == "50.01"
        assert 'href="#witness"' in carla.page.content.decode()
        assert PASSWORD not in carla.page.content.decode()
    assert attempts() == []
    carla.send(path_of(settlement, "/count"), {"witness_name": "bruno", "witness_password": PASSWORD, "step": step})
    assert carla.page.status_code == 303
    assert [count.witness for count in attempts()] == [shop.cast.bruno]


def test_the_counted_amount_alone_asks_for_one(shop: Shop, settlement: Settlement) -> None:
    carla = reviewed(shop, settlement, "50")
    assert "A second person" not in carla.text
    carla.send(path_of(settlement, "/count"), {"step": "preview"})
    assert [count.witness for count in attempts()] == [None]
    # What was counted of another currency is not the store's cash.
    carla.follow()
    carla.send(
        path_of(settlement, "/count"),
        {"eur-cash-amount": "1", "parts": "JPY.CASH", "jpy-cash-amount": "999999", "step": "review"},
    )
    assert "Review count" in carla.text
    assert "A second person" not in carla.text


@pytest.mark.parametrize("verb", [preview_settlement, close_settlement])
def test_the_domain_decides_whatever_a_screen_asks(shop: Shop, settlement: Settlement, verb: Any) -> None:
    counted = [CountedAmount(currency="EUR", amount=50_01)]
    said = {"settlement": settlement, "counted": counted, "by": shop.by(shop.cast.carla), "refuses_unwitnessed": True}
    with pytest.raises(InvalidInput, match="This much cash needs a second person"):
        verb(**said, at=shop.tick())
    with pytest.raises(Forbidden, match="Ask a colleague"):
        verb(**said, witness=shop.cast.carla, at=shop.tick())
    assert attempts() == []
    verb(**said, witness=shop.cast.bruno, at=shop.tick())
    assert [count.witness for count in attempts()] == [shop.cast.bruno]


def test_the_published_api_knows_no_witness(shop: Shop, settlement: Settlement) -> None:
    shop.close(settlement, 100_00)
    assert [count.witness for count in attempts()] == [None]
