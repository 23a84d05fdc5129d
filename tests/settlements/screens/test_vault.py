"""The vault's pages for managers: open it once, count it any number of times, and close it into the next settlement."""

import pytest

from cashdesk.enums import PlaceKind
from settlements.models import Settlement
from tests.factories import StoreFactory
from tests.screens.desk import Browser
from tests.settlements.desk import CARD, EUR, Shop, figures
from tests.settlements.screens.settling import attempt, counts_card_slips, now, opening_path, path_of
from tests.stories import Cast


def test_the_vault_from_its_first_count_to_the_next_period(shop: Shop) -> None:
    counts_card_slips(shop)
    erika = Browser(shop.cast.erika)
    erika.get("/vault")
    assert "This store works without settlements." in erika.text
    erika.fill(opening_path(shop, 0), {"step": "open", "eur-cash-pieces-20000": "5", "new-currency": "USD"})
    erika.send(
        opening_path(shop, 0), {"step": "open", "eur-cash-pieces-20000": "5", "usd-cash-amount": "40", "starts": "yes"}
    )
    erika.follow()
    assert "The safe is open. You can open registers now." in erika.text
    assert "Started with €1,000.00 40.00 USD" in erika.text
    assert "Last compared not in this period" in erika.text
    (first,) = Settlement.objects.all()
    shop.open(200_00)

    sheet = erika.get(path_of(first, "/count")).content.decode()
    assert "part-eur-card" not in sheet, "what a card took never lies in a vault"
    erika.send(path_of(first, "/count"), {"eur-cash-amount": "1000", "step": "review"})
    assert "You did not count these: USD cash" in erika.text
    for number in (1, 2, 3, 4):
        attempt(erika, first, {"eur-cash-amount": "999", "usd-cash-amount": "40"})
        assert erika.page.headers["Location"] == path_of(first, f"/count?attempt={number}")
        erika.follow()
        assert "These amounts are not equal: EUR cash. Count them again" in erika.text
    attempt(erika, first, {"eur-cash-amount": "800", "usd-cash-amount": "40"})
    erika.follow()
    assert "All amounts are equal. The safe is not closed yet." in erika.text
    assert erika.value("eur-cash-amount") == "800.00"
    assert now(first).state == "OPEN"
    shop.sale(10_00)
    erika.get(path_of(first, "/count"))
    assert erika.value("eur-cash-amount") == "", "it traded on since: yesterday's digits are of no use"
    attempt(erika, first, {"eur-cash-amount": "790", "usd-cash-amount": "40"}, step="close")
    erika.follow()
    assert "EUR cash Counted €790.00 Expected €800.00 Difference: short −€10.00" in erika.text
    erika.get("/vault")
    assert "Started with €790.00 40.00 USD" in erika.text
    assert f'href="{path_of(first)}"' in erika.page.content.decode()
    assert "Register 1 Open since" in erika.text
    assert figures(now(first))[EUR] == (800_00, 790_00, -10_00)


def test_the_vault_is_opened_once(shop: Shop) -> None:
    erika = Browser(shop.cast.erika)
    erika.get(opening_path(shop, 0))
    stale = erika.hidden()
    erika.send(opening_path(shop, 0), {"step": "open", "eur-cash-amount": "5", "starts": "yes"})
    erika.get("/desk/drop")
    other = erika.client.post(opening_path(shop, 0), {"step": "open", **stale, "eur-cash-amount": "6"})
    assert other.status_code == 422
    assert b'value="6"' in other.content
    leads = erika.get(opening_path(shop, 0)).headers["Location"]
    assert leads == f"/vault/{shop.cast.store.uuid}?notice=already-open"
    assert Settlement.objects.count() == 1


@pytest.mark.parametrize("who", ["carla", "bruno"])
def test_to_a_cashier_there_is_no_vault(shop: Shop, who: str) -> None:
    running = shop.vault()
    shop.pay(1_00, CARD)
    browser = Browser(getattr(shop.cast, who))
    assert browser.get("/vault").status_code == 403
    assert browser.get(f"/vault/{shop.cast.store.uuid}").status_code == 403
    assert browser.get(opening_path(shop, 0)).status_code == 403
    for act in ("", "/count", "/start"):
        assert browser.get(path_of(running, act)).status_code == 404


def test_another_accounts_vault_is_none_and_an_admin_chooses(shop: Shop, cast: Cast) -> None:
    running = shop.vault()
    otto = Browser(cast.otto)
    assert otto.get(f"/vault/{cast.store.uuid}").status_code == 404
    assert otto.get(opening_path(shop, 0)).status_code == 404
    assert otto.client.post(path_of(running, "/count"), {"eur-cash-amount": "1"}).status_code == 404
    StoreFactory(account=cast.store.account, number="4711", name="Potsdam")
    anna = Browser(cast.anna)
    anna.get("/vault")
    assert "1337 Berlin" in anna.text
    assert "4711 Potsdam" in anna.text
    anna.get(f"/vault/{cast.store.uuid}")
    assert "Started with €1,000.00" in anna.text
    assert anna.get("/desk/register").headers["Location"] == "/vault"
    assert cast.place(PlaceKind.VAULT).settling == "OPEN"
