"""A manager starts settlements in a store. From then on the desk links to them."""

import pytest

from settlements.models import Settlement
from tests.screens.desk import Browser
from tests.settlements.desk import Shop
from tests.settlements.screens.settling import opening_path

STARTS = "Start settlements in this store"
FOR_GOOD = "Opening the safe starts settlements in the whole store. Nobody can stop them again."


@pytest.fixture
def erika(shop: Shop) -> Browser:
    """The manager."""
    return Browser(shop.cast.erika)


def main_button(browser: Browser) -> str:
    """Returns the text of the main button of the page."""
    page = browser.page.content.decode()
    return " ".join(
        page.partition('class="button first main"')[2]
        .partition(">")[2]
        .partition("</")[0]
        .replace("&#x27;", "'")
        .split()
    )


def test_a_store_without_settlements_has_no_main_button_that_starts_them(shop: Shop, erika: Browser) -> None:
    erika.get("/vault")
    assert "This store works without settlements." in erika.text
    assert main_button(erika) == ""
    assert STARTS in erika.text
    shop.cast.store.requires_settlement = True
    shop.cast.store.save()
    erika.get("/vault")
    assert main_button(erika) == "Open the safe"
    erika.get(opening_path(shop, 0))
    assert FOR_GOOD not in erika.text


def test_the_first_opening_of_a_vault_says_what_it_changes_and_asks(shop: Shop, erika: Browser) -> None:
    path = opening_path(shop, 0)
    erika.get(path)
    assert FOR_GOOD in erika.text
    assert erika.send(path, {"eur-cash-amount": "500"}).status_code == 400
    assert "Nothing was saved. Choose yes or no. Opening the safe changes the whole store." in erika.text
    assert erika.value("eur-cash-amount") == "500"
    assert not Settlement.objects.exists()
    assert (
        erika.send(path, {"eur-cash-amount": "500", "starts": "no"}).headers["Location"]
        == f"/vault/{shop.cast.store.uuid}"
    )
    assert not Settlement.objects.exists()
    erika.fill(path, {"eur-cash-amount": "500", "starts": "yes"})
    assert "Review count" in erika.text
    assert not Settlement.objects.exists()
    assert erika.send(path, {"step": "open"}).status_code == 303
    assert Settlement.objects.get().type == "VAULT"


def test_the_desk_opens_the_registers_settlement_first(shop: Shop) -> None:
    carla = Browser(shop.cast.carla)
    carla.get("/desk")
    assert main_button(carla) == "Open a drawer"
    shop.vault()
    carla.get("/desk")
    assert main_button(carla) == "Open the register's settlement"
    assert "Open a drawer without a settlement" in carla.text
    shop.cast.store.requires_settlement = True
    shop.cast.store.save()
    carla.get("/desk")
    assert "Open a drawer without a settlement" not in carla.text
    shop.open(100_00, by=shop.cast.carla)
    carla.get("/desk")
    assert main_button(carla) == "Open a drawer"
